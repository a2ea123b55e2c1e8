"""A BuildKit at an address on loopback, which is the one inside a current engine; and an image of one without root."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from testbed import compiled
from testbed.place import cache

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["make_image", "program", "serving_builds"]

PROGRAMS = ("buildkitd", "buildctl")
ROOTLESS = """\
FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -yqq --no-install-recommends libcap2-bin rootlesskit runc uidmap
RUN useradd -u 1000 -m user && echo user:100000:65536 | tee /etc/subuid > /etc/subgid \\
 && chmod u-s /usr/bin/newuidmap /usr/bin/newgidmap \\
 && setcap cap_setuid=ep /usr/bin/newuidmap && setcap cap_setgid=ep /usr/bin/newgidmap \\
 && mkdir -p /run/user/1000 /home/user/.local/share/buildkit /home/user/.local/tmp \\
 && chown -R user:user /run/user/1000 /home/user
COPY buildkitd buildctl /usr/bin/
ENV HOME=/home/user USER=user XDG_RUNTIME_DIR=/run/user/1000 TMPDIR=/home/user/.local/tmp \\
    BUILDKIT_HOST=unix:///run/user/1000/buildkit/buildkitd.sock
USER 1000:1000
ENTRYPOINT ["rootlesskit", "buildkitd"]
"""
"""As the project's own image is; with set-user-id in place of capabilities, its tools would take a privileged pod."""


def program(name: str) -> Path:
    """Return one of PROGRAMS, which is static; it is compiled where it is not there."""
    compiled.build(name)
    return cache("bin", name)


def make_image(client: DockerClient) -> str:
    """Return the name of an image of BuildKit without root on an engine, which is built there once and kept."""
    content = hashlib.sha256(ROOTLESS.encode() + (compiled.MODULE / "go.sum").read_bytes())
    name = f"cloudkit-testbed/buildkit:{content.hexdigest()[:12]}"
    if not client.images.list(name):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "Dockerfile").write_text(ROOTLESS)
            for one in PROGRAMS:
                shutil.copy(program(one), Path(folder) / one)
            client.images.build(path=folder, tag=name, rm=True)
    return name


@contextmanager
def serving_builds(engine: str) -> Iterator[str | None]:
    """Serve an engine's BuildKit, and nothing else of the engine; yield the address, None where docker is not here."""
    docker = shutil.which("docker")
    if docker is None:
        yield None
        return
    env = os.environ | {"DOCKER_HOST": engine}
    running: list[subprocess.Popen[bytes]] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            with suppress(OSError):  # closed: the end
                while True:
                    connection, _ = server.accept()
                    with connection:
                        handed = [docker, "buildx", "dial-stdio"]
                        running.append(
                            subprocess.Popen(handed, stdin=connection.fileno(), stdout=connection.fileno(), env=env)
                        )

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    for process in running:
        process.terminate()
        process.wait(10)
