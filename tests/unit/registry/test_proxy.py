"""Registries behind a proxy, as closed networks have them."""

from __future__ import annotations

import httpx
import pytest
from unit.registry.peer import Peer, Reply

from cloudkit.errors import ConfigError, RegistryError
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.credentials import Credential
from cloudkit.registry.proxy import proxy_for


def nobody(_domain: str) -> Credential | None:
    """Know no credentials."""
    return None


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with an environment that names no proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_registry_is_asked_through_the_proxy(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the proxy's own password for the proxy, and for no one else."""
    monkeypatch.setenv("http_proxy", f"http://bob:pw@{peer.domain}")
    peer.on("GET http://registry.example/v2/", Reply())

    with RegistryClient("registry.example", insecure=True, credential=nobody) as client:
        client.ping()

    assert peer.asked[0].headers["host"] == "registry.example"
    assert peer.asked[0].headers["proxy-authorization"] == "Basic Ym9iOnB3"
    assert peer.asked[0].authorization is None


def test_this_machine_is_asked_without_a_proxy(
    peer: Peer, client: RegistryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry on loopback is not the proxy's business, though NO_PROXY does not say so."""
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    peer.on("GET /v2/", Reply())

    client.ping()

    assert peer.paths() == ["GET /v2/"]


def test_a_private_address_is_refused_behind_a_proxy_too(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy may reach what this machine does not."""
    monkeypatch.setenv("http_proxy", f"http://{peer.domain}")
    peer.on("GET http://registry.invalid/v2/", Reply(status=302, headers={"Location": "http://169.254.169.254/x"}))

    with (
        RegistryClient("registry.invalid", insecure=True, credential=nobody) as client,
        pytest.raises(RegistryError, match="private address"),
    ):
        client.ping()

    assert len(peer.asked) == 1


def test_hosts_of_no_proxy_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, by domain, and all others through the proxy."""
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", "near.example,.inner.example")

    assert proxy_for(httpx.URL("https://near.example/v2/")) is None
    assert proxy_for(httpx.URL("https://a.inner.example:5000/v2/")) is None
    assert proxy_for(httpx.URL("https://far.example/v2/")) == httpx.URL("http://proxy.example:3128")


def test_a_proxy_of_another_kind_is_said_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not passed by in silence."""
    monkeypatch.setenv("all_proxy", "socks5://user:secret@proxy.example:1080")

    with pytest.raises(ConfigError, match="all_proxy names a socks5 proxy") as caught:
        proxy_for(httpx.URL("https://registry.example/v2/"))

    assert "secret" not in str(caught.value)
