"""A sight of an app holds threads and connections for as long as it lasts, and no longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Never
from unittest import mock

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


def test_whatever_ends_a_watch_is_told_to_who_waits(api: Api, client: Client) -> None:
    """Also what is no error of ours: else the wait would go on over a state that nobody renews."""
    api.on(f"GET {DEPLOYMENTS}", listing())
    api.on("GET /api/v1/namespaces/default/pods", listing())
    api.on(f"WATCH {DEPLOYMENTS}", Stream(end="hang"))
    api.on("WATCH /api/v1/namespaces/default/pods", Stream(end="hang"))

    def broken(*_args: object, **_more: object) -> Iterator[Never]:
        raise ZeroDivisionError("a defect")
        yield

    with mock.patch.object(type(client), "watch", broken), Sight(client, "web") as sight:
        sight.wait(5)
        with pytest.raises(ZeroDivisionError, match="a defect"):
            _ = (sight.owner, sight.pods)
