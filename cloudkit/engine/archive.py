"""Save and load: images of an engine in a file, checked on both ways."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from cloudkit.engine import stream
from cloudkit.engine.connect import Engine
from cloudkit.errors import BackendError, NotFoundError
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry import archive
from cloudkit.registry.bundle import Bundle, StoredImage, Told
from cloudkit.registry.compression import Limits
from cloudkit.registry.files import files_in
from cloudkit.registry.imagefile import bundle_of, form_of, open_bundle, write
from cloudkit.registry.manifest import Descriptor
from cloudkit.registry.pack import packed

__all__ = ["Named", "load", "save"]

Named = tuple[str, tuple[Reference, ...]]
"""The engine's id of an image, and the names that it gets in a file."""


def save(engine: Engine, images: Sequence[Named], path: Path, *, form: str, listener: Listener) -> Path:
    """Write images to a file.

    Args:
        engine: Where they are.
        images: Which, and what they are called in the file.
        path: The file; another of that name is replaced once the new one is whole.
        form: ``oci`` or ``docker``.
        listener: Hears of the bytes.
    """
    form_of(form)
    if not path.parent.is_dir():
        raise NotFoundError(f"cannot save to {str(path)!r}: there is no folder {str(path.parent)!r}")
    with tempfile.TemporaryFile(dir=path.parent) as spool:
        _export(engine, [image_id for image_id, _ in images], cast("BinaryIO", spool), path, listener)
        with files_in(cast("BinaryIO", spool), "the engine's export", Limits()) as files:
            found = bundle_of(files, "the engine's export")
            chosen = tuple(_chosen(found, image_id, names) for image_id, names in images)
            write(replace(found, images=chosen), path, form, _told(listener, Phase.SAVE, "Writing"))
    listener(Progress(phase=Phase.SAVE, item=path.name, message="Saved", done=True))
    return path


def _export(engine: Engine, ids: Sequence[str], spool: BinaryIO, path: Path, listener: Listener) -> None:
    """Let the engine write its own archive, from which the file is made: it may lack descriptors or names."""
    done = 0
    try:
        for piece in stream.get(engine, "/images/get", f"save to {path.name}", params={"names": list(ids)}):
            spool.write(piece)
            done += len(piece)
            listener(Progress(phase=Phase.SAVE, item=path.name, message="Exporting", current=done, unit="bytes"))
        spool.flush()
    except OSError as error:
        raise BackendError(f"cannot save to {str(path)!r}: {error.strerror or error}", hint="df -h") from error


def _chosen(bundle: Bundle, image_id: str, names: tuple[Reference, ...]) -> StoredImage:
    for image in bundle.images:
        if image_id in _ids(bundle, image):
            return StoredImage(target=image.target, names=names)
    raise BackendError(f"the engine's export does not hold image {image_id[:19]}")


def _ids(bundle: Bundle, image: StoredImage) -> list[str]:
    """Return what engines may call an image: by its manifest or index, the older ones by its configuration."""
    configs = [manifest.config.digest for manifest in bundle.manifests(image.target)]
    return [str(digest) for digest in (image.target.digest, *configs)]


def load(
    engine: Engine, path: Path, *, listener: Listener, inspect: Callable[[str], str | None]
) -> list[tuple[Reference | None, Digest]]:
    """Hand the images of a file to the engine, once all of it was checked.

    Args:
        engine: Where they go.
        path: A layout folder, a layout in a tar, or a docker archive, compressed or not.
        listener: Hears of the bytes.
        inspect: Returns the engine's id of a name or id, None when it is not there.

    Returns:
        Each image's name, None where it has none, and the engine's id of it.
    """
    limits = Limits()
    with open_bundle(path, limits) as bundle:
        bundle.check(limits, _told(listener, Phase.LOAD, "Checking"))
        files = archive.entries(bundle, _told(listener, Phase.LOAD, "Loading"))
        for message in stream.post(
            engine,
            "/images/load",
            f"load {path.name}",
            params={"quiet": "0"},
            headers={"Content-Type": "application/x-tar"},
            data=packed(files),
        ):
            stream.tell(listener, Phase.LOAD, message)
        found = [_loaded(bundle, image, path, inspect) for image in bundle.images]
    listener(Progress(phase=Phase.LOAD, item=path.name, message="Loaded", done=True))
    return [named for image in found for named in image]


def _loaded(
    bundle: Bundle, image: StoredImage, path: Path, inspect: Callable[[str], str | None]
) -> list[tuple[Reference | None, Digest]]:
    """Say under which id the engine has an image; one under another id than the file's is an error."""
    ids = _ids(bundle, image)
    asked = [name.familiar for name in image.names] or ids
    there = [(name, found) for name in asked if (found := inspect(name)) in ids and found]
    if not there or (image.names and len(there) != len(asked)):
        raise BackendError(f"the engine took {path.name}, but does not have {image.target} under its name")
    if not image.names:
        return [(None, Digest.parse(there[0][1]))]
    return [(name, Digest.parse(found)) for name, (_, found) in zip(image.names, there, strict=True)]


def _told(listener: Listener, phase: Phase, message: str) -> Told:
    """Turn what is said of blobs into events."""

    def told(descriptor: Descriptor, done: int) -> None:
        listener(
            Progress(
                phase=phase,
                item=descriptor.digest.short,
                message=message,
                current=done,
                total=descriptor.size,
                unit="bytes",
                done=done >= descriptor.size,
            )
        )

    return told
