"""The lines of an answer that goes on, each as soon as it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["chunks", "lines"]

CHUNK = 1 << 16


def chunks(response: BaseHTTPResponse) -> Iterator[bytes]:
    """Yield what has come, as soon as anything has."""
    while chunk := response.read1(CHUNK):
        yield chunk


def lines(response: BaseHTTPResponse) -> Iterator[bytes]:
    """Yield each whole line without its end; a last one that was cut is dropped."""
    rest = b""
    for chunk in chunks(response):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from filter(None, whole)
