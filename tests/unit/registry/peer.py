"""A loopback HTTP server that answers as badly as a test wants, and keeps what it was asked."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

__all__ = ["Asked", "Peer", "Reply", "failing", "serving"]

TLS_HELLO = b"\x16"  # the first byte of a connection that begins with TLS


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer.

    Args:
        status: Its HTTP status.
        body: Its body.
        headers: Its headers; Content-Length is added where it is missing.
        cut: How many bytes of the body are sent before the connection ends; None sends all.
        drip: Seconds between single bytes of the whole answer, status line and all; 0 sends at once.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def authorization(self) -> str | None:
        """Its Authorization header."""
        return self.headers.get("authorization")


class Peer:
    """What the server answers by method and path, and what it was asked."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.domain = f"{host}:{port}"
        self.asked: list[Asked] = []
        self._replies: dict[str, list[Reply]] = {}

    def on(self, request: str, *replies: Reply) -> None:
        """Answer ``METHOD /path`` by these in turn; the last one answers all that come after."""
        self._replies[request] = list(replies)

    def next(self, request: str) -> Reply:
        """Return the next answer; 404 where a test said nothing."""
        left = self._replies.get(request, [Reply(status=404)])
        return left.pop(0) if len(left) > 1 else left[0]

    def paths(self) -> list[str]:
        """Return what was asked, as ``METHOD /path``."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]


def failing(status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None) -> Reply:
    """Return an error in the form of the distribution specification."""
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Reply(status=status, body=body, headers=headers or {})


@contextmanager
def serving() -> Iterator[Peer]:
    """Run a server on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    server.daemon_threads = True
    server.peer = peer = Peer(server.server_port)  # type: ignore[attr-defined]  # the handler finds it there
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        """Tell a client that tries TLS first, as engines do, that there is none."""
        with suppress(ConnectionResetError):
            if cast("io.BufferedReader", self.rfile).peek(1)[:1] == TLS_HELLO:
                self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
                self.close_connection = True
                return
            super().handle_one_request()
            return
        self.close_connection = True

    def _answer(self) -> None:
        peer: Peer = self.server.peer  # type: ignore[attr-defined]  # put there by `serving`
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {key.lower(): value for key, value in self.headers.items()}
        peer.asked.append(Asked(method=self.command, path=self.path, headers=headers, body=body))
        reply = peer.next(f"{self.command} {self.path.partition('?')[0]}")
        self.close_connection = reply.cut is not None
        with suppress(BrokenPipeError, ConnectionResetError):
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        length = (
            {} if any(key.lower() == "content-length" for key in reply.headers) else {"Content-Length": len(reply.body)}
        )
        lines = [
            f"HTTP/1.1 {reply.status} x",
            *(f"{key}: {value}" for key, value in {**length, **reply.headers}.items()),
        ]
        whole = "\r\n".join([*lines, "", ""]).encode() + (b"" if self.command == "HEAD" else reply.body[: reply.cut])
        if not reply.drip:
            self.wfile.write(whole)
            return
        for byte in whole:
            self.wfile.write(bytes([byte]))
            time.sleep(reply.drip)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  the library's names

    def log_message(self, *_args: object) -> None:
        """Say nothing."""
