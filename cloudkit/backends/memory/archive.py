"""Images of the twin in files, by the readers and writers that every image store has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from cloudkit.backends.memory.content import Content
from cloudkit.errors import NotFoundError
from cloudkit.model.reference import Reference
from cloudkit.registry.bundle import Bundle, StoredImage
from cloudkit.registry.compression import Limits
from cloudkit.registry.imagefile import open_bundle, write
from cloudkit.registry.layout import blob_path

__all__ = ["Named", "read_archive", "write_archive"]

Named = tuple[Content, tuple[Reference, ...]]
MOST = Limits(size=256 * 1024 * 1024)  # as all is held in memory


class _Nothing:
    """No files: what is written stands in the bundle itself."""

    def size(self, name: str) -> int | None:  # noqa: ARG002  # the protocol's
        """Return None."""
        return None

    def open(self, name: str) -> BinaryIO:
        """Refuse."""
        raise NotFoundError(f"{name} is in no file")


def write_archive(images: Sequence[Named], path: Path, layout: str) -> Path:
    """Write images to one file as ``oci`` layout or ``docker`` archive, whole or not at all."""
    made = {digest: raw for content, _ in images for digest, raw in content.blobs.items()}
    stored = tuple(StoredImage(target=content.descriptor, names=names) for content, names in images)
    return write(Bundle(images=stored, files=_Nothing(), places=blob_path, made=made), path, layout)


def read_archive(path: Path) -> list[Named]:
    """Read images from a file or folder, each checked.

    Raises:
        NotFoundError: There is no such file or folder.
        RegistryError: It is no file of images, or something in it is not what its digest says.
    """
    with open_bundle(path, MOST) as bundle:
        bundle.check(MOST)
        return [(_content(bundle, image), image.names) for image in bundle.images]


def _content(bundle: Bundle, image: StoredImage) -> Content:
    manifest = bundle.manifests(image.target)[0]
    layers = {layer.digest: b"".join(bundle.pieces(layer)) for layer in manifest.layers}
    return Content(manifest=manifest.raw, config=bundle.read(manifest.config), layers=layers)
