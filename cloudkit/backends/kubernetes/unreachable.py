"""Say why an API server could not be reached: what was tried, what happened, what to run."""

from __future__ import annotations

import errno
import re
import socket
import ssl

from cloudkit.config.cluster import Cluster
from cloudkit.errors import BackendError

__all__ = ["root_cause", "unreachable"]

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def unreachable(what: str, error: Exception, cluster: Cluster | None = None) -> BackendError:
    """Return the error for a call that got no whole answer.

    >>> print(unreachable("list pods", ConnectionRefusedError(111, "Connection refused")))
    cannot list pods: nothing listens at the API server's address
      | Connection refused
      try: cloudkit doctor
    """
    cause = root_cause(error)
    happened, hint = _explained(error, cause, cluster)
    where = f" at {cluster}" if cluster else ""
    return BackendError(f"cannot {what}: {happened}{where}", evidence=[_line(cause)], hint=hint)


def _explained(error: Exception, cause: BaseException, cluster: Cluster | None) -> tuple[str, str]:
    """Return what happened and what to run."""
    flag = f" --context {cluster.context}" if cluster and cluster.context else ""
    look = f"kubectl{flag} cluster-info" if cluster else "cloudkit doctor"
    if "Proxy" in type(error).__name__:
        return "the proxy does not lead to the API server", "look at HTTPS_PROXY, NO_PROXY, the kubeconfig's proxy-url"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not trusted", f"kubectl{flag} config view: certificate-authority, tls-server-name"
    if isinstance(cause, ssl.SSLError):
        return "no TLS connection comes about", f"kubectl{flag} config view: the server's address, client-certificate"
    return _by_network(cause, f"{error} {cause}"), look


def _by_network(cause: BaseException, text: str) -> str:
    if isinstance(cause, ConnectionRefusedError):
        return "nothing listens at the API server's address"
    if isinstance(cause, socket.gaierror):
        return "the API server's name is not known"
    if isinstance(cause, TimeoutError) or "timed out" in text:
        return "the API server does not answer in time"
    if isinstance(cause, OSError) and cause.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return "there is no route to the API server"
    return "the API server dropped the connection"


def root_cause(error: BaseException) -> BaseException:
    """Return the error of the operating system at the bottom of a chain, else the last one of the chain."""
    deepest, seen, queue = error, set[int](), [error]
    while queue:
        deepest = queue.pop(0)
        if id(deepest) in seen:
            continue
        seen.add(id(deepest))
        if isinstance(deepest, OSError) and type(deepest).__module__ in {"builtins", "socket", "ssl"}:
            return deepest
        inner = [deepest.__cause__, deepest.__context__, getattr(deepest, "reason", None), *deepest.args]
        queue += [part for part in inner if isinstance(part, BaseException)]
    return deepest


def _line(cause: BaseException) -> str:
    text = getattr(cause, "verify_message", "") or getattr(cause, "strerror", "") or f"{cause}"
    return _CREDENTIALS.sub("***@", " ".join(text.split()))[:300] or type(cause).__name__
