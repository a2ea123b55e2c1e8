"""Of all that is known of an app, what is certain is said first; what passes is said as that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.backends.kubernetes.causes.patients import app, cause_of, ended, facts_of, happening, pod, waiting

from cloudkit.backends.kubernetes.causes import Facts, diagnose
from cloudkit.backends.kubernetes.causes.surroundings import node_facts
from cloudkit.backends.kubernetes.objects import Node
from cloudkit.model.cause import CauseCode

UNREACHABLE = waiting("ErrImagePull", "dial tcp 10.0.0.9:443: connect: connection refused")
MISSING = waiting("ErrImagePull", "manifest unknown")
LOW = "The node was low on resource: {}. Threshold quantity: 1, available: 0."


def test_a_certain_cause_outweighs_one_that_may_pass() -> None:
    """Of several pods, the one that cannot recover decides."""
    pods = tuple(facts_of(pod(status)) for status in (UNREACHABLE, MISSING))

    cause = diagnose(app(replicas=2), Facts(namespace="shop", pods=pods))

    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.IMAGE_MISSING, True)


def test_what_is_ready_or_stopped_has_no_cause() -> None:
    """A pod more than wanted may fail as it likes, and a stop is no crash."""
    facts = Facts(namespace="shop", pods=(facts_of(pod(MISSING)),), ready=1)

    assert diagnose(app(replicas=1), facts) is None
    assert diagnose(app(replicas=2, stopped=True), facts) is None


def test_a_rollout_past_its_deadline_is_certain() -> None:
    """Whatever is known of why, and also when nothing is."""
    known = Facts(namespace="shop", pods=(facts_of(pod(UNREACHABLE)),), overdue=True)

    why, nothing = diagnose(app(), known), diagnose(app(), replace(known, pods=()))

    assert why is not None
    assert nothing is not None
    assert (why.code, why.certain) == (CauseCode.REGISTRY_UNREACHABLE, True)
    assert (nothing.code, nothing.certain) == (CauseCode.DEADLINE, True)
    assert "no progress for 300 s" in nothing.evidence


@pytest.mark.parametrize(("seconds", "said"), [(3.0, False), (30.0, True)])
def test_a_change_that_no_controller_acts_on_is_told_after_a_while(seconds: float, *, said: bool) -> None:
    """It was accepted, and that alone."""
    cause = diagnose(app(), Facts(namespace="shop", unheard=seconds))

    assert (cause is not None) is said
    assert cause is None or "no controller has acted on it for 30 s" in cause.summary


def test_a_paused_rollout_says_how_it_goes_on() -> None:
    """Somebody else has paused it."""
    cause = diagnose(app(), Facts(namespace="shop", paused=True))

    assert cause is not None
    assert cause.fix == "kubectl rollout resume deployment web -n shop"


@pytest.mark.parametrize(
    ("conditions", "trouble"),
    [
        ([{"type": "Ready", "status": "True"}], ""),
        (
            [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped."}],
            "stop",
        ),
        ([], "has never said"),
    ],
)
def test_a_node_that_is_not_ready_is_the_cause(conditions: list[dict[str, str]], trouble: str) -> None:
    """Whatever its last word of the pod was."""
    node = msgspec.convert({"metadata": {"name": "node1"}, "status": {"conditions": conditions}}, Node)

    cause = cause_of(pod(UNREACHABLE), nodes=(node_facts(node, None),))

    assert (cause.code is CauseCode.NODE_LOST) is bool(trouble)
    assert trouble in " ".join(cause.evidence)


@pytest.mark.parametrize(
    ("reason", "message", "code", "said"),
    [
        ("Evicted", LOW.format("ephemeral-storage"), CauseCode.DISK_FULL, "whose disk is full"),
        ("Evicted", LOW.format("memory"), CauseCode.EVICTED, "which ran out of memory"),
        (
            "Evicted",
            'Usage of EmptyDir volume "scratch" exceeds the limit "1Mi". ',
            CauseCode.EVICTED,
            "more than the 1Mi of volume 'scratch'",
        ),
        (
            "Evicted",
            "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.",
            CauseCode.EVICTED,
            "more disk than its limit",
        ),
        ("NodeLost", "Node node1 which was running pod web is unresponsive", CauseCode.NODE_LOST, "was lost with node"),
        ("OutOfcpu", "Node didn't have enough resource: cpu", CauseCode.UNSCHEDULABLE, "was not taken by node node1"),
        ("Strange", "", CauseCode.UNKNOWN, "was ended by the cluster: Strange"),
    ],
)
def test_a_pod_that_the_cluster_ended_says_why(reason: str, message: str, code: CauseCode, said: str) -> None:
    """Another takes its place, so that it is not certain at once."""
    cause = cause_of(pod(phase="Failed", reason=reason, message=message))

    assert (cause.code, cause.certain) == (code, False)
    assert said in cause.summary


def test_a_pod_evicted_for_its_own_doing_again_and_again_is_certain() -> None:
    """The third time, the next one will be, too."""
    message = 'Usage of EmptyDir volume "scratch" exceeds the limit "1Mi". '
    pods = tuple(facts_of(pod(phase="Failed", reason="Evicted", message=message, name=f"web-{n}")) for n in range(3))

    cause = diagnose(app(), Facts(namespace="shop", pods=pods))

    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.EVICTED, True)


def test_a_restart_by_hand_of_a_running_pod_is_forgotten() -> None:
    """An end of long ago says nothing of a pod that is not ready now."""
    running = {"name": "app", "restartCount": 5, "state": {"running": {"startedAt": "2026-03-01T12:00:00Z"}}}
    before = {"lastState": {"terminated": ended(1)}}

    old = facts_of(pod({**running, **before}))
    young = replace(old, age=2.0)

    assert diagnose(app(), Facts(namespace="shop", pods=(old,))) is None
    found = diagnose(app(), Facts(namespace="shop", pods=(young,)))
    assert found is not None
    assert (found.code, found.certain) == (CauseCode.CRASH_LOOP, True)


WORDS = st.text() | st.sampled_from(
    ["0/1 nodes are available: ", "exceeded quota: a, requested: b=1, used: , limited: "]
)
REASONS = st.sampled_from(
    ["ErrImagePull", "CreateContainerError", "CreateContainerConfigError", "CrashLoopBackOff", "ContainerCreating", "x"]
)


@given(REASONS, WORDS, WORDS, st.sampled_from(["Unhealthy", "FailedMount", "Killing", "Failed"]), st.integers(0, 255))
def test_any_words_are_read_without_an_error(reason: str, words: str, told: str, kind: str, code: int) -> None:
    """What nodes, runtimes and webhooks say is theirs to choose; it is bounded and steers no terminal."""
    unplaced = {"type": "PodScheduled", "status": "False", "message": words}
    status = waiting(reason, words, restarts=3, before=ended(code, words[:20], told))
    shapes: list[Any] = [
        pod(status),
        pod(node="", conditions=[unplaced]),
        pod(phase="Failed", reason=told, message=words),
    ]

    for one in shapes:
        facts = Facts(namespace="shop", pods=(facts_of(one, happening(kind, told)),), refused=words)
        found = diagnose(app(), facts)

        assert found is None or all(len(line) <= 300 and "\x1b" not in line for line in found.evidence)
