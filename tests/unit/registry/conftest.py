"""What every test of the registry client may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import tenacity
from unit.registry.peer import Peer, serving

from cloudkit.registry import exchange
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.credentials import Credential


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A server that answers as the test says."""
    with serving() as running:
        yield running


@pytest.fixture
def client(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistryClient]:
    """A client of that server, nobody's, with pauses too short to be noticed."""
    monkeypatch.setattr(exchange, "_BACK_OFF", tenacity.wait_fixed(0.01))
    with RegistryClient(peer.domain, credential=nobody, timeout=5) as made:
        yield made


def nobody(_domain: str) -> Credential | None:
    """Know no credentials."""
    return None
