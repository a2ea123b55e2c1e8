"""Requests that go on while something else happens."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from cloudkit.backends.memory.backend import MemoryBackend
from cloudkit.backends.memory.clock import Timer
from cloudkit.backends.memory.program import Response

__all__ = ["Load"]


class Load:
    """Requests to an app at a steady rate of the twin's clock, within a ``with``.

    Args:
        backend: The twin.
        target: An app's name, or a url that one publishes.
        path: What is asked.
        per_second: How many requests a second.

    >>> from cloudkit.testing import cloud
    >>> memory = cloud()
    >>> web = memory.deploy("web", "web:1", port=80, replicas=2)
    >>> with Load(memory.backend, "web") as load:
    ...     _ = web.restart()
    >>> load.failed
    []
    """

    def __init__(self, backend: MemoryBackend, target: str, *, path: str = "/", per_second: float = 100.0) -> None:
        self.answers: list[Response] = []
        self._backend = backend
        self._target = target
        self._path = path
        self._pause = 1 / per_second
        self._timer: Timer | None = None

    @property
    def failed(self) -> list[Response]:
        """The answers that are no success."""
        return [answer for answer in self.answers if answer.status >= 400]

    def __enter__(self) -> Self:
        self._send()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _send(self) -> None:
        world = self._backend.world
        self._timer = world.clock.after(self._pause, self._send, background=True)
        world.traffic.send(self._backend.behind(self._target), self._path, self.answers.append)
