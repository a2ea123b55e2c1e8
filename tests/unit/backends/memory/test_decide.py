"""The plan of the twin, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cloudkit.backends.memory.decide import decide
from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret
from cloudkit.model.state import Replica, ReplicaPhase

IMAGE = Reference.parse(f"web:1@sha256:{'0' * 64}")
WEB = AppSpec(name="web", image=IMAGE, replicas=2)
READY, STOPPED = ReplicaPhase.READY, ReplicaPhase.STOPPED


def replica(name: str, phase: ReplicaPhase = READY, revision: int = 1) -> Replica:
    """Return a replica of ``web``."""
    return Replica(name=name, id=name, revision=revision, phase=phase, image=IMAGE)


BOTH = (replica("a"), replica("b"))


@pytest.mark.parametrize(
    ("wanted", "before", "revision", "there", "expected"),
    [
        pytest.param(WEB, WEB, 1, BOTH, [], id="all as wanted"),
        pytest.param(WEB, None, 1, (), ["record revision web", "create replica", "create replica"], id="nothing there"),
        pytest.param(WEB, WEB, 1, BOTH[:1], ["create replica"], id="one was lost"),
        pytest.param(WEB, WEB, 1, (replica("a"), replica("b", STOPPED)), ["start replica b"], id="one was stopped"),
        pytest.param(
            WEB, WEB, 1, (*BOTH, replica("c", ReplicaPhase.DRAINING)), ["remove replica c"], id="one was being drained"
        ),
        pytest.param(
            WEB, WEB, 2, BOTH, ["replace replica a", "replace replica b"], id="interrupted before the first new one"
        ),
        pytest.param(
            WEB.replace(replicas=1), WEB, 1, BOTH, ["record revision web", "remove replica b"], id="the youngest goes"
        ),
        pytest.param(
            WEB.replace(replicas=1),
            WEB,
            1,
            (replica("a", ReplicaPhase.UNREADY), replica("b")),
            ["record revision web", "remove replica a"],
            id="who serves nobody goes first",
        ),
        pytest.param(
            WEB.replace(stopped=True),
            WEB,
            1,
            BOTH,
            ["record revision web", "stop replica a", "stop replica b"],
            id="stopped",
        ),
        pytest.param(
            WEB.replace(ports=(Port(number=80, publish=8080),)),
            WEB.replace(ports=(Port(number=80),)),
            1,
            BOTH,
            ["record revision web", "update balancer web"],
            id="published",
        ),
        pytest.param(
            WEB.replace(restart="never"),
            WEB.replace(restart="never"),
            1,
            (replica("a"), replica("b", ReplicaPhase.CRASHED)),
            ["start replica b"],
            id="nobody else restarts it",
        ),
        pytest.param(WEB, WEB, 1, (replica("a"), replica("b", ReplicaPhase.CRASHED)), [], id="the engine restarts it"),
    ],
)
def test_a_plan_is_the_way_from_what_is_there(
    wanted: AppSpec, before: AppSpec | None, revision: int, there: Sequence[Replica], expected: list[str]
) -> None:
    """Its steps are what is missing, no more."""
    actions = decide(wanted, before, revision, there)

    assert [" ".join(filter(None, (one.kind, one.object, one.name))) for one in actions] == expected


def test_a_plan_names_what_changes_and_no_value() -> None:
    """A secret's variable is told of, its value never."""
    wanted = WEB.replace(env={"TOKEN": Secret("hunter2")})

    text = repr(decide(wanted, WEB, 2, BOTH))

    assert "env" in text
    assert "hunter2" not in text
