"""Requests from outside, one or a load of them."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from contract.drivers.driver import Answer, Load

__all__ = ["load", "send"]

SENDERS = 4


def send(url: str) -> Answer:
    """Send a request; a refused connection is status 0."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return Answer(response.status, response.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(errors="replace"))
    except (OSError, HTTPException) as error:
        return Answer(0, repr(error))


@contextmanager
def load(url: str) -> Iterator[Load]:
    """Send requests from several threads without pause."""
    met, over = Load(), threading.Event()
    threads = [threading.Thread(target=_send, args=(url, met, over)) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    try:
        yield met
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _send(url: str, met: Load, over: threading.Event) -> None:
    while not over.is_set():
        answer = send(url)
        met.count += 1
        if answer.status != 200:
            met.failures.append(f"{answer.status} {answer.body}")
