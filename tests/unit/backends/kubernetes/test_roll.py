"""A wait over an app that changes from one look to the next, with no cluster behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from cloudkit.backends.kubernetes import roll as rolling
from cloudkit.backends.kubernetes.labels import GENERATION
from cloudkit.backends.kubernetes.objects import Condition, Metadata, Pod, Workload, WorkloadStatus
from cloudkit.backends.kubernetes.roll import Roll
from cloudkit.backends.rolling import NotReady
from cloudkit.errors import BackendError, ConflictError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import Phase, Progress, silent
from cloudkit.model.reference import Reference
from cloudkit.model.rollout import Rollout
from cloudkit.model.state import AppState, Replica, ReplicaPhase

IMAGE = Reference.parse("web:1")
SPEC = AppSpec(name="web", image=IMAGE, replicas=2)
CRASHES = Cause(code=CauseCode.CRASH_LOOP, summary="it ends", certain=True)
SLOW = Cause(code=CauseCode.PROBE_FAILING, summary="its probe fails", certain=False)
GAVE_UP = Condition(type="Progressing", status="False", reason="ProgressDeadlineExceeded")
READY, STARTING, CRASHED = ReplicaPhase.READY, ReplicaPhase.STARTING, ReplicaPhase.CRASHED


def state(*phases: ReplicaPhase, spec: AppSpec = SPEC, old: int = 0) -> AppState:
    """An app with replicas of its present revision, and some of the one before that are ending."""
    rows = [(phase, 2) for phase in phases] + [(ReplicaPhase.DRAINING, 1)] * old
    replicas = tuple(
        Replica(name=f"web-{index}", id=str(index), revision=revision, phase=phase, image=IMAGE)
        for index, (phase, revision) in enumerate(rows)
    )
    return AppState(spec=spec, generation=3, revision=2, replicas=replicas, observed_at=datetime.now(UTC))


@dataclass
class Looks:
    """What is seen one look after the other; the last one stays."""

    states: list[AppState]
    generation: int = 3
    observed: list[int] = field(default_factory=lambda: [1])
    conditions: list[tuple[Condition, ...]] = field(default_factory=lambda: [()])
    pods: tuple[Pod, ...] = ()
    waits: int = 0

    @property
    def owner(self) -> Workload:
        """The Deployment."""
        metadata = Metadata(name="web", generation=1, annotations={GENERATION: str(self.generation)})
        status = WorkloadStatus(observed_generation=self.observed[0], conditions=self.conditions[0])
        return Workload(metadata=metadata, status=status)

    def wait(self, _seconds: float) -> None:
        """Go on to the next look."""
        self.waits += 1
        for looks in (self.states, self.observed, self.conditions):
            if len(looks) > 1:
                looks.pop(0)
        assert self.waits < 1_000_000, "it waits for ever"


def run(
    looks: Looks,
    *,
    timeout: float | None = 30,
    diagnose: Callable[[], Cause | None] = lambda: None,
    listener: Callable[[Progress], None] = silent,
) -> None:
    """Wait over the looks."""
    roll = Roll(
        name="web",
        generation=3,
        state=lambda _deployment, _pods: looks.states[0],
        diagnose=lambda _state, _pods: diagnose(),
        listener=listener,
    )
    roll.run(looks, timeout=timeout)  # type: ignore[arg-type]  # a sight without a cluster


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "DIAGNOSE", 0.0)
    monkeypatch.setattr(rolling, "DIAGNOSE_ENDED", 0.0)


def test_a_wait_ends_when_all_is_as_wanted_and_nothing_else_is_left() -> None:
    """What happens on the way is told, and the end."""
    events: list[Progress] = []
    looks = Looks([state(STARTING, old=1), state(READY, STARTING), state(READY, READY, old=1), state(READY, READY)])

    run(looks, listener=events.append)

    assert [(event.current, event.done) for event in events] == [(0, False), (1, False), (2, False), (2, True)]


def test_what_the_controller_has_not_seen_yet_does_not_count() -> None:
    """Pods that fit are those of before."""
    looks = Looks([state(READY, READY)], observed=[0, 0, 1])

    run(looks)

    assert looks.waits == 2


def test_a_newer_generation_ends_the_wait() -> None:
    """Whoever made it has the say now."""
    with pytest.raises(ConflictError, match="changed by someone else"):
        run(Looks([state(STARTING)], generation=4))


def test_a_certain_cause_ends_the_wait_at_once() -> None:
    """Long before any deadline."""
    with pytest.raises(NotReady) as caught:
        run(Looks([state(CRASHED, STARTING)]), diagnose=lambda: CRASHES)

    assert caught.value.cause is CRASHES


def test_an_uncertain_cause_is_told_once_and_named_when_the_time_is_over() -> None:
    """Until then it may yet mend itself."""
    events: list[Progress] = []

    with pytest.raises(NotReady) as caught:
        run(Looks([state(CRASHED, STARTING)]), timeout=0.2, diagnose=lambda: SLOW, listener=events.append)

    assert caught.value.cause is SLOW
    assert [event.phase for event in events].count(Phase.NOTICE) == 1


def test_without_any_cause_the_time_itself_is_one() -> None:
    """The time given, or the spec's own without progress."""
    impatient = SPEC.replace(rollout=Rollout(deadline=1))

    for looks, timeout in ((Looks([state(STARTING)]), 0.1), (Looks([state(STARTING, spec=impatient)]), None)):
        with pytest.raises(NotReady) as caught:
            run(looks, timeout=timeout)
        assert caught.value.cause.code is CauseCode.DEADLINE


def test_what_only_waits_for_old_replicas_to_end_does_not_fail() -> None:
    """All that is wanted is there; the rest ends by itself."""
    run(Looks([state(READY, READY, old=1)]), timeout=0.1)


def test_a_controller_that_gives_up_ends_the_wait() -> None:
    """Unless it had given up before, on something else."""
    fresh = Looks([state(STARTING)], conditions=[(), (GAVE_UP,)])
    before = Looks([state(STARTING), state(STARTING), state(READY, READY)], conditions=[(GAVE_UP,)])

    with pytest.raises(NotReady) as caught:
        run(fresh)
    run(before)

    assert caught.value.cause.code is CauseCode.DEADLINE


def test_a_stop_waits_for_the_end_of_every_replica() -> None:
    """And asks for no cause meanwhile."""
    stopped = SPEC.replace(stopped=True)
    looks = Looks([state(READY, spec=stopped), state(old=1, spec=stopped), state(spec=stopped)])

    run(looks, diagnose=lambda: CRASHES)

    assert looks.waits == 2


def test_an_api_server_that_is_restarted_ends_no_wait() -> None:
    """Looking for a cause fails meanwhile, which says nothing of the app; a wait that is over ends by it."""
    events: list[Progress] = []
    looks = Looks([state(STARTING), state(STARTING), state(READY, READY)])

    def away() -> Cause | None:
        raise BackendError("nothing listens at the API server's address")

    run(looks, diagnose=away, listener=events.append)

    assert events[-1].done
    with pytest.raises(BackendError, match="nothing listens"):
        run(Looks([state(STARTING)]), timeout=0, diagnose=away)
