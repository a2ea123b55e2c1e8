"""A session that looks again and again answers from memory, on a real API server, and is never behind itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from kubernetes import client
from testbed.cluster.given import Given

from cloudkit.app import App
from cloudkit.cloud import Cloud

pytestmark = pytest.mark.kubernetes


def followers() -> list[threading.Thread]:
    """Return the threads that follow collections."""
    return [one for one in threading.enumerate() if one.name.startswith("informer")]


def until(holds: Callable[[], object], *, seconds: float = 60) -> None:
    """Look again and again until it holds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.1)


def seen(cloud: Cloud) -> dict[str, tuple[int, int, int]]:
    """Return what a look tells of each app: generation, wanted, ready."""
    return {state.name: (state.generation, state.desired, state.ready) for state in cloud.apps()}


@pytest.mark.usefixtures("web")
def test_each_look_has_what_was_done_before_it(cloud: Cloud) -> None:
    """After each verb the next look knows its generation, and what the verb has waited for."""
    seen(cloud)
    assert seen(cloud) == {"web": (1, 2, 2)}
    assert followers()

    for replicas in (3, 1):
        state = cloud.app("web").scale(replicas).status()
        assert seen(cloud)["web"][:2] == (state.generation, replicas)
        assert seen(cloud)["web"][2] == replicas
    cloud.app("web").delete()
    assert seen(cloud) == {}


def test_what_others_do_comes_by_itself(cloud: Cloud, web: App, api: Any, space: str) -> None:
    """A look that follows another's change has it soon, by the same memory."""
    seen(cloud)
    seen(cloud)
    before = followers()

    client.AppsV1Api(api).patch_namespaced_deployment_scale("web", space, {"spec": {"replicas": 3}})

    until(lambda: len(web.status().replicas) == 3)
    until(lambda: [len(state.replicas) for state in cloud.apps()] == [3])
    assert followers() == before


def test_close_ends_it(cluster: Given, space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread is left, and none was begun by one look."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with Cloud("kubernetes", namespace=space) as cloud:
        seen(cloud)
        assert not followers()
        seen(cloud)
        assert followers()

    assert not followers()
