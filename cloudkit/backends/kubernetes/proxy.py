"""Which proxy stands on the way to an API server, as kubectl finds it.

Source: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

__all__ = ["proxy_to"]


def proxy_to(server: str, named: str, environ: Mapping[str, str]) -> str:
    """Return the proxy's address; empty for none.

    Args:
        server: The API server's address.
        named: The proxy that the kubeconfig names; it is used whatever else is said.
        environ: Where ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` stand, in either case.

    >>> proxy_to("https://10.1.2.3:6443", "", {"HTTPS_PROXY": "http://proxy:3128"})
    'http://proxy:3128'
    >>> proxy_to("https://10.1.2.3:6443", "", {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "10.0.0.0/8"})
    ''
    """
    if named:
        return named
    address = urlsplit(server)
    found = _variable(environ, f"{address.scheme}_proxy") or _variable(environ, "all_proxy")
    if not found or _is_direct(address, _variable(environ, "no_proxy")):
        return ""
    return found if "://" in found else f"http://{found}"


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _is_direct(address: SplitResult, no_proxy: str) -> bool:
    """True for this machine, and for what is to be reached without a proxy."""
    host = (address.hostname or "").rstrip(".")
    if host == "localhost" or _is_within(host, "127.0.0.0/8") or _is_within(host, "::1"):
        return True
    return any(_matches(address, host, one.strip().lower()) for one in no_proxy.split(",") if one.strip())


def _matches(address: SplitResult, host: str, pattern: str) -> bool:
    """Tell whether one part of ``NO_PROXY`` means a host: ``*``, an address or a range, a name or a domain."""
    if pattern == "*" or _is_within(host, pattern):
        return True
    name, _, port = pattern.partition(":") if pattern.count(":") == 1 else (pattern.strip("[]"), "", "")
    if port and port != str(address.port or {"http": 80, "https": 443}.get(address.scheme)):
        return False
    name = name.removeprefix("*")
    return host == name or host.endswith(name if name.startswith(".") else f".{name}")


def _is_within(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
