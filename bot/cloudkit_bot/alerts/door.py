"""Where an Alertmanager sends what it tells: ``POST /alerts``."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from cloudkit.errors import CloudkitError
from cloudkit_bot.alerts.alertmanager import FIRING, Notice, proved, read, sign_of
from cloudkit_bot.alerts.incident import Incident, over
from cloudkit_bot.alerts.watch import sighted
from cloudkit_bot.store.incidents import Incidents

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["PATH", "Door"]

PATH = "/alerts"


@dataclass
class Door:
    """Takes notices of those who prove who they are.

    Args:
        user: Who they are by basic authentication.
        secret: What proves it, as a bearer token or as the password.
        incidents: Keeps what they tell.
        apps: Says which apps there are.
        fill: Adds to an incident that begins what is known besides.
        wake: Has the cards drawn.
        clock: Seconds since the epoch.
    """

    user: str
    secret: str
    incidents: Incidents
    apps: Callable[[], Collection[str]]
    fill: Callable[[Incident], Incident]
    wake: Callable[[], None]
    clock: Callable[[], float] = time.time

    def respond(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request; what is kept is answered with 200, what could not be kept is sent again."""
        status, words = self._answer(environ)
        headers = [("Content-Type", "text/plain")]
        if status is HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", 'Bearer realm="alerts", Basic realm="alerts"'))
        start(f"{status.value} {status.phrase}", headers)
        return [f"{words}\n".encode()]

    def _answer(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, str]:
        if not proved(environ.get("HTTP_AUTHORIZATION", ""), self.user, self.secret):
            return HTTPStatus.UNAUTHORIZED, "a bearer token or a password is needed"
        if environ.get("REQUEST_METHOD") != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, "notices are posted"
        try:
            notice = read(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, f"no notice of an Alertmanager: {str(error)[:200]}"
        try:
            self.take(notice)
        except CloudkitError as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, error.summary
        self.wake()
        return HTTPStatus.OK, "kept"

    def take(self, notice: Notice) -> None:
        """Keep what a notice tells."""
        sign, now = sign_of(notice, self._names()), self.clock()
        if notice.status == FIRING:
            sighted(self.incidents, sign, now, self.fill)
            return
        last = self.incidents.last(sign.key)
        if last is not None:
            self.incidents.change(last.incident.name, lambda one: over(one, now), urgent=True)

    def _names(self) -> Collection[str]:
        try:
            return self.apps()
        except CloudkitError:  # the engine may be what the alert is about
            return ()
