"""A sight of an app holds threads and connections for as long as it lasts, and no longer."""

from __future__ import annotations

import threading
import time

import pytest
from unit.backends.kubernetes.apiserver import Api, Stream, failure, listing

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.sight import Sight
from cloudkit.errors import AccessError

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def watches() -> list[threading.Thread]:
    """Return the threads that follow a collection."""
    return [one for one in threading.enumerate() if one.name.startswith("watch ")]


def test_a_sight_that_never_began_leaves_no_watch(api: Api, client: Client) -> None:
    """The Deployment may be seen, and is followed already; the pods may not."""
    api.on(f"GET {DEPLOYMENTS}", listing())
    api.on(f"WATCH {DEPLOYMENTS}", Stream(end="hang"))
    api.on("GET /api/v1/namespaces/default/pods", failure(403, "Forbidden"))

    with pytest.raises(AccessError), Sight(client, "web"):
        pass

    ends = time.monotonic() + 5
    while watches() and time.monotonic() < ends:
        time.sleep(0.02)
    assert watches() == []
