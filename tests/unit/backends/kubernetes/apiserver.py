"""A loopback server that answers as an API server does, or as badly as a test wants, and keeps what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

__all__ = ["Api", "Asked", "Reply", "Stream", "event", "failure", "item", "listing", "serving"]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One whole answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """An answer in chunks.

    Args:
        chunks: What is sent, each at once.
        end: ``whole`` ends it in order, ``cut`` drops the connection, ``hang`` sends nothing more and stays.
    """

    chunks: Sequence[bytes] = ()
    end: str = "whole"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


DROP = object()
"""In place of an answer: the connection ends with none."""


class Api:
    """What the server answers by method and path, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.connections = 0
        self.over = threading.Event()
        self._answers: dict[str, list[Any]] = {}
        self._lock = threading.Lock()

    def on(self, request: str, *answers: Any) -> None:
        """Answer ``METHOD /path`` by these in turn; the last one answers all that come after."""
        self._answers[request] = list(answers)

    def next(self, asked: Asked) -> Any:
        """Return the next answer; 404 where a test said nothing. A watch is ``WATCH``."""
        method = "WATCH" if asked.query.get("watch") == "true" else asked.method
        with self._lock:
            self.asked.append(asked)
            left = self._answers.get(f"{method} {asked.path}", [failure(404, "NotFound", "nothing is here")])
            return left.pop(0) if len(left) > 1 else left[0]

    def calls(self) -> list[str]:
        """Return what was asked, as ``METHOD /path``."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]


def failure(status: int, reason: str, message: str = "", **more: Any) -> Reply:
    """Return a ``Status`` that says what failed."""
    headers = {"Retry-After": str(more.pop("after"))} if "after" in more else {}
    body = {"kind": "Status", "status": "Failure", "code": status, "reason": reason, "message": message, **more}
    return Reply(status=status, body=body, headers=headers)


def item(name: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return an object with that name and version."""
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}, **more}


def listing(*items: dict[str, Any], version: int = 1, more: str = "") -> Reply:
    """Return a page of a list."""
    return Reply(body={"metadata": {"resourceVersion": str(version), "continue": more}, "items": list(items)})


def event(kind: str, content: dict[str, Any]) -> bytes:
    """Return a line of a watch."""
    return json.dumps({"type": kind, "object": content}).encode() + b"\n"


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Api]:
    """Run a server on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    server.daemon_threads = True
    server.block_on_close = False
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    scheme = "https" if tls else "http"
    server.api = api = Api(f"{scheme}://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]  # found there
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Take a connection that ends badly as what it is: the client's business."""
        self.server.api.connections += 1  # type: ignore[attr-defined]  # put there by `serving`
        with suppress(ConnectionError, ssl.SSLError):
            super().handle()

    def finish(self) -> None:
        """Likewise at the end."""
        with suppress(ConnectionError, ssl.SSLError):
            super().finish()

    def _answer(self) -> None:
        api: Api = self.server.api  # type: ignore[attr-defined]  # put there by `serving`
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in self.headers}
        asked = Asked(
            method=self.command, path=parts.path, query=dict(parse_qsl(parts.query)), headers=headers, body=body
        )
        answer = api.next(asked)
        if callable(answer):
            answer = answer(asked)
        if answer is DROP:
            self.close_connection = True
        elif isinstance(answer, Stream):
            self._stream(answer, api)
        else:
            self._whole(answer)

    def _whole(self, reply: Reply) -> None:
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, stream: Stream, api: Api) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in stream.chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        if stream.end == "whole":
            self.wfile.write(b"0\r\n\r\n")
            return
        if stream.end == "hang":
            api.over.wait()
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = _answer  # noqa: N815  the library's names

    def log_message(self, *_args: object) -> None:
        """Say nothing."""
