"""The HTTP side of the stand-in: ``/api/METHOD``, ``/upload/FILE``, ``/response/TOKEN``, ``/oauth/v2/authorize``."""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from cloudkit_bot.testing import streams
from cloudkit_bot.testing.methods import METHODS, SCOPES, shown
from cloudkit_bot.testing.refusal import Refusal

if TYPE_CHECKING:
    from cloudkit_bot.testing.workspace import Workspace

__all__ = ["Server"]

STREAMING = streams.start_stream  # its methods are among METHODS once they are loaded
ACCESS, OPEN, EXPORT = "oauth.v2.access", "apps.connections.open", "apps.manifest.export"
NESTED = ("blocks", "view", "files", "attachments", "metadata")  # JSON inside a form


class Server:
    """Answers as Slack does, on a free port of an address."""

    def __init__(self, slack: Workspace, host: str) -> None:
        self.slack, self.host = slack, host
        self._http = ThreadingHTTPServer((host, 0), type("Answer", (Answer,), {"home": slack}))
        self._http.daemon_threads = True
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self._http.server_port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Answer(BaseHTTPRequestHandler):
    """One request."""

    home: Workspace
    slack: Workspace
    leads = ""
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class calls it so
        """Say nothing on standard error."""

    def do_GET(self) -> None:
        """Answer a call whose arguments stand in the address."""
        self.do_POST()

    def do_POST(self) -> None:
        """Answer a call."""
        part, _, name = urlsplit(self.path).path.strip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.slack, self.leads = self.home, ""  # a connection may serve several workspaces, one call after the other
        try:
            if self.slack.troubles.meet(name if part == "api" else part):
                self.close_connection = True
                return
            answer = self.answered(part, name, body)
            self.reply(302 if self.leads else 200, answer, {"Location": self.leads} if self.leads else None)
        except Refusal as refusal:
            self.refuse(part, refusal)

    def answered(self, part: str, name: str, body: bytes) -> Any:  # noqa: ANN401 # JSON
        if part == "api":
            return self.call(name, body)
        if part == "upload":
            return self.upload(name, body)
        if part == "response":
            shown(self.answering(name), name, json.loads(body))
            return "ok"
        if part == "oauth":
            return self.agreed()
        raise Refusal("not_found", status=404)

    def call(self, name: str, body: bytes) -> dict[str, Any]:
        if name not in METHODS and name != ACCESS:
            raise Refusal("unknown_method")
        given = arguments(self.headers.get("Content-Type", ""), body, urlsplit(self.path).query)
        authorization = self.headers.get("Authorization", "")
        if name == ACCESS:
            self.slack.calls.append((name, given, "ok"))
            return {"ok": True, **self.slack.registration.access(authorization, given)}
        slack = self.holder(name, authorization.removeprefix("Bearer ") or given.pop("token", ""))
        if name != "chat.postMessage":
            slack.rates.count(name)
        with slack.changed:
            answer = {"ok": True, **METHODS[name](slack, given)}
            slack.calls.append((name, given, "ok"))
        return answer

    def holder(self, name: str, token: str) -> Workspace:
        """Return the workspace that a call is about, where its token may make it."""
        of_app = {OPEN: self.slack.app_token, EXPORT: self.slack.registration.config_token}
        if name in of_app:
            if token != of_app[name]:
                raise Refusal("invalid_auth" if token else "not_authed")
            return self.slack
        self.slack = slack = self.slack.registration.holder(token)
        scope, scopes = SCOPES[name], slack.scopes
        if scope and scopes is not None and scope not in scopes:
            raise Refusal("missing_scope", scope)
        return slack

    def answering(self, token: str) -> Workspace:
        """Return the workspace whose ``response_url`` is used."""
        return next((one for one in self.slack.registration.workspaces if token in one.addresses), self.slack)

    def agreed(self) -> str:
        """Let who is signed in agree to what the app asks for, and send the browser back to the app."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        user = self.headers.get("Cookie", "").partition("d=")[2].partition(";")[0]
        self.leads = self.slack.registration.agree(user, asked)
        return ""

    def upload(self, name: str, body: bytes) -> str:
        documents = [one.documents[name] for one in self.slack.registration.workspaces if name in one.documents]
        document = documents[0] if documents else None
        if document is None or document.content is not None:
            raise Refusal("no upload is expected here", status=404)
        document.content = payload(self.headers.get("Content-Type", ""), body)
        if len(document.content) != document.length:
            raise Refusal(f"{document.length} bytes were announced, {len(document.content)} came", status=400)
        return f"OK - {document.length}"

    def refuse(self, part: str, refusal: Refusal) -> None:
        self.slack.calls.append((self.path.removeprefix("/api/"), {}, refusal.error))
        self.slack.noticed()
        headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
        if part != "api":
            self.reply(refusal.status if refusal.status != 200 else 400, refusal.error, headers)
            return
        answer: dict[str, Any] = {"ok": False, "error": refusal.error}
        if refusal.details:
            answer["response_metadata"] = {"messages": list(refusal.details)}
        self.reply(refusal.status, answer, headers)

    def reply(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:  # noqa: ANN401 # JSON
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        kind = "text/plain" if isinstance(answer, str) else "application/json; charset=utf-8"
        told = {"Content-Type": kind, "Content-Length": str(len(content)), "X-OAuth-Scopes": self.granted()}
        self.send_response(status)
        for key, value in (told | (headers or {})).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def granted(self) -> str:
        scopes = set(SCOPES.values()) - {""} if self.slack.scopes is None else self.slack.scopes
        return ",".join(sorted(scopes))


def arguments(kind: str, body: bytes, query: str) -> dict[str, Any]:
    """Return a call's arguments, sent as JSON, as a form or in the address."""
    if kind.startswith("application/json"):
        given: dict[str, Any] = json.loads(body or b"{}")
        return {key: value for key, value in given.items() if value is not None}
    pairs = parse_qs(query) | parse_qs(body.decode())
    flat = {key: values[0] for key, values in pairs.items()}
    return {key: json.loads(value) if key in NESTED else value for key, value in flat.items()}


def payload(kind: str, body: bytes) -> bytes:
    """Return the bytes of an upload, sent as they are or as a form."""
    if not kind.startswith("multipart/"):
        return body
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    part = next(message.iter_parts(), None)
    content = part.get_payload(decode=True) if part else b""
    return content if isinstance(content, bytes) else b""
