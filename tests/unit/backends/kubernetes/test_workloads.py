"""Workloads of all kinds are listed at once; a kind that one may not list is left out and named."""

from __future__ import annotations

from typing import Any

from unit.backends.kubernetes.apiserver import Api, failure, listing

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.workloads.listing import list_workloads
from cloudkit.backends.kubernetes.workloads.objects import KINDS
from cloudkit.model.progress import Progress, silent

SPEC = {"replicas": 1, "template": {"spec": {"containers": [{"name": "main", "image": "web:1"}]}}}


def thing(name: str, *, maker: tuple[str, str] | None = None, **rest: Any) -> dict[str, Any]:
    """Return an object, made by another where ``maker`` says its kind and name."""
    owner = [{"kind": maker[0], "name": maker[1], "uid": f"uid-{maker[1]}", "controller": True}] if maker else []
    return {"metadata": {"name": name, "uid": f"uid-{name}", "ownerReferences": owner}, "spec": SPEC, **rest}


def serve(api: Api, **found: list[dict[str, Any]]) -> None:
    """Answer each list; those that are not given are empty."""
    for resource in (*KINDS, "pods"):
        api.on(f"GET {object_path(resource, 'default')}", listing(*found.get(resource, ())))


def test_what_a_listed_object_has_made_is_no_row(api: Api, client: Client) -> None:
    """From the pod to its ReplicaSet to its Deployment."""
    serve(
        api,
        deployments=[thing("web")],
        replicasets=[thing("web-1", maker=("Deployment", "web"))],
        pods=[thing("web-1-a", maker=("ReplicaSet", "web-1"))],
    )

    assert [(row.kind, row.name) for row in list_workloads(client, silent)] == [("deployment", "web")]


def test_what_an_unknown_kind_has_made_is_a_row_that_names_it(api: Api, client: Client) -> None:
    """Nothing that runs is hidden, as nobody else would show it."""
    serve(api, replicasets=[thing("web-1", maker=("Rollout", "web"))])

    (row,) = list_workloads(client, silent)

    assert (row.kind, row.name, row.owner) == ("replicaset", "web-1", "Rollout web")


def test_a_job_of_ours_is_a_row_and_what_it_is_made_from_is_none(api: Api, client: Client) -> None:
    """That never runs; another's CronJob is shown, whatever its schedule is."""
    never, ours = {"schedule": "0 0 30 2 *", "suspend": True}, {"app.kubernetes.io/managed-by": "cloudkit"}
    load, theirs = thing("load") | {"spec": never}, thing("theirs") | {"spec": never}
    load["metadata"]["labels"] = ours
    run = thing("load-1") | {"spec": {"completions": 2, "template": SPEC["template"]}, "status": {"succeeded": 2}}
    run["metadata"]["labels"] = ours
    serve(api, cronjobs=[load, theirs], jobs=[run])

    rows = list_workloads(client, silent)

    assert [(row.kind, row.name, row.owner, row.ready, row.wanted) for row in rows] == [
        ("cronjob", "theirs", "", 0, 0),
        ("job", "load-1", "cloudkit", 2, 2),
    ]


def test_a_kind_that_one_may_not_list_is_left_out_and_named(api: Api, client: Client) -> None:
    """The others are there."""
    serve(api, deployments=[thing("web")])
    api.on(f"GET {object_path('cronjobs', 'default')}", failure(403, "Forbidden"))
    told: list[Progress] = []

    rows = list_workloads(client, told.append)

    assert [row.name for row in rows] == ["web"]
    assert [event.item for event in told] == ["cronjobs"]


def test_each_kind_is_asked_for_once(api: Api, client: Client) -> None:
    """However many things there are."""
    serve(api, deployments=[thing(f"web-{number}") for number in range(20)])

    assert len(list_workloads(client, silent)) == 20
    assert len(api.calls()) == len(KINDS) + 1
