"""What is asked of the API server: no more than there is a reason to, and what may not be seen is left out."""

from __future__ import annotations

import time
from typing import Any

import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, Stream, failure, item, listing
from unit.backends.kubernetes.causes.patients import app, ended, stamp, waiting

from cloudkit.backends.kubernetes.causes import find_cause, inside
from cloudkit.backends.kubernetes.client import Client
from cloudkit.model.cause import CauseCode

SPACE = "default"
DEPLOYMENT = f"GET /apis/apps/v1/namespaces/{SPACE}/deployments/web"
SETS = f"GET /apis/apps/v1/namespaces/{SPACE}/replicasets"
PODS = f"GET /api/v1/namespaces/{SPACE}/pods"
EVENTS = f"GET /api/v1/namespaces/{SPACE}/events"
LOG = f"{PODS}/web-a/log"
FORBIDDEN = failure(403, "Forbidden", "no")


def deployment(**more: Any) -> Reply:
    """Return an app's Deployment."""
    described = {"metadata": {"name": "web", "uid": "d", "generation": 2}, "status": {"observedGeneration": 2}, **more}
    return Reply(body=described)


def pod(name: str, *statuses: dict[str, Any], revision: int = 1, node: str = "node1", **status: Any) -> dict[str, Any]:
    """Return a pod of a revision."""
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "annotations": {"cloudkit/revision": str(revision)},
            "creationTimestamp": stamp(),
        },
        "spec": {"nodeName": node} if node else {},
        "status": {"phase": "Pending", "containerStatuses": list(statuses), **status},
    }


@pytest.fixture
def api(api: Api) -> Api:
    """A server with an app of no pods."""
    api.on(DEPLOYMENT, deployment())
    api.on(SETS, listing())
    api.on(PODS, listing())
    api.on(EVENTS, listing())
    return api


def test_an_app_that_is_not_there_has_no_cause(client: Client, api: Api) -> None:
    """Nor is more asked of it."""
    api.on(DEPLOYMENT, failure(404, "NotFound"))

    assert find_cause(client, app(), 1) is None
    assert api.calls() == [DEPLOYMENT]


def test_an_app_whose_pods_are_ready_costs_three_calls(client: Client, api: Api) -> None:
    """Neither events nor nodes are asked for."""
    api.on(PODS, listing(pod("web-a", conditions=[{"type": "Ready", "status": "True"}])))

    assert find_cause(client, app(), 1) is None
    assert sorted(api.calls()) == sorted([DEPLOYMENT, SETS, PODS])


def test_pods_of_another_revision_and_those_that_end_are_not_looked_at(client: Client, api: Api) -> None:
    """What the old revision does is no reason for the new one."""
    missing = waiting("ErrImagePull", "manifest unknown")
    going = pod("web-b", missing)
    going["metadata"]["deletionTimestamp"] = stamp(5)
    api.on(PODS, listing(pod("web-a", missing, revision=1), going))

    assert find_cause(client, app(), 2) is None
    assert find_cause(client, app(replicas=1), 1) is not None


def test_what_may_not_be_seen_is_left_out(client: Client, api: Api) -> None:
    """With rights on the app's own objects alone, the cause is found all the same."""
    for request in (EVENTS, LOG, "GET /api/v1/nodes/node1"):
        api.on(request, FORBIDDEN)
    api.on(PODS, listing(pod("web-a", waiting("CrashLoopBackOff", restarts=4, before=ended(3)))))

    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.CRASH_LOOP, True)
    assert cause.evidence == ("exit code 3",)


def test_the_last_lines_are_those_of_the_life_before(client: Client, api: Api) -> None:
    """A container that waits to be started again has a previous life and no present one."""
    api.on(LOG, Stream([b"one\ntw", b"o\n", b"x" * 10_000 + b"\nlast \x1b[2J"]))
    api.on(PODS, listing(pod("web-a", waiting("CrashLoopBackOff", restarts=4, before=ended(3)))))

    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert cause.evidence[1:3] == ("one", "two")
    assert cause.evidence[-1] == r"last \x1b[2J"
    assert [asked.query["previous"] for asked in api.asked if asked.path.endswith("/log")] == ["true"]


def test_a_present_life_is_read_where_the_one_before_is_gone(client: Client, api: Api) -> None:
    """It was started again between two questions."""
    api.on(LOG, failure(400, "BadRequest", "previous terminated container not found"), Stream([b"words\n"]))
    api.on(PODS, listing(pod("web-a", waiting("CrashLoopBackOff", restarts=4, before=ended(3)))))

    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert cause.evidence[-1] == "words"


