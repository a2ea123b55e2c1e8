"""The pool of connections to an API server."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cloudkit.errors import ConfigError

if TYPE_CHECKING:
    from urllib3 import PoolManager

    from cloudkit.backends.kubernetes.access import Access

__all__ = ["open_pool"]

IDLE_CONNECTIONS = 256
"""Connections that are kept open; a thread each, as of 200 followed logs, closes none and logs no warning."""
KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 9}
"""As kubectl asks for, so that a log that is quiet for hours notices the end of its connection."""


def open_pool(access: Access) -> PoolManager:
    """Return a pool; nothing is connected to before a call.

    Raises:
        ConfigError: The proxy is of a kind that takes a library which is not there.
    """
    from urllib3 import PoolManager, ProxyManager

    options: dict[str, Any] = {
        "maxsize": IDLE_CONNECTIONS,
        "socket_options": _socket_options(),
        "ssl_context": access.tls,
    }
    options |= {"server_hostname": access.server_name} if access.server_name else {}
    if not access.verified:
        _accept_unverified()
    if not access.proxy:
        return PoolManager(**options)
    if urlsplit(access.proxy).scheme.startswith("socks"):
        return _by_socks(access.proxy, options)
    return ProxyManager(access.proxy, proxy_headers=_proxy_headers(access.proxy), **options)


def _socket_options() -> list[tuple[int, int, int]]:
    """Return what is asked of the operating system, in so far as it knows it."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    known = {getattr(socket, name): seconds for name, seconds in KEEP_ALIVE.items() if hasattr(socket, name)}
    return [*options, *((socket.IPPROTO_TCP, name, value) for name, value in known.items())]


def _accept_unverified() -> None:
    """Warn of no unchecked certificate: whoever wrote the kubeconfig knows; doctor says it, not each call."""
    from urllib3 import disable_warnings
    from urllib3.exceptions import InsecureRequestWarning

    disable_warnings(InsecureRequestWarning)


def _by_socks(proxy: str, options: dict[str, Any]) -> PoolManager:
    if find_spec("socks") is None:
        address = urlsplit(proxy)
        message = (
            f"the proxy {address.scheme}://{address.hostname} speaks SOCKS, which takes a library that is not there"
        )
        raise ConfigError(message, hint="pip install 'urllib3[socks]'")
    from urllib3.contrib.socks import SOCKSProxyManager

    return SOCKSProxyManager(proxy, **options)


def _proxy_headers(proxy: str) -> dict[str, str] | None:
    """Return what a proxy wants to see, where its address says who one is."""
    from cloudkit.backends.kubernetes.bearer import basic

    address = urlsplit(proxy)
    if not address.username:
        return None
    return {"proxy-authorization": basic(unquote(address.username), unquote(address.password or ""))}
