"""What every test of the Kubernetes client may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from unit.backends.kubernetes.apiserver import Api, serving
from unit.backends.kubernetes.kubeconfig import client_of, kubeconfig

from cloudkit.backends.kubernetes import retrying, watching
from cloudkit.backends.kubernetes.client import Client


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pause for too short a time to be noticed, and begin with an environment that names no proxy."""
    monkeypatch.setattr(retrying, "SLOWEST", 0.01)
    monkeypatch.setattr(watching, "AGAIN", 0.02)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def api() -> Iterator[Api]:
    """A server that answers as the test says."""
    with serving() as running:
        yield running


@pytest.fixture
def client(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of that server."""
    made = client_of(kubeconfig(tmp_path_factory.mktemp("kube"), api.url))
    yield made
    made.close()
