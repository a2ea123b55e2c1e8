"""Say why an engine does not answer: what was tried, what happened, what to run."""

from __future__ import annotations

import os
import re
import socket
import ssl

from cloudkit.config import Endpoint
from cloudkit.engine.errors import root_cause
from cloudkit.errors import AccessError, BackendError, CloudkitError

__all__ = ["unreachable"]

_EXPECTS_TLS = re.compile(r"client sent an HTTP request to an HTTPS server", re.IGNORECASE)


def unreachable(endpoint: Endpoint, error: Exception) -> CloudkitError:
    """Return the error for an engine that could not be reached, in exactly three lines.

    >>> print(unreachable(Endpoint(host="unix:///run/none.sock"), FileNotFoundError(2, "No such file or directory")))
    no engine answers at unix:///run/none.sock
      | there is no such socket: no engine is running, or it listens elsewhere
      try: cloudkit doctor, or sudo systemctl start docker
    """
    cause = root_cause(error)
    where = f"{endpoint} (context {endpoint.context})" if endpoint.context else str(endpoint)
    if isinstance(cause, PermissionError):
        hint = f"sudo usermod -aG docker {_user()}, then log in again"
        happened = "the socket is there, but this user may not use it: permission denied"
        return AccessError(f"the engine at {where} refuses this user", evidence=[happened], hint=hint)
    summary = f"no engine answers at {where}"
    if endpoint.tried:
        summary = f"no engine answers; tried {', '.join(endpoint.tried)}"
    happened, hint = _explained(endpoint, cause, f"{error} {cause}")
    return BackendError(summary, evidence=[happened], hint=hint)


def _explained(endpoint: Endpoint, cause: BaseException, text: str) -> tuple[str, str]:
    """Return what happened and what to run."""
    local = endpoint.host.startswith("unix://")
    start = "cloudkit doctor, or sudo systemctl start docker" if local else f"docker -H {endpoint} version"
    if isinstance(cause, ssl.SSLError) or _EXPECTS_TLS.search(text):
        return _without_tls(cause)
    if isinstance(cause, FileNotFoundError):
        happened = "there is no such socket: no engine is running, or it listens elsewhere"
    elif isinstance(cause, ConnectionRefusedError):
        happened = "connection refused: " + (
            "the socket is there, but no engine listens" if local else "nothing listens"
        )
    elif isinstance(cause, socket.gaierror):
        happened = f"the host's name is not known: {cause.strerror}"
    elif isinstance(cause, TimeoutError) or "timed out" in text:
        happened = "it does not answer in time"
    else:
        text = getattr(cause, "strerror", None) or f"{cause}"
        happened = " ".join(text.split())[:300] or type(cause).__name__
    return happened, start


def _without_tls(cause: BaseException) -> tuple[str, str]:
    """Return what is wrong with the encryption and what to look at."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        happened = f"its certificate is not trusted: {getattr(cause, 'verify_message', cause)}"
        return happened, "check DOCKER_CERT_PATH, or the context's ca.pem"
    if isinstance(cause, ssl.SSLError):
        happened = f"no TLS connection: {getattr(cause, 'reason', None) or cause}"
        return happened, "check DOCKER_TLS_VERIFY and the client's certificate"
    return "it expects TLS, but this connection speaks plainly", "DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=..."


def _user() -> str:
    return os.environ.get("USER") or "$USER"
