"""The proxy that stands between this machine and a host, as the environment names it."""

from __future__ import annotations

import urllib.request

import httpx

from cloudkit.errors import ConfigError
from cloudkit.registry.trust import is_loopback

__all__ = ["proxy_for"]


def proxy_for(url: httpx.URL) -> httpx.URL | None:
    """Return the proxy for a url, None where there is none: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``.

    This machine itself is never asked through a proxy.

    Raises:
        ConfigError: The environment names a proxy that is not one of HTTP.
    """
    if is_loopback(url.host) or urllib.request.proxy_bypass(url.netloc.decode()):
        return None
    found = urllib.request.getproxies()
    named = found.get(url.scheme) or found.get("all")
    if not named:
        return None
    variable = f"{url.scheme if found.get(url.scheme) else 'all'}_proxy"
    try:
        proxy = httpx.URL(named if "://" in named else f"http://{named}")
    except httpx.InvalidURL:
        raise ConfigError(f"{variable} is no url of a proxy", hint=f"{variable}=http://proxy.example:3128") from None
    if proxy.scheme not in {"http", "https"} or not proxy.host:
        hint = f"{variable}=http://proxy.example:3128"
        raise ConfigError(f"{variable} names a {proxy.scheme} proxy; registries are reached by http ones", hint=hint)
    return proxy
