"""An answer that goes on, such as a log, and that another thread may end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.errors import translate
from cloudkit.backends.kubernetes.lines import chunks

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from cloudkit.config.cluster import Cluster

__all__ = ["Reading"]


class Reading:
    """The body of an answer, in chunks as they come. ``close`` from any thread ends a blocked read.

    Args:
        what: What it is, for errors.
        reach: Makes the call.
        cluster: Where, for errors.
    """

    def __init__(self, what: str, reach: Callable[[], BaseHTTPResponse], cluster: Cluster) -> None:
        self._what = what
        self._cluster = cluster
        self._closed = False
        self._reach = reach
        self._response: BaseHTTPResponse | None = None

    def __enter__(self) -> Iterator[bytes]:
        self._response = self._reach()
        if self._closed:
            self.close()
        return self._chunks(self._response)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; calling it twice is no error."""
        self._closed = True
        response = self._response
        if response is not None:
            with suppress(OSError, ValueError, RuntimeError):  # it has ended by itself
                response.shutdown()
            response.close()

    def _chunks(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        try:
            with translate(self._what, self._cluster):
                yield from chunks(response)
        except Exception:
            if not self._closed:
                raise
