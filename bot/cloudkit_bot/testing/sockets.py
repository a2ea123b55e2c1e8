"""Socket Mode: envelopes over a WebSocket, each answered by its ``envelope_id``."""

from __future__ import annotations

import json
import logging
import secrets
import socket
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

if TYPE_CHECKING:
    from cloudkit_bot.testing.workspace import Workspace

__all__ = ["Sockets"]


class Sockets:
    """The WebSocket side of the stand-in."""

    def __init__(self, slack: Workspace, host: str) -> None:
        self.slack, self.host = slack, host
        self.tickets: set[str] = set()
        self.open: list[ServerConnection] = []
        self.answers: dict[str, SimpleQueue[dict[str, Any]]] = {}
        self.came = Condition()
        self.made, self.turn = 0, 0
        self._server: Server | None = None
        self._thread: Thread | None = None

    def start(self) -> None:
        """Listen from now on."""
        quiet = logging.getLogger("cloudkit_bot.testing.sockets")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
        self._server = serve(self.talk, self.host, 0, compression=None, logger=quiet)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close every connection."""
        for connection in list(self.open):
            connection.close()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()

    def ticket(self) -> str:
        """Return an address that takes one connection."""
        ticket = secrets.token_hex(8)
        self.tickets.add(ticket)
        port = self._server.socket.getsockname()[1] if self._server else 0
        return f"ws://{self.host}:{port}/link/?ticket={ticket}"

    def talk(self, connection: ServerConnection) -> None:
        """Greet a bot, and take its answers until it goes."""
        ticket = connection.request.path.rpartition("=")[2] if connection.request else ""
        if ticket not in self.tickets:
            connection.close(4001, "invalid ticket")
            return
        self.tickets.remove(ticket)
        connection.send(json.dumps({"type": "hello", "num_connections": len(self.open) + 1}))
        with self.came:
            self.open.append(connection)
            self.made += 1
            self.came.notify_all()
        try:
            for text in connection:
                self.took(json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            with self.came:
                self.open.remove(connection)

    def took(self, answer: dict[str, Any]) -> None:
        """Keep an answer for who waits for it."""
        queue = self.answers.get(answer.get("envelope_id", ""))
        if queue is not None:
            queue.put(answer)

    def deliver(
        self, kind: str, payload: dict[str, Any], *, retry: int = 0, seconds: float = 3.0
    ) -> dict[str, Any] | None:
        """Send an envelope over the connection that is there, and return the bot's answer; None when none came.

        Args:
            kind: ``slash_commands``, ``interactive`` or ``events_api``.
            payload: What it carries.
            retry: Which attempt it is, from 0.
            seconds: How long Slack waits for the answer.
        """
        envelope: dict[str, Any] = {
            "type": kind, "envelope_id": secrets.token_hex(16), "payload": payload, "accepts_response_payload": True,
        }  # fmt: skip
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        queue = self.answers[envelope["envelope_id"]] = SimpleQueue()
        self.send(json.dumps(envelope))
        try:
            return queue.get(timeout=seconds)
        except Empty:
            return None

    def send(self, envelope: str) -> None:
        """Send over one of the connections, each in its turn; over the next one where it has gone."""
        while True:
            try:
                self.connection().send(envelope)
                return
            except ConnectionClosed:
                continue

    def connection(self, seconds: float = 30.0) -> ServerConnection:
        """Return the next connection of the app's bots, as soon as there is one."""
        with self.came:
            if not self.came.wait_for(lambda: self.open, seconds):
                raise AssertionError("no bot has connected by Socket Mode")
            self.turn += 1
            return self.open[self.turn % len(self.open)]

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every bot to connect anew, and close its connection, as Slack does every few hours."""
        for connection in list(self.open):
            with suppress(ConnectionClosed):
                connection.send(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {}}))
            connection.close()

    def cut(self) -> None:
        """Let every link break, with no word to anybody."""
        for connection in list(self.open):
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

    def until(self, count: int, seconds: float = 30.0) -> None:
        """Wait until so many connections have been made in all.

        Raises:
            AssertionError: They were not made in time.
        """
        with self.came:
            if not self.came.wait_for(lambda: self.made >= count, seconds):
                raise AssertionError(f"{self.made} connections were made within {seconds} s, not {count}")
