"""Descriptors, manifests and indexes, as OCI and docker write them, read within the specification's limits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cloudkit.errors import RegistryError, UsageError
from cloudkit.model.reference import Digest
from cloudkit.registry import document
from cloudkit.registry.document import read_text

__all__ = [
    "ACCEPTED",
    "INDEX_TYPES",
    "MANIFEST_TYPES",
    "OCI_CONFIG",
    "OCI_INDEX",
    "OCI_LAYER",
    "OCI_MANIFEST",
    "Descriptor",
    "Index",
    "Manifest",
    "digest_of",
    "encode",
    "parse",
]

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"

MANIFEST_TYPES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)
CHILDREN_LIMIT = 10_000

NOUNS = {  # by what a media type holds, the first that fits
    "layer": "layer",
    "rootfs": "layer",
    "config": "config",
    "container.image": "config",
    "index": "index",
    "manifest.list": "index",
    "manifest": "manifest",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """Content by what it is, its digest and its size.

    Args:
        media_type: What it is.
        digest: What names it.
        size: Its bytes.
        platform: Such as ``linux/arm64/v8``; empty where it does not say.
        annotations: What else is said of it.

    Source: OCI image specification, "Descriptors".
    """

    media_type: str
    digest: Digest
    size: int
    platform: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        noun = next((noun for key, noun in NOUNS.items() if key in self.media_type), "blob")
        return f"{noun} {self.digest.algorithm}:{self.digest.short}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One image for one platform.

    Args:
        media_type: OCI's or docker's.
        raw: The bytes that its digest is of.
        config: The image's configuration.
        layers: Its layers, the lowest first.
    """

    media_type: str
    raw: bytes
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def descriptor(self) -> Descriptor:
        """What names it."""
        return Descriptor(media_type=self.media_type, digest=digest_of(self.raw), size=len(self.raw))

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """What it refers to."""
        return (self.config, *self.layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Images of one name for several platforms.

    Args:
        media_type: OCI's or docker's.
        raw: The bytes that its digest is of.
        manifests: What it lists.
    """

    media_type: str
    raw: bytes
    manifests: tuple[Descriptor, ...]

    @property
    def descriptor(self) -> Descriptor:
        """What names it."""
        return Descriptor(media_type=self.media_type, digest=digest_of(self.raw), size=len(self.raw))

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """What it refers to."""
        return self.manifests


def digest_of(raw: bytes) -> Digest:
    """Return the sha256 digest of bytes.

    >>> digest_of(b"{}").short
    '44136fa355b3'
    """
    return Digest("sha256", hashlib.sha256(raw).hexdigest())


def encode(found: Mapping[str, object]) -> bytes:
    """Write a document so that equal content has equal bytes, and so an equal digest."""
    return json.dumps(found, sort_keys=True, separators=(",", ":")).encode()


def parse(raw: bytes, what: str, *, media_type: str = "") -> Manifest | Index:
    """Read a manifest or an index.

    Args:
        raw: Its bytes.
        what: How an error names it.
        media_type: What the header or descriptor that led here calls it; empty when nothing did.

    Raises:
        RegistryError: It is neither, both at once, another type than was said, or beyond the limits.

    Source: OCI image specification, and CVE-2021-41190 (one digest that two readers take for two things).
    """
    found = document.read_object(raw, what)
    kind = _kind(found, what, media_type)
    if kind in INDEX_TYPES:
        return Index(media_type=kind, raw=raw, manifests=_descriptors(found, "manifests", what))
    config = _descriptor(found.get("config"), f"the config of {what}")
    return Manifest(media_type=kind, raw=raw, config=config, layers=_descriptors(found, "layers", what))


def _kind(found: Mapping[str, object], what: str, said: str) -> str:
    """Tell which of the known types a document is, by all that says so at once."""
    if found.get("schemaVersion") != 2:
        raise RegistryError(f"{what} has schema version {found.get('schemaVersion')!r:.20}; only 2 is read")
    lists, holds = "manifests" in found, "layers" in found or "config" in found
    if lists == holds:
        state = "both an index and a manifest" if lists else "neither an index nor a manifest"
        raise RegistryError(f"{what} is {state}, so it is not used")
    own = read_text(found, "mediaType")
    kind = own or said or (OCI_INDEX if lists else OCI_MANIFEST)
    if said and own and said != own:
        raise RegistryError(f"{what} came as {said[:100]} but calls itself {own[:100]}, so it is not used")
    if kind not in (INDEX_TYPES if lists else MANIFEST_TYPES):
        raise RegistryError(f"{what} has media type {kind[:100]!r}, which is not that of {_noun(lists=lists)}")
    return kind


def _noun(*, lists: bool) -> str:
    return "an image index" if lists else "an image manifest"


def _descriptors(found: Mapping[str, object], key: str, what: str) -> tuple[Descriptor, ...]:
    items = found.get(key)
    if not isinstance(items, list):
        raise RegistryError(f"{key!r} of {what} is no list")
    if len(items) > CHILDREN_LIMIT:
        raise RegistryError(f"{what} lists {len(items)} descriptors, more than {CHILDREN_LIMIT}")
    return tuple(_descriptor(item, f"{key}[{number}] of {what}") for number, item in enumerate(items))


def _descriptor(item: object, what: str) -> Descriptor:
    if not isinstance(item, dict):
        raise RegistryError(f"{what} is no descriptor")
    size = item.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**63:
        raise RegistryError(f"{what} has no valid size")
    try:
        digest = Digest.parse(read_text(item, "digest"))
    except UsageError as error:
        raise RegistryError(f"{what}: {error.summary}") from None
    return Descriptor(
        media_type=read_text(item, "mediaType"),
        digest=digest,
        size=size,
        platform=_platform(item.get("platform")),
        annotations=_annotations(item.get("annotations")),
    )


def _platform(item: object) -> str:
    if not isinstance(item, dict):
        return ""
    return "/".join(part for key in ("os", "architecture", "variant") if (part := read_text(item, key)))


def _annotations(item: object) -> dict[str, str]:
    if not isinstance(item, dict):
        return {}
    return {key: value for key, value in item.items() if isinstance(value, str)}
