"""Images in a file, whatever its form: what they are named, what they hold, and whether all of it is right."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

from cloudkit.errors import RegistryError
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry import document
from cloudkit.registry.compression import PIECE, Limits
from cloudkit.registry.files import Files
from cloudkit.registry.layer import content_digest
from cloudkit.registry.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor, Index, Manifest, parse

__all__ = ["Bundle", "StoredImage", "Told", "content_digests"]

NESTING_LIMIT = 4
BLOBS_LIMIT = 20_000

Told = Callable[[Descriptor, int], None]
"""Is called with a blob and how many of its bytes are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """One image of a bundle.

    Args:
        target: Its manifest or index.
        names: What it is called.
    """

    target: Descriptor
    names: tuple[Reference, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Images, and where their content lies.

    Args:
        images: The images.
        files: Where the blobs lie.
        places: Which file holds a blob.
        made: Content that is in no file, as it was made from what is.
    """

    images: tuple[StoredImage, ...]
    files: Files
    places: Callable[[Digest], str]
    made: Mapping[Digest, bytes]

    def size(self, digest: Digest) -> int | None:
        """Return a blob's bytes, None when it is not there."""
        own = self.made.get(digest)
        return self.files.size(self.places(digest)) if own is None else len(own)

    def open(self, digest: Digest) -> BinaryIO:
        """Open a blob that is there."""
        own = self.made.get(digest)
        return self.files.open(self.places(digest)) if own is None else io.BytesIO(own)

    def read(self, descriptor: Descriptor) -> bytes:
        """Return a small blob whole and checked."""
        if descriptor.size > document.SIZE_LIMIT:
            raise RegistryError(f"{descriptor} has more than 4 MiB, the limit of the specification")
        return b"".join(self.pieces(descriptor))

    def document(self, descriptor: Descriptor) -> Manifest | Index:
        """Return a manifest or an index, checked."""
        return parse(self.read(descriptor), str(descriptor), media_type=descriptor.media_type)

    def pieces(self, descriptor: Descriptor, told: Told | None = None) -> Iterator[bytes]:
        """Yield a blob's bytes; an error before the end when size or digest are wrong."""
        self._check_size(descriptor)
        hasher, done = hashlib.new(descriptor.digest.algorithm), 0
        with closing(self.open(descriptor.digest)) as blob:
            while piece := blob.read(PIECE):
                done += len(piece)
                hasher.update(piece)
                yield piece
                if told:
                    told(descriptor, done)
        if done != descriptor.size or hasher.hexdigest() != descriptor.digest.encoded:
            raise RegistryError(f"{descriptor} does not match its digest, so it is not used")

    def blobs(self) -> dict[Digest, Descriptor]:
        """Return all that the images hold, manifests before what they refer to; each checked for presence and size.

        An index may list images that are not there, as for platforms that were never fetched, but one must be.
        """
        found: dict[Digest, Descriptor] = {}
        for image in self.images:
            self._collect(image.target, found, 0)
        return found

    def manifests(self, target: Descriptor) -> list[Manifest]:
        """Return the manifests under a target that are there, each once."""
        wanted, seen, found = [target], {target.digest}, list[Manifest]()
        while wanted:
            descriptor = wanted.pop(0)
            if self.size(descriptor.digest) is None:
                continue
            read = self.document(descriptor)
            if isinstance(read, Manifest):
                found.append(read)
                continue
            fresh = {child.digest: child for child in read.manifests if child.digest not in seen}
            wanted += fresh.values()
            seen |= fresh.keys()
        return found

    def check(self, limits: Limits, told: Told | None = None) -> None:
        """Read all content once: its digests, those of the layers without compression, and what layers cost."""
        blobs = self.blobs()
        for descriptor in blobs.values():
            for _piece in self.pieces(descriptor, told):
                pass
        done: dict[Digest, Digest] = {}
        for image in self.images:
            for manifest in self.manifests(image.target):
                self._check_layers(manifest, limits, done)

    def _check_layers(self, manifest: Manifest, limits: Limits, done: dict[Digest, Digest]) -> None:
        layers = [layer for layer in manifest.layers if "tar" in layer.media_type]
        wanted = content_digests(self.read(manifest.config), str(manifest.config)) if layers else []
        if len(wanted) != len(layers):
            raise RegistryError(f"{manifest.config} names {len(wanted)} layers, its manifest {len(layers)}")
        for layer, digest in zip(layers, wanted, strict=True):
            if layer.digest not in done:
                with closing(self.open(layer.digest)) as source:
                    done[layer.digest] = content_digest(source, layer, limits)
            if str(done[layer.digest]) != digest:
                raise RegistryError(f"{layer} unpacks to other content than the image's configuration names")

    def _collect(self, descriptor: Descriptor, found: dict[Digest, Descriptor], depth: int) -> None:
        known = found.get(descriptor.digest)
        if known is not None:
            if (known.size, known.media_type) != (descriptor.size, descriptor.media_type):
                raise RegistryError(f"{descriptor} is named as two different things, so it is not used")
            return
        if depth > NESTING_LIMIT or len(found) >= BLOBS_LIMIT:
            raise RegistryError(f"{descriptor}: indexes are nested more than {NESTING_LIMIT} deep, or list too much")
        self._check_size(descriptor)
        found[descriptor.digest] = descriptor
        if descriptor.media_type in INDEX_TYPES | MANIFEST_TYPES:
            for child in self._children(descriptor):
                self._collect(child, found, depth + 1)

    def _children(self, descriptor: Descriptor) -> list[Descriptor]:
        children = self.document(descriptor).children
        if descriptor.media_type in MANIFEST_TYPES:
            return list(children)
        present = [child for child in children if self.size(child.digest) is not None]
        if children and not present:
            raise RegistryError(f"{descriptor} lists images of which none is there")
        return present

    def _check_size(self, descriptor: Descriptor) -> None:
        size = self.size(descriptor.digest)
        if size is None:
            raise RegistryError(f"{descriptor} is missing")
        if size != descriptor.size:
            raise RegistryError(f"{descriptor} has {size} bytes, not {descriptor.size}, so it is not used")


def content_digests(raw: bytes, what: str) -> list[str]:
    """Return the digests of the layers without compression, as an image's configuration names them."""
    rootfs = document.read_object(raw, what).get("rootfs")
    digests = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    return [str(digest) for digest in digests] if isinstance(digests, list) else []
