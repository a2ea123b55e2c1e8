"""A registry's certificate is checked against what this machine trusts now, and that is read once."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from unit.backends.kubernetes.apiserver import Reply, serving
from unit.backends.kubernetes.certificates import Authority

from cloudkit.errors import RegistryError
from cloudkit.registry.client import RegistryClient


@pytest.fixture
def authorities(tmp_path: Path) -> tuple[Authority, Authority]:
    """Two that know nothing of each other."""
    return Authority(tmp_path, "known"), Authority(tmp_path, "stranger")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was read of what is trusted, each time."""
    read: list[str] = []
    default = ssl.SSLContext.load_default_certs

    def reading(self: ssl.SSLContext, purpose: ssl.Purpose = ssl.Purpose.SERVER_AUTH) -> None:
        read.append(purpose.name)
        default(self, purpose)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", reading)
    return read


def ping(authority: Authority, *, name: str = "localhost") -> None:
    """Ask a registry by TLS whose certificate is of that authority, for that name."""
    with serving(authority.context(authority.pair(name, server=True))) as api:
        api.on("GET /v2/", Reply())
        with RegistryClient(f"localhost:{api.url.rpartition(':')[2]}", insecure=False, timeout=5) as client:
            client.ping()


def test_what_the_environment_names_is_trusted_and_nothing_else(
    authorities: tuple[Authority, Authority], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another authority's certificate is refused, and so is one for another host; it counts what is named now."""
    known, stranger = authorities
    monkeypatch.setenv("SSL_CERT_FILE", str(known.file))

    ping(known)
    for wrong in (lambda: ping(stranger), lambda: ping(known, name="other.example")):
        with pytest.raises(RegistryError, match="certificate"):
            wrong()
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger.file))
    ping(stranger)


def test_what_is_trusted_is_read_once_and_not_without_tls(
    authorities: tuple[Authority, Authority], made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs more than most calls: a registry on loopback, which speaks plainly, needs none of it."""
    known, _ = authorities
    monkeypatch.setenv("SSL_CERT_FILE", str(known.file))

    with serving() as api:
        api.on("GET /v2/", Reply())
        with RegistryClient(f"localhost:{api.url.rpartition(':')[2]}") as client:
            client.ping()
    assert not made

    ping(known)
    ping(known)
    assert len(made) == 1
