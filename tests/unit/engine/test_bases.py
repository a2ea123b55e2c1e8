"""Base images where no hub answers: what is asked for first, what is refused, and what an archive may hold."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import docker
import pytest

from cloudkit.engine import bases
from cloudkit.errors import BackendError, UnsupportedError


class EngineWithoutHub(BaseHTTPRequestHandler):
    """An engine that has one image and reaches no registry."""

    def do_GET(self) -> None:
        """Answer what is asked before an image is made."""
        if self.path.endswith("/images/json?only_ids=0&all=0"):
            return self.answer(200, [{"RepoTags": ["debian:bookworm-slim"]}, {"RepoTags": None}])
        return self.answer(500, {"message": "dial tcp: lookup registry.example: no such host"})

    def answer(self, status: int, body: object) -> None:
        """Send JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    """A client of such an engine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EngineWithoutHub)
    Thread(target=server.serve_forever, daemon=True).start()
    client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{server.server_port}", version="1.41", timeout=10)
    yield client
    client.close()
    server.shutdown()
    server.server_close()


def test_only_what_the_engine_lacks_is_missing(client: docker.DockerClient) -> None:
    """An image without a name counts for nothing."""
    missing = bases.missing(client, ["debian:bookworm-slim", "node:22-bookworm-slim"])

    assert missing == ["node:22-bookworm-slim"]


def test_a_hub_that_cannot_be_reached_does_not_answer(client: docker.DockerClient) -> None:
    """The engine is asked, as it is the one that pulls; the client's own patience stays as it was."""
    answers = bases.hub_answers(client, "debian:bookworm-slim")

    assert not answers
    assert client.api.timeout == 10


def test_nothing_is_made_that_is_there(client: docker.DockerClient) -> None:
    """A second run is quick."""
    made = bases.provide(client, ["debian:bookworm-slim"])

    assert made == ()


def test_an_image_that_cannot_be_made_is_named_before_any_work(client: docker.DockerClient) -> None:
    """With those that can."""
    with pytest.raises(UnsupportedError, match=r"redis:8 cannot be made here") as caught:
        bases.provide(client, ["redis:8"])

    assert "node:22-bookworm-slim" in caught.value.hint


def test_a_package_puts_nothing_outside_its_place(tmp_path: Path) -> None:
    """Of npm's packages only regular files are taken, below the given prefix, as root's and readable by all."""
    package = tmp_path / "package.tgz"
    with tarfile.open(package, "w:gz") as archive:
        for name in ("package/bin/node", "package/../../etc/passwd", "package/README"):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.uid = 4, 0o600, 1000
            archive.addfile(entry, io.BytesIO(b"text"))
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)

    with tarfile.open(tmp_path / "out.tar", "w") as out:
        bases._repack(package, out, "usr/local/", "")

    with tarfile.open(tmp_path / "out.tar") as written:
        found = {member.name: (member.uid, member.mode) for member in written}
    assert found == {"usr/local/bin/node": (0, 0o644), "usr/local/README": (0, 0o644)}


def test_an_archive_is_made_once_for_each_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed leaves nothing that looks made; what is made is not made again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    broken = bases._Base(source="nowhere")
    fake(tmp_path, "apt-get", "exit 0")
    monkeypatch.setenv("PATH", str(fake(tmp_path, "mmdebstrap", "echo no such suite >&2; exit 25")), prepend=":")

    with pytest.raises(BackendError, match="mmdebstrap failed with 25") as caught:
        bases._root("debian:bookworm-slim", broken, "amd64")

    assert caught.value.evidence == ("no such suite",)
    assert list(tmp_path.rglob("*.tar")) == []
    fake(tmp_path, "mmdebstrap", 'for a; do case "$a" in *.tar) echo made >> "$a" ;; esac; done')
    first = bases._root("debian:bookworm-slim", broken, "amd64")
    second = bases._root("debian:bookworm-slim", broken, "amd64")
    assert first == second
    assert first.read_text() == "made\n"


def fake(folder: Path, name: str, script: str) -> Path:
    """Write a program that stands before the real one; return its folder."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    path = programs / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return programs
