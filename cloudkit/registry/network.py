"""Connections of the registry client: with a total deadline, and never to a private address by surprise."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import httpcore
import httpx

from cloudkit.registry.deadline import Until

__all__ = ["GuardedTransport", "PrivateAddressError", "Zone", "zone_of"]


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

    Args:
        home: The registry's own host: it may be anywhere, and where it is others may be too.
    """

    def __init__(self, home: str) -> None:
        context = httpx.create_ssl_context()
        context.load_default_certs()  # what the machine trusts, beside the list that the library brings
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=16, keepalive_expiry=10.0, network_backend=_GuardedBackend(home)
        )


class _GuardedBackend(httpcore.NetworkBackend):
    """Resolves a name, judges the addresses, and connects to those it judged: no second look-up in between."""

    def __init__(self, home: str) -> None:
        self._home = home
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
        if host != self._home:
            self._judge(host, addresses)
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

    def _judge(self, host: str, addresses: list[str]) -> None:
        zones = {zone_of(address) for address in addresses} - {Zone.PUBLIC}
        if zones and not zones <= {zone_of(address) for address in _resolve(self._home, 0)}:
            raise PrivateAddressError(f"{host} is a {min(zones)} address")


class _PatientStream(httpcore.NetworkStream):
    """A connection whose every step looks at the request's deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _PatientStream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  the library's own signature
        return self._inner.get_extra_info(info)


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
