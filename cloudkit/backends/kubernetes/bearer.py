"""What the header ``authorization`` says: a token, a token that lies in a file, a name and password."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from cloudkit.errors import ConfigError

__all__ = ["TokenFile", "basic", "bearer"]

PERIOD = 60.0
"""Seconds that a token from a file is used before the file is read again, as kubectl does."""


def bearer(token: str) -> str:
    """Return the header of a token.

    Raises:
        ConfigError: It holds what no header can.

    >>> bearer("abc")
    'Bearer abc'
    """
    if not token.isascii() or not token.isprintable():
        raise ConfigError("a token holds characters that no header can", hint="kubectl config view: token, tokenFile")
    return f"Bearer {token}"


def basic(username: str, password: str) -> str:
    """Return the header of a name and a password.

    >>> basic("bob", "pw")
    'Basic Ym9iOnB3'
    """
    return f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"


class TokenFile:
    """A token that somebody renews in a file. Threads share it.

    Args:
        path: The file.
        clock: The time in seconds.

    Raises:
        OSError: The file cannot be read at first; later the last token is used on.
        ValueError: It is empty.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._lock = Lock()
        self._header = self._read()
        self._until = clock() + PERIOD

    def __call__(self) -> str:
        """Return the header."""
        with self._lock:
            if self._clock() >= self._until:
                self._until = self._clock() + PERIOD
                with suppress(OSError, ValueError):  # being written just now, perhaps; a refusal reads it anew
                    self._header = self._read()
            return self._header

    def _read(self) -> str:
        token = self._path.read_text().strip()
        if not token:
            raise ValueError(f"{self._path} is empty")
        return bearer(token)
