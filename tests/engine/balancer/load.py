"""Clients that count: every answer by who gave it, every failure by what it was."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from engine.balancer.clients import ask

__all__ = ["Load", "loading"]


class Load:
    """Threads that send requests until they are told to stop.

    Args:
        port: A port on loopback.
        keep_alive: True sends all of a thread's requests on one connection.
    """

    def __init__(self, port: int, *, keep_alive: bool) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self._port = port
        self._keep_alive = keep_alive
        self.stopped = Event()

    @property
    def sent(self) -> int:
        """How many requests have ended, well or not."""
        return self.answers.total() + self.failures.total()

    def run(self) -> None:
        """Send one request after the other."""
        connection = self._connect()
        while not self.stopped.is_set():
            try:
                self.answers[ask(connection)] += 1
            except (OSError, http.client.HTTPException) as error:
                self.failures[repr(error)] += 1
                connection.close()
            if not self._keep_alive:
                connection.close()
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)


@contextmanager
def loading(port: int, *, threads: int = 4, keep_alive: bool) -> Iterator[Load]:
    """Run a load during the block; it is over when the block is."""
    load = Load(port, keep_alive=keep_alive)
    workers = [Thread(target=load.run, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield load
    finally:
        load.stopped.set()
        for worker in workers:
            worker.join(20)