@pytest.mark.parametrize(
    ("answer", "certain"), [(failure(404, "NotFound"), True), (Reply(body=item("db")), False), (FORBIDDEN, False)]
)
def test_a_secret_that_is_missed_is_looked_for(client: Client, api: Api, answer: Reply, *, certain: bool) -> None:
    """It is certain only when the API server says that there is none."""
    api.on(PODS, listing(pod("web-a", waiting("CreateContainerConfigError", 'secret "db" not found'))))
    api.on(f"GET /api/v1/namespaces/{SPACE}/secrets/db", answer)

    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.SECRET_MISSING, certain)


def test_what_is_free_on_each_node_is_counted(client: Client, api: Api) -> None:
    """All pods of all namespaces count that have not ended, those before the app by the largest of them."""
    words = "0/1 nodes are available: 1 Insufficient cpu."
    unplaced = {"type": "PodScheduled", "status": "False", "message": words}
    big = pod("web-a", node="", conditions=[unplaced])
    big["spec"]["containers"] = [{"name": "app", "resources": {"requests": {"cpu": "1500m"}}}]
    other = pod("other", phase="Running")
    other["spec"]["containers"] = [{"name": "a", "resources": {"requests": {"cpu": "300m"}}}, {"name": "b"}]
    other["spec"]["initContainers"] = [{"name": "c", "resources": {"requests": {"cpu": "700m"}}}]
    over = pod("over", phase="Succeeded")
    over["spec"]["containers"] = [{"name": "a", "resources": {"requests": {"cpu": "1"}}}]
    node = item("node1", status={"allocatable": {"cpu": "2", "memory": "8Gi"}})
    api.on(PODS, listing(big))
    api.on("GET /api/v1/nodes", listing(node))
    api.on("GET /api/v1/pods", listing(other, over))

    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, False)
    assert "it asks for 1.5 cores and the largest node has 1.3 cores free of 2 cores" in cause.summary


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ([{"type": "ReplicaFailure", "status": "True", "message": "x is forbidden: exceeded"}], CauseCode.NOT_ALLOWED),
        ([{"type": "ReplicaFailure", "status": "False", "message": "x is forbidden: exceeded"}], None),
        ([], None),
    ],
)
def test_pods_that_are_not_made_are_told_by_their_replica_set(
    client: Client, api: Api, conditions: list[dict[str, str]], code: CauseCode | None
) -> None:
    """The one of the revision, as long as it still fails."""
    template = {"metadata": {"annotations": {"cloudkit/revision": "1"}}}
    api.on(SETS, listing(item("web-1", spec={"template": template}, status={"conditions": conditions})))

    cause = find_cause(client, app(), 1)

    assert (cause and cause.code) == code


@pytest.mark.parametrize(
    ("reason", "code"),
    [("ProgressDeadlineExceeded", CauseCode.DEADLINE), ("ReplicaSetCreateError", CauseCode.NOT_ALLOWED)],
)
def test_a_rollout_that_does_not_go_on_is_told_by_its_deployment(
    client: Client, api: Api, reason: str, code: CauseCode
) -> None:
    """It is past its deadline, or no ReplicaSet of the revision may be made."""
    message = "x is forbidden: exceeded"
    condition = {"type": "Progressing", "status": "False", "reason": reason, "message": message}
    api.on(DEPLOYMENT, deployment(status={"observedGeneration": 2, "conditions": [condition]}))

    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert cause.code is code


def test_a_deadline_of_the_generation_before_is_not_held_against_this_one(client: Client, api: Api) -> None:
    """The controller has not looked at the new one yet; since when is told by who wrote the spec."""
    condition = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    fields = [{"time": stamp(0)}, {"time": stamp(99), "subresource": "status"}]
    changed = {"name": "web", "generation": 3, "managedFields": fields}
    api.on(DEPLOYMENT, deployment(metadata=changed, status={"observedGeneration": 2, "conditions": [condition]}))

    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert "no controller has acted on it for" in cause.summary


def test_a_node_that_hangs_is_not_waited_for(client: Client, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that does not come in time is left out: the cause is told without it."""
    monkeypatch.setattr(inside, "PATIENCE", 0.2)
    api.on(LOG, Stream([b"words"], end="hang"))
    api.on(PODS, listing(pod("web-a", waiting("CrashLoopBackOff", restarts=4, before=ended(3)))))

    started = time.monotonic()
    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert cause.evidence == ("exit code 3",)
    assert time.monotonic() - started < 5


def test_a_node_that_is_not_ready_is_not_asked_for_a_log(client: Client, api: Api) -> None:
    """Its kubelet would not answer."""
    running = {"name": "app", "state": {"running": {"startedAt": stamp()}}}
    api.on("GET /api/v1/nodes/node1", Reply(body=item("node1")))
    api.on(PODS, listing(pod("web-a", running)))

    cause = find_cause(client, app(), 1)

    assert cause is not None
    assert cause.code is CauseCode.NODE_LOST
    assert LOG not in api.calls()
