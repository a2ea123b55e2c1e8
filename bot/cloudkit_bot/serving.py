"""The bot at work: by Socket Mode or by HTTP, with ``/healthz`` and ``/metrics``, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from prometheus_client import CollectorRegistry, make_wsgi_app
from slack_bolt.adapter.wsgi import SlackRequestHandler
from waitress.server import create_server
from waitress.wasyncore import close_all

from cloudkit_bot.alerts.door import PATH as ALERTS
from cloudkit_bot.proof import proved
from cloudkit_bot.workspaces.installing import INSTALL, REDIRECT

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from cloudkit_bot.alerts.alarm import Alarm
    from cloudkit_bot.bot import Bot
    from cloudkit_bot.home.digest import Digest
    from cloudkit_bot.workspaces.workspaces import Workspaces

__all__ = ["PATH", "Service"]

PATH = "/slack/events"
PING = 2.0  # seconds; a link that breaks with no word is given up after four or five of them, and made anew
BODY_LIMIT = 1 << 20  # bytes of a request
LOGGER = logging.getLogger("cloudkit_bot")


class Service:
    """A bot that is reached.

    Args:
        bot: The bot of one workspace, or of many.
        registry: What ``/metrics`` shows.
    """

    def __init__(self, bot: Bot | Workspaces, registry: CollectorRegistry) -> None:
        self.bot = bot
        self.alarm: Alarm | None = getattr(bot, "alarm", None)  # a channel is of one workspace
        self.digest: Digest | None = getattr(bot, "digest", None)
        self._slack = SlackRequestHandler(bot.app, PATH)
        self._metrics = make_wsgi_app(registry)
        self._sockets: dict[Any, Any] = {}
        self._server: Any = create_server(  # its types say less than its manual
            self.respond,
            map=self._sockets,
            host=bot.settings.host,
            port=bot.settings.port,
            threads=bot.settings.workers,
            ident=None,
            max_request_body_size=BODY_LIMIT,
        )
        self._thread = threading.Thread(target=self._server.run, name="cloudkit-bot-http", daemon=True)
        self._link: Any = None  # bolt's own has no types

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.effective_port)

    @property
    def url(self) -> str:
        """Where Slack's requests are taken."""
        return f"http://{self.bot.settings.host}:{self.port}{PATH}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, and connect to Slack where the settings ask for Socket Mode."""
        self._thread.start()
        self.bot.attend()
        if self.bot.settings.sockets:
            from slack_bolt.adapter.socket_mode import SocketModeHandler

            token = self.bot.settings.app_token.reveal()
            self._link = SocketModeHandler(
                self.bot.app, token, logger=LOGGER, web_client=self.bot.client, ping_interval=PING
            )
            self._link.connect()
        for one in (self.alarm, self.digest):
            if one is not None:
                one.start()

    def stop(self) -> None:
        """Take no more deliveries, let work come to its end, then stop listening."""
        if self._link is not None:
            self._link.client.auto_reconnect_enabled = False
        self.bot.close()
        if self._link is not None:
            self._link.close()
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=2)
        with suppress(OSError):  # woken by somebody else, the loop has closed all before it is woken here
            self._server.trigger.pull_trigger(lambda: close_all(self._sockets, ignore_all=True))
        self._thread.join(10)

    def healthy(self) -> str:
        """Return what is wrong; empty while all is well."""
        if self.bot.closing:
            return "stopping"
        if self._link is not None and not self._link.client.is_connected():
            return "not connected to Slack"
        return ""

    def respond(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request by its path."""
        path = environ.get("PATH_INFO", "")
        if path == "/healthz":
            wrong = self.healthy()
            start("503 Service Unavailable" if wrong else "200 OK", [("Content-Type", "text/plain")])
            return [f"{wrong or 'ok'}\n".encode()]
        if path == "/metrics":
            shown: Iterable[bytes] = self._metrics(environ, start)
            return shown
        if path == ALERTS and self.alarm is not None and self.alarm.takes:
            return self.alarm.door.respond(environ, start)
        if path in (INSTALL, REDIRECT):
            return self._slack(environ, start)
        if path == PATH and not self.bot.settings.sockets:
            return self.delivered(environ, start)
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"Socket Mode takes no requests\n" if path == PATH else b"there is nothing here\n"]

    def delivered(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Take what Slack delivers; what is not Slack's is not read, and what cannot be read is refused."""
        if not proved(environ, self.bot.settings.signing_secret.reveal()):
            start("401 Unauthorized", [("Content-Type", "text/plain")])
            return [b"this is not signed by Slack, or too old\n"]
        try:
            taken: Iterable[bytes] = self._slack(environ, start)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            LOGGER.warning("a delivery could not be read: %s", type(error).__name__)
            start("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"this cannot be read\n"]
        return taken
