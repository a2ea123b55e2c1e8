"""Images of the twin in files: OCI layouts and docker archives, whole or not at all, every digest checked."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from cloudkit.backends.memory.content import Content
from cloudkit.errors import NotFoundError, RegistryError, UsageError
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry.document import read_list, read_object
from cloudkit.registry.manifest import OCI_INDEX, OCI_MANIFEST, Index, Manifest, digest_of, encode, parse

__all__ = ["Named", "read_archive", "write_archive"]

Named = tuple[Content, tuple[Reference, ...]]
REF_NAME = "io.containerd.image.name"
LIMIT = 64 * 1024 * 1024


def write_archive(images: Sequence[Named], path: Path, layout: str) -> Path:
    """Write images to one file."""
    if layout not in ("oci", "docker"):
        raise UsageError(f"layout is {layout!r}; allowed is 'oci' or 'docker'")
    files = _oci(images) if layout == "oci" else _docker(images)
    part = path.with_name(f".{path.name}.part")
    try:
        with tarfile.open(part, "w") as archive:
            for name, raw in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(raw)
                archive.addfile(member, io.BytesIO(raw))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read_archive(path: Path) -> list[Named]:
    """Read images from a file or folder.

    Raises:
        NotFoundError: There is no such file.
        RegistryError: It is neither an OCI layout nor a docker archive, or something in it is not what its digest says.
    """
    files = _files(path)
    if "index.json" in files:
        return _from_oci(files)
    if "manifest.json" in files:
        return _from_docker(files)
    raise RegistryError(f"{path} is neither an OCI layout nor a docker archive")


def _oci(images: Sequence[Named]) -> dict[str, bytes]:
    files = {"oci-layout": encode({"imageLayoutVersion": "1.0.0"})}
    entries: list[dict[str, object]] = []
    for content, names in images:
        for raw in (content.config, content.layer, content.manifest):
            files[_blob(digest_of(raw))] = raw
        entry: dict[str, object] = {
            "mediaType": OCI_MANIFEST, "digest": str(content.digest), "size": len(content.manifest)
        }  # fmt: skip
        entries += [entry | {"annotations": {REF_NAME: str(name)}} for name in names] or [entry]
    files["index.json"] = encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
    return files


def _docker(images: Sequence[Named]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    entries: list[dict[str, object]] = []
    for content, names in images:
        config, layer = f"{digest_of(content.config).encoded}.json", f"{digest_of(content.layer).encoded}/layer.tar"
        files |= {config: content.config, layer: content.layer}
        entries.append({"Config": config, "RepoTags": [one.familiar for one in names], "Layers": [layer]})
    return files | {"manifest.json": json.dumps(entries).encode()}


def _from_oci(files: Mapping[str, bytes]) -> list[Named]:
    index = parse(files["index.json"], "index.json", media_type=OCI_INDEX)
    if not isinstance(index, Index):
        raise RegistryError("index.json is no index")
    found: dict[Digest, Named] = {}
    for entry in index.manifests:
        manifest = parse(_checked(files, entry.digest), f"manifest {entry.digest.short}", media_type=entry.media_type)
        if not isinstance(manifest, Manifest) or len(manifest.layers) != 1:
            raise RegistryError(f"manifest {entry.digest.short} is none of the twin's: it keeps images of one layer")
        content = Content(
            config=_checked(files, manifest.config.digest), layer=_checked(files, manifest.layers[0].digest)
        )
        name = entry.annotations.get(REF_NAME)
        known = found.get(entry.digest, (content, ()))[1]
        found[entry.digest] = (content, (*known, *((Reference.parse(name),) if name else ())))
    return list(found.values())


def _from_docker(files: Mapping[str, bytes]) -> list[Named]:
    found: list[Named] = []
    for item in read_list(files["manifest.json"], "manifest.json"):
        entry = item if isinstance(item, dict) else {}
        config = files.get(str(entry.get("Config")), b"")
        layer = files.get(next((str(one) for one in entry.get("Layers") or ()), ""), b"")
        _same_layer(config, layer)
        found.append(
            (Content(config=config, layer=layer), tuple(Reference.parse(str(one)) for one in entry["RepoTags"]))
        )
    return found


def _same_layer(config: bytes, layer: bytes) -> None:
    rootfs = read_object(config, "the image's configuration").get("rootfs")
    said = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if said != [str(digest_of(layer))]:
        raise RegistryError(f"the layer is not {said}, which the configuration says it is", oci_code="DIGEST_INVALID")


def _checked(files: Mapping[str, bytes], digest: Digest) -> bytes:
    raw = files.get(_blob(digest))
    if raw is None or digest_of(raw) != digest:
        state = "missing" if raw is None else "not what its digest says"
        raise RegistryError(f"blob {digest} is {state}", oci_code="DIGEST_INVALID")
    return raw


def _blob(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.encoded}"


def _files(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        return {one.relative_to(path).as_posix(): one.read_bytes() for one in path.rglob("*") if one.is_file()}
    try:
        with tarfile.open(path) as archive:
            return {one.name.removeprefix("./"): _read(archive, one) for one in archive if one.isfile()}
    except FileNotFoundError:
        raise NotFoundError(f"{path} is not there to be loaded") from None
    except tarfile.TarError as error:
        raise RegistryError(f"{path} is no archive of images: {error}") from error


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > LIMIT:
        raise RegistryError(f"{member.name[:200]} has {member.size} bytes; the twin reads at most {LIMIT}")
    file = archive.extractfile(member)
    return file.read() if file else b""
