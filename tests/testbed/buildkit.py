"""A BuildKit at an address on loopback: the one inside a current engine, which buildx hands a connection to."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread

__all__ = ["serving_builds"]


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
                        running.append(subprocess.Popen(handed, stdin=connection, stdout=connection, env=env))

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    for process in running:
        process.terminate()
        process.wait(10)
