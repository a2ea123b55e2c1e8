"""What the engine cannot start is told by its words."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import tarfile
from collections.abc import Iterator

import pytest
from engine.causes.patient import Ward, app

from cloudkit.model.cause import CauseCode

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]
FOREIGN_PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00\x01" + bytes(235)


@pytest.fixture
def foreign(ward: Ward) -> Iterator[str]:
    """An image for another architecture, with a program of that architecture."""
    name = f"cloudkit-test/foreign-{secrets.token_hex(4)}:1"
    ward.api.load_image(archive(name))
    yield name
    ward.api.remove_image(name, force=True)


@pytest.mark.parametrize("init", [True, False], ids=["init", "no init"])
def test_an_image_for_another_architecture(ward: Ward, foreign: str, *, init: bool) -> None:
    """Both architectures are named, and the call builds for the engine's."""
    cause = ward.diagnose(app(foreign, init=init))

    assert (cause.code, cause.certain) == (CauseCode.WRONG_ARCHITECTURE, True)
    assert "linux/arm64" in cause.summary
    assert "linux/amd64" in cause.summary
    assert "--platform linux/amd64" in cause.fix


def test_a_program_for_another_architecture_in_a_fitting_image(ward: Ward) -> None:
    """A program that was copied in from elsewhere is told as well."""
    octal = "".join(f"\\{byte:03o}" for byte in FOREIGN_PROGRAM[:24])
    script = f"printf '{octal}' > /tmp/x; head -c 300 /dev/zero >> /tmp/x; chmod +x /tmp/x; exec /tmp/x"

    cause = ward.diagnose(app("debian:bookworm-slim", "bash", "-c", script))

    assert (cause.code, cause.certain) == (CauseCode.WRONG_ARCHITECTURE, True)


def test_a_network_that_is_gone(ward: Ward) -> None:
    """Somebody removed the network between create and start."""
    spec = app("debian:bookworm-slim", "sleep", "60")
    name, _ = ward.admit(spec)
    ward.api.stop(name, timeout=1)
    ward.api.remove_network(ward.network.name)

    with pytest.raises(Exception, match="network"):
        ward.api.start(name)
    cause = ward.cause(spec, name, None)

    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.NETWORK, True)


def test_a_user_that_the_image_does_not_have(ward: Ward) -> None:
    """What is not in the taxonomy is unknown, with the engine's own words as evidence."""
    cause = ward.diagnose(app("debian:bookworm-slim", "true", user="nobodyhere"))

    assert (cause.code, cause.certain) == (CauseCode.UNKNOWN, True)
    assert any("nobodyhere" in line for line in cause.evidence)


def archive(name: str) -> bytes:
    """Return an image of one file for linux/arm64, as ``docker load`` reads it."""
    layer = packed({"program": FOREIGN_PROGRAM})
    config = {
        "architecture": "arm64",
        "os": "linux",
        "config": {"Cmd": ["/program"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest(layer)}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    return packed(
        {
            "manifest.json": json.dumps(manifest).encode(),
            "config.json": json.dumps(config).encode(),
            "layer.tar": layer,
        }
    )


def packed(files: dict[str, bytes]) -> bytes:
    """Return a tar of these files, each of which may be executed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), 0o755
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """Return the sha256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()
