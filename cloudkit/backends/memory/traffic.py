"""Requests to apps: balanced over their ready replicas, and lost when their replica ends under them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from cloudkit.backends.memory.clock import Clock
from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.program import Response
from cloudkit.backends.memory.record import Record

__all__ = ["Traffic", "path_of", "port_of"]

BAD_GATEWAY, UNAVAILABLE = 502, 503


class Traffic:
    """The balancer of every app of a world."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def send(self, record: Record, path: str, done: Callable[[Response], None], *, replica: str | None = None) -> None:
        """Send a request, to one replica where it is named; ``done`` hears the answer once its time has passed."""
        with self._clock.lock:
            container = self._choose(record, replica)
            if container is None:
                done(Response(status=UNAVAILABLE, body=f"no replica of {record.spec.name!r} is ready\n"))
                return
            container.in_flight += 1
            life, latency = container.life, container.program.latency

            def finish() -> None:
                done(self._finish(container, life, path))

            if latency:
                self._clock.after(latency, finish)
            else:
                finish()

    def request(self, record: Record, path: str, *, replica: str | None = None) -> Response:
        """Send a request and let time pass until it is answered."""
        answers: list[Response] = []
        self.send(record, path, answers.append, replica=replica)
        while not answers:
            self._clock.step(1.0)
        return answers[0]

    def _choose(self, record: Record, replica: str | None) -> Container | None:
        serving = [one for one in record.containers if one.serving and replica in {None, one.name}]
        if not serving:
            return None
        record.cursor += 1
        return serving[record.cursor % len(serving)]

    def _finish(self, container: Container, life: int, path: str) -> Response:
        container.in_flight -= 1
        if container.life != life or not container.running:
            return Response(status=BAD_GATEWAY, body="the replica ended under the request\n", replica=container.name)
        return container.respond(path)


def port_of(url: str) -> int:
    """Return the port that a url names; 0 where it names none.

    >>> port_of("http://localhost:3000/a"), port_of("web")
    (3000, 0)
    """
    return urlsplit(url).port or 0


def path_of(url: str) -> str:
    """Return the path and query of a url.

    >>> path_of("http://web:3000/a?b=1"), path_of("http://web")
    ('/a?b=1', '/')
    """
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
