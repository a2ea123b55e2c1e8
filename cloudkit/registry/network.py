"""Connections of the registry client: with a total deadline, and never to a private address by surprise."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, TypedDict

import httpcore
import httpx

from cloudkit.registry.deadline import Until
from cloudkit.registry.proxy import proxy_for

__all__ = ["GuardedTransport", "PrivateAddressError", "Zone", "zone_of"]


class _Pool(TypedDict):
    max_connections: int
    keepalive_expiry: float


_POOL: Final[_Pool] = {"max_connections": 16, "keepalive_expiry": 10.0}


class Zone(StrEnum):
    """From where an address can be reached."""

    LOOPBACK = "loopback"
    LINK = "link-local"
    PRIVATE = "private"
    PUBLIC = "public"


class PrivateAddressError(httpx.ConnectError):
    """A host that the registry sent us to lies in a network where the registry itself is not."""


def zone_of(address: str) -> Zone:
    """Return the zone of an IP address.

    >>> zone_of("169.254.169.254"), zone_of("::ffff:10.0.0.1")
    (<Zone.LINK: 'link-local'>, <Zone.PRIVATE: 'private'>)
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_loopback or found.is_unspecified:
        return Zone.LOOPBACK
    if found.is_link_local:
        return Zone.LINK
    return Zone.PUBLIC if found.is_global else Zone.PRIVATE


class GuardedTransport(httpx.HTTPTransport):
    """Carries the client's requests over connections that keep deadlines and the guard.

    A proxy resolves names itself, so behind one the guard judges only addresses that stand in a url.

    Args:
        home: The registry's own host: it may be anywhere, and where it is others may be too.
    """

    def __init__(self, home: str) -> None:
        nobody = _trusting_nobody()
        super().__init__(verify=nobody)
        self._guard = _Guard(home)
        self._pool = httpcore.ConnectionPool(ssl_context=nobody, network_backend=_Backend(self._guard), **_POOL)
        self._proxied: dict[httpx.URL, _ProxiedTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, directly or through the proxy that the environment names for its host."""
        proxy = proxy_for(request.url)
        if proxy is None:
            return super().handle_request(request)
        if _is_address(request.url.host):
            self._guard.judge(request.url.host, [request.url.host])
        if proxy not in self._proxied:
            self._proxied[proxy] = _ProxiedTransport(proxy)
        return self._proxied[proxy].handle_request(request)

    def close(self) -> None:
        """Let go of all connections."""
        super().close()
        for transport in self._proxied.values():
            transport.close()


class _ProxiedTransport(httpx.HTTPTransport):
    """Carries requests through one proxy."""

    def __init__(self, proxy: httpx.URL) -> None:
        nobody = _trusting_nobody()
        super().__init__(verify=nobody)
        self._pool = httpcore.HTTPProxy(
            proxy_url=str(proxy.copy_with(userinfo=b"")),
            proxy_auth=(proxy.username, proxy.password) if proxy.username else None,
            ssl_context=nobody,
            network_backend=_Backend(None),
            **_POOL,
        )


class _Guard:
    """Judges where a host lies, as seen from the registry."""

    def __init__(self, home: str) -> None:
        self._home = home

    def judge(self, host: str, addresses: list[str]) -> None:
        """Refuse a host with a private address of a kind that the registry itself does not have."""
        if host == self._home:
            return
        zones = {zone_of(address) for address in addresses} - {Zone.PUBLIC}
        if zones and not zones <= self._own_zones():
            raise PrivateAddressError(f"{host} is a {min(zones)} address")

    def _own_zones(self) -> set[Zone]:
        """Return where the registry is; a name that only a proxy knows is taken for a public one."""
        try:
            return {zone_of(address) for address in _resolve(self._home, 0)}
        except httpcore.ConnectError:
            return {Zone.PUBLIC}


class _Backend(httpcore.NetworkBackend):
    """Resolves a name, judges the addresses, and connects to those it judged: no second look-up in between."""

    def __init__(self, guard: _Guard | None) -> None:
        self._guard = guard
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port)
        if self._guard:
            self._guard.judge(host, addresses)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(address, port, _left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _PatientStream(stream)
        raise failure

    def connect_unix_socket(self, *_args: object, **_options: object) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("a registry is not reached by a socket file")


class _PatientStream(httpcore.NetworkStream):
    """A connection whose every step looks at the request's deadline; what it trusts is read when it is first needed."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002  # it trusts nobody
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        context = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        return _PatientStream(self._inner.start_tls(context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  the library's own signature
        return self._inner.get_extra_info(info)


def _trusting_nobody() -> ssl.SSLContext:
    """Return what stands in the library's places: by it no connection would come about."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@lru_cache(maxsize=4)
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Return what the machine trusts, beside the list that the library brings; reading it costs more than most calls.

    As docker does, it takes an authority of one's own without key identifiers, which Python 3.13's strict flag denies.

    Args:
        _file: The file of certificates that the environment names.
        _folder: The folder of them.
    """
    context = httpx.create_ssl_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _left(timeout: float | None) -> float | None:
    """Return what a step may take; a deadline that has passed ends it before it begins."""
    if not isinstance(timeout, Until):
        return timeout
    left = timeout.left
    if left <= 0:
        raise httpcore.ReadTimeout(f"no whole answer within {timeout.deadline.seconds:g} s")
    return left


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"the name {host} is not known: {error.strerror}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
