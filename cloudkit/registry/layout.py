"""The OCI image layout: a folder or tar of blobs by digest, and an index of the images."""

from __future__ import annotations

from collections.abc import Iterator

from cloudkit.errors import RegistryError, UsageError
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry import document
from cloudkit.registry.bundle import Bundle, StoredImage, Told
from cloudkit.registry.files import Files, read_document
from cloudkit.registry.manifest import OCI_INDEX, Descriptor, Index, encode, parse
from cloudkit.registry.pack import Entry

__all__ = ["MARKER", "blob_path", "entries", "is_layout", "read"]

MARKER = "oci-layout"
INDEX = "index.json"
NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"


def is_layout(files: Files) -> bool:
    """True when files are an OCI layout."""
    return files.size(MARKER) is not None and files.size(INDEX) is not None


def read(files: Files) -> Bundle:
    """Read a layout.

    Raises:
        RegistryError: It is of another version, or its index is none.

    Source: OCI image specification, "Image Layout".
    """
    version = document.read_object(read_document(files, MARKER), MARKER).get("imageLayoutVersion")
    if not isinstance(version, str) or not version.startswith("1."):
        raise RegistryError(f"{MARKER} names version {version!r:.20}; only 1 is read")
    index = parse(read_document(files, INDEX), INDEX)
    if not isinstance(index, Index):
        raise RegistryError(f"{INDEX} is a manifest, not an index")
    images: dict[Digest, StoredImage] = {}
    for target in index.manifests:
        known = images.get(target.digest)
        names = (*(known.names if known else ()), *_names(target))
        images[target.digest] = StoredImage(target=target, names=tuple(dict.fromkeys(names)))
    return Bundle(images=tuple(images.values()), files=files, places=blob_path, made={})


def blob_path(digest: Digest) -> str:
    """Return where a layout keeps a blob.

    >>> blob_path(Digest("sha256", "0" * 64))[:20]
    'blobs/sha256/0000000'
    """
    return f"blobs/{digest.algorithm}/{digest.encoded}"


def entries(bundle: Bundle, told: Told | None = None) -> Iterator[Entry]:
    """Yield the files of a bundle as a layout, the small ones that say what it is first."""
    blobs = bundle.blobs()
    yield Entry.of(MARKER, encode({"imageLayoutVersion": "1.0.0"}))
    yield Entry.of(INDEX, encode(_index(bundle)))
    for digest in sorted(blobs, key=str):
        descriptor = blobs[digest]
        yield Entry(name=blob_path(digest), size=descriptor.size, pieces=bundle.pieces(descriptor, told))


def _index(bundle: Bundle) -> dict[str, object]:
    listed = [_listed(image.target, name) for image in bundle.images for name in image.names or (None,)]
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}


def _listed(target: Descriptor, name: Reference | None) -> dict[str, object]:
    found: dict[str, object] = {"mediaType": target.media_type, "digest": str(target.digest), "size": target.size}
    if name is not None:
        found["annotations"] = {FULL_NAME: f"{name.repository}:{name.tag}", NAME: name.tag}
    return found


def _names(target: Descriptor) -> list[Reference]:
    """Return the full name that a layout gives an image; a bare tag names no repository, so it is none."""
    text = target.annotations.get(FULL_NAME) or target.annotations.get(NAME, "")
    if "/" not in text and ":" not in text:
        return []
    try:
        name = Reference.parse(text)
    except UsageError:
        return []
    return [name] if name.tag else []
