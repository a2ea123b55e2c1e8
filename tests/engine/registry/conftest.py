"""A real registry that wants a password, and images to put into one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import absent, unused_port
from testbed import registry
from testbed.process import detached, ended, until
from unit.registry.archives import layer

from cloudkit.model.reference import Reference
from cloudkit.registry.manifest import (
    OCI_CONFIG,
    OCI_LAYER,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
    digest_of,
    encode,
    parse,
)

PASSWORD = "s3cret-pass"
LINE = "ann:$2b$04$nrRK/gHuTjf8Oe0NGsCTDOTM0o2EYtbwWiaAo7QE722swYpFhLOqO\n"  # bcrypt of that password
CONFIG = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/blobs}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}
"""


@pytest.fixture
def locked(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The domain of a registry on loopback that only ann may use."""
    program = registry.program()
    if program is None:
        absent(request.config, "registry", "no registry program: python tests/testbed build registry")
    port, log = unused_port(), tmp_path / "registry.log"
    (tmp_path / "htpasswd").write_text(LINE)
    (tmp_path / "config.yml").write_text(CONFIG.format(folder=tmp_path, port=port))
    process = detached([program, "serve", str(tmp_path / "config.yml")], log)
    try:
        until(lambda: "listening on" in log.read_text(errors="replace"), 10, "the registry", process, log)
        yield f"localhost:{port}"
    finally:
        ended(process)


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration with a helper program that knows ann's password, and nobody's else."""
    program = tmp_path / "bin" / "docker-credential-locked"
    program.parent.mkdir()
    answer = json.dumps({"Username": "ann", "Secret": PASSWORD})
    program.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{answer}'\n")
    program.chmod(0o755)
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"credsStore": "locked"}))
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return program


@pytest.fixture
def domain(registry_url: str) -> str:
    """The domain of a registry on loopback that anybody may use."""
    return f"localhost:{registry_url.rpartition(':')[2]}"


@pytest.fixture
def reference(domain: str) -> Reference:
    """A reference at that registry that no other test uses."""
    return Reference.parse(f"{domain}/cloudkit/{secrets.token_hex(6)}:1")


class Made:
    """An image that is in no store yet: its blobs and its manifest."""

    def __init__(self, content: bytes) -> None:
        config = encode({"architecture": "amd64", "os": "linux", "rootfs": {"diff_ids": [str(digest_of(content))]}})
        self.blobs = {_descriptor(OCI_LAYER, content): content, _descriptor(OCI_CONFIG, config): config}
        parts = [{"mediaType": part.media_type, "digest": str(part.digest), "size": part.size} for part in self.blobs]
        raw = encode({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": parts[1], "layers": parts[:1]})
        manifest = parse(raw, "the manifest")
        assert isinstance(manifest, Manifest)
        self.manifest = manifest


@pytest.fixture
def made() -> Made:
    """A small image of new content."""
    return Made(layer(secrets.token_hex(8)))


def _descriptor(media_type: str, content: bytes) -> Descriptor:
    return Descriptor(media_type=media_type, digest=digest_of(content), size=len(content))
