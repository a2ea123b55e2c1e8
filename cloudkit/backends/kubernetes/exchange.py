"""One call to an API server: signed, sent, repeated where that is safe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from cloudkit.backends.kubernetes.connection import Connection, Door
from cloudkit.backends.kubernetes.errors import translate
from cloudkit.backends.kubernetes.refusal import RefusedError
from cloudkit.backends.kubernetes.retrying import retrying
from cloudkit.backends.kubernetes.target import Target

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["ANSWER_TIMEOUT", "CONNECT_TIMEOUT", "Call", "Exchange"]

T = TypeVar("T")
CONNECT_TIMEOUT = 10.0
"""Seconds that opening a connection may take."""
ANSWER_TIMEOUT = 60.0
"""Seconds that an answer may let wait for its next byte."""
AGENT = "cloudkit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of an API server.

    Args:
        method: The HTTP method.
        path: Where, from the root.
        query: The parameters after it.
        body: The body; empty for none.
        content_type: What the body is.
        repeatable: True when doing it twice is the same as doing it once.
        timeout: Seconds that the answer may let wait for its next byte; None has no limit.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = "application/json"
    repeatable: bool = False
    timeout: float | None = ANSWER_TIMEOUT

    @property
    def target(self) -> Target:
        """What it is about."""
        return Target.of(self.method, self.path, watch=("watch", "true") in self.query)


class Exchange:
    """Speaks HTTP with one API server.

    Args:
        connection: The way there.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._answered = False

    def read(self, call: Call) -> bytes:
        """Make a call and return the body of its answer.

        Raises:
            CloudkitError: As `translate` says.
        """

        def once() -> bytes:
            response = self._sent(call)
            try:
                return response.read()
            finally:
                response.close()  # keeps the connection where all was read

        return self._repeated(call, once)

    def open(self, call: Call) -> BaseHTTPResponse:
        """Make a call and return its answer with the body not read yet; the caller closes it.

        Raises:
            CloudkitError: As `translate` says.
        """
        return self._repeated(call, lambda: self._sent(call))

    def signed(self, attempt: Callable[[Door], T]) -> T:
        """Do something with the credentials, and once more with renewed ones when these are refused."""
        door = self.connection.door()
        try:
            return attempt(door)
        except RefusedError as refusal:
            if refusal.status != 401:
                raise
        return attempt(self.connection.renew(door))

    def _repeated(self, call: Call, once: Callable[[], T]) -> T:
        with translate(str(call.target), self.connection.cluster):
            return retrying(once, repeatable=call.repeatable, patient=self._answered)

    def _sent(self, call: Call) -> BaseHTTPResponse:
        response = self.signed(lambda door: _send(door, call))
        self._answered = True
        return response


def _send(door: Door, call: Call) -> BaseHTTPResponse:
    """Send a call once; raise what is no success."""
    from urllib3 import HTTPHeaderDict, Timeout

    headers = HTTPHeaderDict({"accept": "application/json", "user-agent": AGENT})
    for name, value in door.access.headers():
        headers.add(name, value)
    if call.body:
        headers["content-type"] = call.content_type
    options: dict[str, Any] = {"preload_content": False, "redirect": False, "retries": False}
    response = door.pool.request(
        call.method,
        door.access.server + call.path + _query(call),
        body=call.body or None,
        headers=headers,
        timeout=Timeout(connect=CONNECT_TIMEOUT, read=call.timeout),
        **options,
    )
    if 200 <= response.status < 300:
        return response
    try:
        raise RefusedError(response.status, response.read(), dict(response.headers), call.target)
    finally:
        response.close()  # likewise


def _query(call: Call) -> str:
    from urllib.parse import urlencode

    given = urlencode([(name, value) for name, value in call.query if value])
    return f"?{given}" if given else ""
