"""The two-way connections of ``exec``, ``attach`` and ``portforward``.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/ and the channel protocols of apiserver's
``wsstream`` package: ``v5.channel.k8s.io`` can say that the input has ended, ``v4.channel.k8s.io`` cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode, urlsplit

from cloudkit.backends.kubernetes.exchange import AGENT, CONNECT_TIMEOUT
from cloudkit.backends.kubernetes.refusal import RefusedError
from cloudkit.backends.kubernetes.target import Target

if TYPE_CHECKING:
    from websocket import WebSocket

    from cloudkit.backends.kubernetes.access import Access
    from cloudkit.backends.kubernetes.connection import Door

__all__ = ["V4", "V5", "open_socket", "subprotocol"]

V4 = "v4.channel.k8s.io"
V5 = "v5.channel.k8s.io"


def open_socket(door: Door, path: str, query: Sequence[tuple[str, str]]) -> WebSocket:
    """Open a connection; raise ``RefusedError`` when the API server will not."""
    from websocket import WebSocketBadStatusException, create_connection

    access = door.access
    protocols = (V4,) if path.endswith("/portforward") else (V5, V4)
    headers = [f"{name}: {value}" for name, value in access.headers()]
    headers += [f"user-agent: {AGENT}", f"sec-websocket-protocol: {','.join(protocols)}"]
    url = "ws" + access.server.removeprefix("http") + path + "?" + urlencode(list(query))
    try:
        socket = create_connection(
            url,
            timeout=CONNECT_TIMEOUT,
            header=headers,
            sslopt=_tls(access),
            enable_multithread=True,
            redirect_limit=0,
            **_proxy(access),
        )
    except WebSocketBadStatusException as error:
        target = Target.of("POST", path)
        raise RefusedError(error.status_code, error.resp_body or b"", error.resp_headers, target) from error
    socket.settimeout(None)
    return socket


def subprotocol(socket: WebSocket) -> str:
    """Return which of the protocols the API server chose."""
    return str((socket.getheaders() or {}).get("sec-websocket-protocol", V4))


def _tls(access: Access) -> dict[str, Any]:
    """Return the certificates as the library wants them."""
    name = {"server_hostname": access.server_name} if access.server_name else {}
    return {"context": access.tls, **name} if access.tls else {}


def _proxy(access: Access) -> dict[str, Any]:
    """Return the proxy as the library wants it."""
    if not access.proxy:
        return {"http_no_proxy": ["*"]}
    proxy = urlsplit(access.proxy)
    options: dict[str, Any] = {
        "http_proxy_host": proxy.hostname,
        "http_proxy_port": proxy.port or (443 if proxy.scheme == "https" else 80),
        "proxy_type": proxy.scheme if proxy.scheme.startswith("socks") else "http",
        "http_no_proxy": ["none.invalid"],  # with none, the library would read the environment
    }
    if proxy.username:
        options["http_proxy_auth"] = (unquote(proxy.username), unquote(proxy.password or ""))
    return options
