"""Docker archives: what ``docker save`` writes, of old engines and new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain

from cloudkit.errors import RegistryError, UsageError
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry import document, layout
from cloudkit.registry.bundle import Bundle, StoredImage, Told, content_digests
from cloudkit.registry.compression import PIECE, kind_of
from cloudkit.registry.files import Files, read_document
from cloudkit.registry.manifest import (
    OCI_CONFIG,
    OCI_LAYER,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
    digest_of,
    encode,
)
from cloudkit.registry.pack import Entry
from cloudkit.registry.text import harmless

__all__ = ["entries", "is_archive", "read"]

LIST = "manifest.json"
IMAGES_LIMIT = 1000
LAYERS_LIMIT = 1000
SUFFIXES = {"": "", "gzip": "+gzip", "zstd": "+zstd"}


def is_archive(files: Files) -> bool:
    """True when files are a docker archive."""
    return files.size(LIST) is not None


def read(files: Files) -> Bundle:
    """Read a docker archive as the layout that it means: with manifests, and with descriptors of its layers.

    Raises:
        RegistryError: Its list of images is wrong, or names what it does not hold.

    Source: the image specification of the moby project, version 1.2.
    """
    reading = _Reading(files)
    listed = document.read_list(read_document(files, LIST), LIST)
    if len(listed) > IMAGES_LIMIT:
        raise RegistryError(f"{LIST} lists {len(listed)} images, more than {IMAGES_LIMIT}")
    images = tuple(reading.image(item) for item in listed)
    return Bundle(images=images, files=files, places=reading.place, made=reading.made)


def entries(bundle: Bundle, told: Told | None = None) -> Iterator[Entry]:
    """Yield the files of a bundle as a docker archive that is an OCI layout too, as current engines write it."""
    bundle.blobs()  # refuses what is too deep or too much, before anything is read twice
    listed = [_listed(bundle, image) for image in bundle.images]
    return chain([Entry.of(LIST, encode_list(listed))], layout.entries(bundle, told))


def encode_list(listed: list[dict[str, object]]) -> bytes:
    """Write the list of images, one that older engines read."""
    return b"[" + b",".join(encode(item) for item in listed) + b"]"


def _listed(bundle: Bundle, image: StoredImage) -> dict[str, object]:
    """Return what the list says of an image: of an index, its first image that can run."""
    manifest = next((found for found in bundle.manifests(image.target) if _runs(found)), None)
    if manifest is None:
        raise RegistryError(f"{image.target} holds no image that an engine can run")
    return {
        "Config": layout.blob_path(manifest.config.digest),
        "RepoTags": [name.familiar for name in image.names],
        "Layers": [layout.blob_path(layer.digest) for layer in manifest.layers],
    }


def _runs(manifest: Manifest) -> bool:
    """True for an image, false for what is kept beside one, such as its provenance."""
    return all("tar" in layer.media_type for layer in manifest.layers)


@dataclass
class _Reading:
    """What is gathered while an archive is read.

    Args:
        files: The archive's files.
        found: The descriptor of each file that was looked at.
        names: Which file holds a digest.
        made: The manifests that were made.
    """

    files: Files
    found: dict[str, Descriptor] = field(default_factory=dict)
    names: dict[Digest, str] = field(default_factory=dict)
    made: dict[Digest, bytes] = field(default_factory=dict)

    def place(self, digest: Digest) -> str:
        """Return the file that holds a digest; one that none holds has a name that no file has."""
        return self.names.get(digest, "")

    def image(self, item: object) -> StoredImage:
        """Read one image of the list."""
        if not isinstance(item, dict):
            raise RegistryError(f"{LIST} lists something that is no image")
        config, layers = document.read_text(item, "Config"), _texts(item.get("Layers"))
        if len(layers) > LAYERS_LIMIT:
            raise RegistryError(f"{LIST} lists {len(layers)} layers of one image, more than {LAYERS_LIMIT}")
        raw = read_document(self.files, config)
        if len(content_digests(raw, harmless(config))) != len(layers):
            raise RegistryError(f"{harmless(config)} names another number of layers than {LIST}")
        raw_manifest = _manifest(self._descriptor(config, OCI_CONFIG), [self._layer(name) for name in layers])
        target = Descriptor(media_type=OCI_MANIFEST, digest=digest_of(raw_manifest), size=len(raw_manifest))
        self.made[target.digest] = raw_manifest
        names = tuple(name for text in _texts(item.get("RepoTags")) for name in _name(text))
        return StoredImage(target=target, names=names)

    def _layer(self, name: str) -> Descriptor:
        size = self.files.size(name)
        if size is None:
            raise RegistryError(f"{LIST} names {harmless(name)!r}, which the archive does not hold")
        with closing(self.files.open(name)) as file:
            kind = kind_of(file.read(6))
        if kind not in SUFFIXES:
            raise RegistryError(f"{harmless(name)!r} is compressed by {kind}, which no image specification knows")
        return self._descriptor(name, f"{OCI_LAYER}{SUFFIXES[kind]}")

    def _descriptor(self, name: str, media_type: str) -> Descriptor:
        """Return what a file is; reads it once."""
        if name not in self.found:
            hasher, size = hashlib.sha256(), 0
            with closing(self.files.open(name)) as file:
                while piece := file.read(PIECE):
                    hasher.update(piece)
                    size += len(piece)
            digest = Digest("sha256", hasher.hexdigest())
            self.found[name] = Descriptor(media_type=media_type, digest=digest, size=size)
            self.names.setdefault(digest, name)
        return self.found[name]


def _manifest(config: Descriptor, layers: list[Descriptor]) -> bytes:
    return encode(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _plain(config),
            "layers": [_plain(layer) for layer in layers],
        }
    )


def _plain(descriptor: Descriptor) -> dict[str, object]:
    return {"mediaType": descriptor.media_type, "digest": str(descriptor.digest), "size": descriptor.size}


def _texts(found: object) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _name(text: str) -> list[Reference]:
    try:
        return [Reference.parse(text)]
    except UsageError:
        return []
