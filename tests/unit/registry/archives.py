"""Image archives made by hand: right ones, and what an attacker would make of them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["MANIFEST", "blob", "described", "docker", "layer", "layout", "sha", "tar"]

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def sha(content: bytes) -> str:
    """Return a digest as descriptors have it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def blob(content: bytes) -> str:
    """Return where a layout keeps content."""
    return f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"


def tar(files: Mapping[str, bytes], *extra: tarfile.TarInfo) -> bytes:
    """Return a tar of files, and of entries that have no content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in extra:
            archive.addfile(entry)
    return out.getvalue()


def layer(text: str = "hello") -> bytes:
    """Return a layer without compression."""
    return tar({"etc/motd": text.encode()})


def layout(plain: bytes, packed: bytes | None = None, kind: str = "+gzip") -> dict[str, bytes]:
    """Return the files of a layout of one image with one layer."""
    packed = gzip.compress(plain, mtime=0) if packed is None else packed
    config = configuration(plain)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": described("application/vnd.oci.image.config.v1+json", config),
        "layers": [described(f"application/vnd.oci.image.layer.v1.tar{kind}", packed)],
    }
    raw = json.dumps(manifest).encode()
    target = described(MANIFEST, raw) | {"annotations": {"io.containerd.image.name": "demo.example/web:1"}}
    index = {"schemaVersion": 2, "manifests": [target]}
    return {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": json.dumps(index).encode(),
        blob(raw): raw,
        blob(config): config,
        blob(packed): packed,
    }


def configuration(*layers: bytes) -> bytes:
    """Return an image's configuration."""
    rootfs = {"type": "layers", "diff_ids": [sha(layer_) for layer_ in layers]}
    return json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs}).encode()


def described(media_type: str, content: bytes) -> dict[str, object]:
    """Return a descriptor."""
    return {"mediaType": media_type, "digest": sha(content), "size": len(content)}


def docker(path: Path) -> Path:
    """Write an archive as the engine 20.10 does: two images that share a layer, one of them by a link."""
    plain = layer()
    config = configuration(plain, plain)
    listed = [{"Config": "c.json", "RepoTags": ["web:1"], "Layers": ["a/layer.tar", "b/layer.tar"]}]
    link = tarfile.TarInfo("b/layer.tar")
    link.type, link.linkname = tarfile.SYMTYPE, "../a/layer.tar"
    files = {"c.json": config, "a/layer.tar": plain, "a/VERSION": b"1.0", "manifest.json": json.dumps(listed).encode()}
    path.write_bytes(tar(files, link))
    return path
