"""Which host may be asked, and which may see who one is."""

from __future__ import annotations

import ipaddress

import httpx

from cloudkit.errors import RegistryError
from cloudkit.model.reference import DEFAULT_DOMAIN
from cloudkit.registry.text import harmless

__all__ = ["home_url", "is_loopback", "next_url", "same_origin", "sees_credentials"]

HUB_ENDPOINT = "registry-1.docker.io"
REALMS = {HUB_ENDPOINT: frozenset({"auth.docker.io"})}
PORTS = {"http": 80, "https": 443}


def home_url(domain: str, *, insecure: bool | None = None) -> httpx.URL:
    """Return where the registry of a reference's domain answers.

    Args:
        domain: The host, and the port where it is not the usual one.
        insecure: True speaks plain HTTP, False never does; None does so on loopback only, as engines do.

    >>> str(home_url("docker.io")), str(home_url("localhost:5000"))
    ('https://registry-1.docker.io', 'http://localhost:5000')
    """
    host = HUB_ENDPOINT if domain == DEFAULT_DOMAIN else domain
    url = httpx.URL(f"https://{host}")
    plain = is_loopback(url.host) if insecure is None else insecure
    return url.copy_with(scheme="http") if plain else url


def next_url(current: httpx.URL, location: str, what: str) -> httpx.URL:
    """Return where an answer sends us, as far as it may.

    Raises:
        RegistryError: It leads to no url, to a scheme that is not HTTP, or from HTTPS to plain HTTP.
    """
    try:
        target = current.join(location)
    except (httpx.InvalidURL, ValueError):
        raise RegistryError(f"cannot {what}: {current.host} sends to {harmless(location, 80)!r}, no url") from None
    if target.scheme not in PORTS or not target.host:
        raise RegistryError(f"cannot {what}: {current.host} sends to {harmless(location, 80)!r}, which is not HTTP")
    if current.scheme == "https" and target.scheme == "http":
        raise RegistryError(f"cannot {what}: {current.host} sends from https to plain http at {target.host}")
    return target


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """True when scheme, host and port are the same.

    >>> same_origin(httpx.URL("https://registry.example"), httpx.URL("https://registry.example:443/v2/"))
    True
    """
    return _origin(one) == _origin(other)


def sees_credentials(home: httpx.URL, realm: httpx.URL) -> bool:
    """True when the token service at ``realm`` may be told the password for the registry at ``home``.

    It may on the registry's own host, on a host that this one is a part of (``gitlab.example`` answers for
    ``registry.gitlab.example``), and where the two are known to belong together. A registry that names any other
    realm would hand the password to a stranger.

    >>> sees_credentials(httpx.URL("https://registry.example"), httpx.URL("https://stranger.example/token"))
    False
    """
    if home.scheme == "https" and realm.scheme != "https":
        return False
    if realm.host == home.host:
        return True
    if _port(realm) != PORTS[realm.scheme] or "." not in realm.host or _is_address(realm.host):
        return False
    return realm.host in REALMS.get(home.host, ()) or home.host.endswith(f".{realm.host}")


def is_loopback(host: str) -> bool:
    """True for a name or address of this machine itself."""
    return host == "localhost" or host.endswith(".localhost") or (_is_address(host) and _address(host).is_loopback)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, _port(url)


def _port(url: httpx.URL) -> int | None:
    return url.port or PORTS.get(url.scheme)


def _is_address(host: str) -> bool:
    try:
        _address(host)
    except ValueError:
        return False
    return True


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(host.strip("[]"))
