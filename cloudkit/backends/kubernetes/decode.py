"""From the API server's bytes to the few fields that are read."""

from __future__ import annotations

import re
import threading
from typing import Any, TypeVar

import msgspec

from cloudkit.backends.kubernetes.objects import Listing

__all__ = ["decoded", "encoded", "listed", "plain"]

T = TypeVar("T")
_BEYOND = re.compile(r"[^\x00-\x7e]")  # a class that names its 65,000 characters takes 4 ms to compile
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}
_MAKING = threading.Lock()  # two threads that read the same fields' types at once end the interpreter in msgspec


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    if kind not in _DECODERS:
        with _MAKING:
            _DECODERS.setdefault(kind, msgspec.json.Decoder(kind))
    return _DECODERS[kind]


def decoded(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return one object."""
    found: T = _decoder(kind).decode(data)
    return found


def listed(data: bytes, kind: type[T]) -> Listing[T]:
    """Return one page of a list."""
    found: Listing[T] = _decoder(_listing(kind)).decode(data)
    return found


def _listing(kind: Any) -> Any:
    return Listing[kind]


def plain(data: bytes) -> dict[str, Any]:
    """Return one object with all that it has."""
    return decoded(data, dict[str, Any])


def encoded(body: Any) -> bytes:
    """Return the JSON of an object that is YAML as well, as server-side apply reads it.

    YAML takes no control character as it is, and folds the line breaks of Unicode; beyond 16 bits it has no escape
    in common with JSON, and needs none.

    >>> encoded({"a": chr(0x7F) + chr(0x2028) + "!"})
    b'{"a":"\\\\u007f\\\\u2028!"}'
    """
    text = msgspec.json.encode(body).decode()
    return _BEYOND.sub(_escaped, text).encode()


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number <= 0xFFFF else found[0]
