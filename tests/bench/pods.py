"""A cluster's recorded lists of one app, multiplied to 2,000 pods and served on loopback, page by page."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["APPS", "REPLICAS", "SPACE", "serving"]

APPS, REPLICAS = 50, 40  # so many replicas the recorded Deployment says
SPACE = "bench"
RECORDED = Path(__file__).with_name("recorded.json")  # an app of one replica on Kubernetes 1.34, managedFields and all
VERSION = {"major": "1", "minor": "34", "gitVersion": "v1.34.4"}
ABSENT = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "not here", "code": 404}
EMPTY = {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "10000"}}
Lists = Mapping[str, tuple[Mapping[str, Any], list[bytes]]]


@contextmanager
def serving() -> Iterator[str]:
    """Serve the lists of 2,000 ready pods and of what they belong to; yield the server's address."""
    lists, over = multiplied(), threading.Event()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if "watch=true" in self.path:
                self.follow()
                return
            status, body = answer(self.path, lists)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def follow(self) -> None:
            """Answer a watch of what does not change: nothing, until the round is over."""
            self.send_response(200)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            over.wait(float(parse_qs(urlsplit(self.path).query)["timeoutSeconds"][0]))
            with suppress(OSError):  # who has asked is gone
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads, server.block_on_close = True, False
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def answer(path: str, lists: Lists) -> tuple[int, bytes]:
    """Return the status and the text that a path is answered with."""
    asked = urlsplit(path)
    where, _, resource = asked.path.rstrip("/").rpartition("/")
    if where.endswith(f"/namespaces/{SPACE}"):
        return 200, page(*lists.get(resource, (EMPTY, [])), parse_qs(asked.query))
    return (200, text(VERSION)) if resource == "version" else (404, text(ABSENT))


def page(head: Mapping[str, Any], items: list[bytes], query: Mapping[str, list[str]]) -> bytes:
    """Return a list, or as much of it as is wanted at once."""
    begin = int(query.get("continue", ["0"])[0])
    end = begin + (int(query.get("limit", ["0"])[0]) or len(items))
    more = {"continue": str(end), "remainingItemCount": len(items) - end} if end < len(items) else {}
    opened = text({**head, "metadata": {**head["metadata"], **more}})
    return opened[:-1] + b',"items":[' + b",".join(items[begin:end]) + b"]}"


def multiplied() -> Lists:
    """Return each recorded list's head, and its items' texts under the names of all apps and replicas."""
    recorded = json.loads(RECORDED.read_text())
    lists = {}
    for resource, found in recorded.items():
        (item,) = found.pop("items")
        copies = REPLICAS if resource == "pods" else 1
        lists[resource] = found, [copy(item, app, number) for app in range(APPS) for number in range(copies)]
    return lists


def copy(item: Mapping[str, Any], app: int, number: int) -> bytes:
    """Return an object's text as that of another: what must differ does."""
    metadata, address = item["metadata"], item.get("status", {}).get("podIP")
    found = text(item).decode().replace(metadata["uid"], f"f4c208f1-b4d8-40a4-{app:04x}-{number:012x}")
    found = found.replace(metadata["resourceVersion"], str(10_000 + app * REPLICAS + number))
    if address:
        found = found.replace(metadata["name"], f"{metadata['generateName']}{number:05d}")
        found = found.replace(address, f"10.128.{app}.{number + 1}")
    return found.replace("app-0", f"app-{app}").encode()


def text(body: Any) -> bytes:
    """Return JSON as the API server writes it: without blanks."""
    return json.dumps(body, separators=(",", ":")).encode()
