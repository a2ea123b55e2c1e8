"""Containers of a test's own, and a relay in front of the engine that can fail as an engine does."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import docker
import pytest

from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.replicalogs.targets import Target

IMAGE = "debian:bookworm-slim"
PIECE = 65536
STOPS = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the SDK keeps a refused socket open


@dataclass
class Workshop:
    """Makes containers that carry an app's labels, so that they are swept away with the namespace."""

    api: docker.APIClient
    namespace: str
    targets: list[Target] = field(default_factory=list)

    def start(self, script: str, *, app: str = "web", **host: Any) -> Target:
        """Run a shell script in a container without network."""
        target = self.create(["sh", "-c", script], app=app, **host)
        self.api.start(target.id)
        return target

    def create(
        self, command: Sequence[str], *, app: str = "web", component: Component = Component.REPLICA, **host: Any
    ) -> Target:
        """Create a container, and keep it in the list of those that a log is read of."""
        terminal = host.pop("tty", False)
        config = {"network_mode": "none", "init": True, **host}
        name = f"{self.namespace}.{app}-{len(self.targets)}"
        made = self.api.create_container(
            IMAGE,
            list(command),
            name=name,
            tty=terminal,
            labels=identity(self.namespace, component, app),
            host_config=self.api.create_host_config(**config),
        )
        target = Target(made["Id"], name.removeprefix(f"{self.namespace}."))
        self.targets.append(target)
        return target

    def ended(self, target: Target) -> Target:
        """Wait until a container has ended."""
        self.api.wait(target.id, timeout=60)
        return target

    def remove(self, target: Target) -> None:
        """Remove a container, and take it off the list."""
        self.targets.remove(target)
        self.api.remove_container(target.id, force=True)


class Relay:
    """Listens on a socket of its own and passes everything on to the engine, until it stops as an engine does."""

    def __init__(self, engine: str, folder: Path) -> None:
        self._engine = urlsplit(engine)
        self._path = folder / "relay.sock"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._run(self._accept)

    @property
    def address(self) -> str:
        """Where it listens, as DOCKER_HOST has it."""
        return f"unix://{self._path}"

    def break_connections(self) -> None:
        """Cut what is open; new connections are taken."""
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Stop as an engine does: what is open is cut, and nobody listens any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._path.unlink(missing_ok=True)
        self.break_connections()
        for thread in self._threads:
            thread.join()
        for connection in (self._listener, *self._open):
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = self._connected()
                self._open += [near, far]
                self._run(self._pump, near, far)
                self._run(self._pump, far, near)

    def _run(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _connected(self) -> socket.socket:
        if self._engine.scheme != "unix":
            return socket.create_connection((self._engine.hostname or "localhost", self._engine.port or 2375))
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._engine.path)
        return far

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
