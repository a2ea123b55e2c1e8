"""A proxy is found as kubectl finds it."""

from __future__ import annotations

import pytest

from cloudkit.backends.kubernetes.proxy import proxy_to

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("server", "no_proxy"),
    [
        ("https://api.example:6443", ""),
        ("https://api.example:6443", "other.example,10.0.0.0/8"),
        ("https://api.example:6443", "pi.example"),
        ("https://api.example:6443", "api.example:443"),
        ("https://api.example:6443", ".api.example"),
        ("https://11.1.2.3:6443", "10.0.0.0/8,10.1.2.3"),
        ("https://[fd00::1]:6443", "10.0.0.0/8,fe80::/10"),
    ],
)
def test_the_environments_proxy_is_used(server: str, no_proxy: str) -> None:
    """Where ``NO_PROXY`` means somebody else."""
    assert proxy_to(server, "", {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}) == PROXY


@pytest.mark.parametrize(
    ("server", "no_proxy"),
    [
        ("https://api.example:6443", "*"),
        ("https://api.example:6443", "api.example"),
        ("https://api.example:6443", "other, Example "),
        ("https://api.example:6443", ".example"),
        ("https://api.example:6443", "*.example"),
        ("https://api.example:6443", "api.example:6443"),
        ("https://api.example", "api.example:443"),
        ("https://10.1.2.3:6443", "10.0.0.0/8"),
        ("https://10.1.2.3:6443", "10.1.2.3"),
        ("https://[fd00::1]:6443", "fd00::/8"),
        ("https://127.0.0.1:6443", ""),
        ("https://localhost:6443", ""),
        ("https://[::1]:6443", ""),
    ],
)
def test_what_is_near_needs_no_proxy(server: str, no_proxy: str) -> None:
    """This machine never does, as a cluster in containers; the rest is what ``NO_PROXY`` says."""
    assert proxy_to(server, "", {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}) == ""


def test_the_kubeconfigs_proxy_comes_first() -> None:
    """Whatever the environment says: it is of that one cluster."""
    environ = {"HTTPS_PROXY": "http://other:1", "NO_PROXY": "*"}

    assert proxy_to("https://127.0.0.1:6443", PROXY, environ) == PROXY


def test_either_case_and_the_proxy_for_all_are_read() -> None:
    """As of a shell; a proxy without a scheme speaks HTTP."""
    server = "https://api.example:6443"

    assert proxy_to(server, "", {"https_proxy": PROXY}) == PROXY
    assert proxy_to(server, "", {"all_proxy": "socks5://proxy:1080"}) == "socks5://proxy:1080"
    assert proxy_to(server, "", {"https_proxy": "proxy:3128"}) == "http://proxy:3128"
    assert proxy_to(server, "", {"http_proxy": PROXY}) == ""
