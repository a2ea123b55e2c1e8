"""An image of the twin as real OCI documents: a manifest, a configuration and one small layer."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cloudkit.model.image import ImageState
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry.manifest import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Descriptor, digest_of, encode

__all__ = ["Content", "described", "written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One image: its manifest, whose digest is the image's, its configuration and its layers."""

    manifest: bytes
    config: bytes
    layers: Mapping[Digest, bytes]

    @property
    def digest(self) -> Digest:
        """What names the image."""
        return digest_of(self.manifest)

    @property
    def descriptor(self) -> Descriptor:
        """What an index says of it."""
        return Descriptor(media_type=OCI_MANIFEST, digest=self.digest, size=len(self.manifest))

    @property
    def blobs(self) -> dict[Digest, bytes]:
        """All of it, by digest."""
        return {self.digest: self.manifest, digest_of(self.config): self.config, **self.layers}


def written(
    seed: str,
    *,
    created: datetime | None = None,
    platform: str = "linux/amd64",
    labels: Mapping[str, str] | None = None,
    user: str = "",
    entrypoint: tuple[str, ...] = (),
    command: tuple[str, ...] = (),
    ports: tuple[int, ...] = (),
) -> Content:
    """Return the content of an image; of equal arguments, equal bytes."""
    layer = _layer(seed)
    system, _, architecture = platform.partition("/")
    run = {
        "User": user,
        "Entrypoint": list(entrypoint),
        "Cmd": list(command),
        "Labels": dict(labels or {}),
        "ExposedPorts": {f"{port}/tcp": {} for port in ports},
    }
    config = {
        "os": system,
        "architecture": architecture,
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [str(digest_of(layer))]},
    } | ({"created": created.isoformat()} if created else {})
    raw = encode(config)
    return Content(manifest=_manifest(raw, layer), config=raw, layers={digest_of(layer): layer})


def described(content: Content, reference: Reference | None, tags: tuple[Reference, ...]) -> ImageState:
    """Return what is known of an image."""
    config = json.loads(content.config)
    run = config.get("config", {})
    name = reference or next(iter(tags), None) or Reference(domain="localhost", path="untagged", digest=content.digest)
    return ImageState(
        reference=name.pinned(content.digest),
        digest=content.digest,
        tags=tags,
        size=len(content.config) + sum(len(layer) for layer in content.layers.values()),
        created=datetime.fromisoformat(config["created"]) if "created" in config else None,
        platform=f"{config.get('os', '')}/{config.get('architecture', '')}",
        labels=dict(run.get("Labels") or {}),
        user=run.get("User") or "",
        entrypoint=tuple(run.get("Entrypoint") or ()),
        command=tuple(run.get("Cmd") or ()),
        ports=tuple(sorted(int(port.split("/")[0]) for port in run.get("ExposedPorts") or {})),
    )


def _manifest(config: bytes, layer: bytes) -> bytes:
    return encode(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _entry(OCI_CONFIG, config),
            "layers": [_entry(OCI_LAYER, layer)],
        }
    )


def _layer(seed: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        body = seed.encode()
        member = tarfile.TarInfo("content")
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))
    return target.getvalue()


def _entry(media_type: str, raw: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": str(digest_of(raw)), "size": len(raw)}
