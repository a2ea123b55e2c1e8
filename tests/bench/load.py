"""A bounded load on loopback, sent by wrk, and what came of it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

__all__ = ["Load", "Outcome"]

_REQUESTS = re.compile(r"(\d+) requests in ")
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_SOCKET = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_STATUS = re.compile(r"Non-2xx or 3xx responses: (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many requests were answered, how many failed, and how many a second."""

    requests: int
    failed: int
    rate: float


class Load:
    """A load in the background; ``outcome`` waits for its end.

    Args:
        wrk: The program.
        url: Where it goes: loopback alone.
        seconds: How long it lasts.
        connections: How many at once.
    """

    def __init__(self, wrk: str, url: str, *, seconds: int, connections: int = 16) -> None:
        assert "//localhost:" in url or "//127.0.0.1:" in url, url
        command = [
            wrk,
            "-t2",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "5s",
            url.replace("localhost", "127.0.0.1"),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._limit = seconds + 30

    def outcome(self) -> Outcome:
        """Wait for the end and count."""
        text, _ = self._process.communicate(timeout=self._limit)
        broken, status = _SOCKET.search(text), _STATUS.search(text)
        requests, rate = _REQUESTS.search(text), _RATE.search(text)
        assert requests, text
        assert rate, text
        failed = sum(map(int, broken.groups())) if broken else 0
        failed += int(status[1]) if status else 0
        return Outcome(requests=int(requests[1]), failed=failed, rate=float(rate[1]))
