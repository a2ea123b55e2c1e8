"""Looking at all apps takes as many calls as looking at one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from unit.backends.kubernetes import apiserver
from unit.backends.kubernetes.apiserver import Api, Reply, failure
from unit.backends.kubernetes.served import node, pod, served

from cloudkit.backends.kubernetes.backend import KubernetesBackend
from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.labels import NAME
from cloudkit.engine.connect import Engine
from cloudkit.errors import NotFoundError
from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port
from cloudkit.model.reference import Reference

IMAGE = Reference.parse(f"registry.example/web:1@sha256:{'ab' * 32}")
LISTS = (
    "GET /api/v1/namespaces/default/pods",
    "GET /api/v1/namespaces/default/services",
    "GET /apis/apps/v1/namespaces/default/deployments",
    "GET /apis/apps/v1/namespaces/default/daemonsets",
    "GET /apis/apps/v1/namespaces/default/statefulsets",
    "GET /apis/batch/v1/namespaces/default/cronjobs",
)
NODES = "GET /api/v1/nodes"
SPACE = "GET /api/v1/namespaces/default"


def no_engine() -> Engine:
    """Stand for an engine that nobody needs."""
    raise AssertionError("an engine was asked")


def listing(objects: Iterable[msgspec.Struct]) -> Reply:
    """Return a list's one page."""
    return apiserver.listing(*(msgspec.to_builtins(one) for one in objects))


@pytest.mark.parametrize("publish", [None, 30080])
@pytest.mark.parametrize("number", [1, 30])
def test_all_apps_take_six_lists_and_the_nodes_where_a_port_is_published(
    api: Api, client: Client, number: int, publish: int | None
) -> None:
    """However many apps there are; no app costs a call of its own."""
    ports = (Port(number=3000, publish=publish),)
    apps = [served(AppSpec(name=f"web-{one}", image=IMAGE, ports=ports)) for one in range(number)]
    pods = [pod(f"{one}-0", metadata={"labels": {NAME: one}}) for one in (app.owner.metadata.name for app in apps)]
    api.on(LISTS[0], listing(pods))
    api.on(LISTS[1], listing(service for app in apps for service in app.services))
    api.on(LISTS[2], listing(app.owner for app in apps))
    for request in LISTS[3:]:
        api.on(request, listing(()))
    api.on(NODES, listing([node("node-1", "10.0.0.1")]))

    found = KubernetesBackend(client, connect=no_engine).apps()

    assert sorted(api.calls()) == sorted((*LISTS, NODES) if publish else LISTS)
    assert [state.name for state in found] == sorted(app.owner.metadata.name for app in apps)
    assert all(len(state.replicas) == 1 for state in found)


@pytest.mark.parametrize("answer", [Reply(body={"metadata": {"name": "default"}}), failure(403, "Forbidden")])
def test_no_apps_are_none_in_a_namespace_that_is_there(api: Api, client: Client, answer: Reply) -> None:
    """Who may not look at namespaces is believed that theirs is there."""
    for request in LISTS:
        api.on(request, listing(()))
    api.on(SPACE, answer)

    found = KubernetesBackend(client, connect=no_engine).apps()

    assert found == ()


def test_no_apps_are_an_error_in_a_namespace_that_is_not_there(api: Api, client: Client) -> None:
    """An API server lists nothing for a name that is mistyped; an empty table would hide that."""
    for request in LISTS:
        api.on(request, listing(()))
    api.on(SPACE, failure(404, "NotFound"))

    with pytest.raises(NotFoundError, match="there is no Kubernetes namespace 'default'"):
        KubernetesBackend(client, connect=no_engine).apps()
