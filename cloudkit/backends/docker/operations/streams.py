"""The engine's streams, opened so that another thread may end them: answers that go on, and conversations both ways."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from docker import APIClient
    from requests import Response

__all__ = ["Conversation", "Feed", "converse", "open_feed", "url"]

PIECE = 65536


def url(api: APIClient, *parts: str) -> str:
    """Return the address of an object of the engine's, each part quoted."""
    return "/".join((api.base_url, f"v{api.api_version}", *(quote(part, safe="") for part in parts)))


def open_feed(api: APIClient, *parts: str, params: Mapping[str, Any]) -> Feed:
    """GET an answer that may go on for ever; its beginning has the client's time-out, the rest has none."""
    headers = {"Accept-Encoding": "identity"}
    response = api.get(url(api, *parts), params=dict(params), headers=headers, stream=True, timeout=api.timeout)
    checked(response)
    return Feed(response)


def converse(
    api: APIClient, *parts: str, params: Mapping[str, Any], json: Mapping[str, Any] | None = None
) -> Conversation:
    """POST a request that takes the connection over: both sides then speak as they like.

    Where the engine reads no body, there must be none: it would be taken for the first that is said.
    """
    headers = {"Connection": "Upgrade", "Upgrade": "tcp"}
    address = url(api, *parts)
    response = api.post(address, params=dict(params), json=json, headers=headers, stream=True, timeout=api.timeout)
    checked(response)
    return Conversation(response)


def checked(response: Response) -> None:
    """Raise the SDK's own error for an answer of failure, and let go of its connection."""
    from docker.errors import create_api_error_from_http_exception
    from requests.exceptions import HTTPError

    try:
        response.raise_for_status()
    except HTTPError as error:
        try:
            create_api_error_from_http_exception(error)
        finally:
            response.close()


class Feed:
    """An answer that goes on; `close` ends it from any thread, also while another one reads."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self._closed = False
        self.headers: Mapping[str, str] = response.headers
        _socket(response).settimeout(None)

    def __iter__(self) -> Iterator[bytes]:
        """Yield pieces of at most 64 KiB as they come; a connection that breaks is an end."""
        from urllib3.exceptions import HTTPError

        try:
            yield from self._response.raw.stream(PIECE, decode_content=False)
        except (HTTPError, OSError, AttributeError, ValueError):  # the last two: closed between two reads
            return

    def whole(self) -> Iterator[bytes]:
        """Yield pieces as they come; raise when the connection breaks before the end."""
        yield from self._response.raw.stream(PIECE, decode_content=False)

    def close(self) -> None:
        """End it; calling it twice is no error."""
        if not self._closed:
            self._closed = True
            _cut(self._response)
            self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class Conversation:
    """A connection taken over from HTTP: bytes both ways."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self._socket = _socket(response)
        self._early = self._read_ahead()

    def _read_ahead(self) -> bytes:
        """Return what came in one packet with the headers, which HTTP's reader holds."""
        self._socket.settimeout(0)
        try:
            reader = _reader(self._response)
            return bytes(reader.peek()) if hasattr(reader, "peek") else bytes(getattr(reader, "_rbuffer", b""))
        finally:
            self._socket.settimeout(None)

    def __iter__(self) -> Iterator[bytes]:
        """Yield what comes, to the end; a connection that breaks is an end."""
        with suppress(ConnectionError, ValueError):  # ValueError: an SSH channel or TLS closed by another thread
            while piece := self._early or self._socket.recv(PIECE):
                self._early = b""
                yield piece

    def write(self, data: bytes) -> None:
        """Send bytes; an other side that has ended is no error, as its exit code says more."""
        with suppress(OSError):
            self._socket.sendall(data)

    def end_input(self) -> None:
        """Say that nothing more will be sent; what the other side sends still comes."""
        with suppress(OSError):
            if hasattr(self._socket, "shutdown_write"):
                self._socket.shutdown_write()
            else:
                socket.socket.shutdown(self._socket, socket.SHUT_WR)  # an SSLSocket's own would also stop the reading

    def close(self) -> None:
        """End it; calling it twice is no error."""
        _cut(self._response)
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _reader(response: Response) -> Any:
    """Return what HTTP reads an answer with; it has no public name, and the SDK takes connections over by it too."""
    raw: Any = response.raw
    return raw._fp.fp  # noqa: SLF001  as said above


def _socket(response: Response) -> Any:
    """Return the connection below an answer: a socket, TLS or an SSH channel."""
    reader = _reader(response)
    return reader.channel if hasattr(reader, "channel") else reader.raw._sock  # noqa: SLF001  as said above


def _cut(response: Response) -> None:
    """Shut a connection down, so that a thread that reads from it wakes up."""
    with suppress(OSError, AttributeError):
        connection = _socket(response)
        if hasattr(connection, "shutdown"):
            connection.shutdown(socket.SHUT_RDWR)
