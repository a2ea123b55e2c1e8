"""When it is time to act for an app, and when it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cloudkit.controller.need import ABANDONED, LOST, STEADY, Case, described, needed
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.reference import Reference
from cloudkit.model.state import AppState, Replica, ReplicaPhase

IMAGE = Reference.parse("web@sha256:" + "0" * 64)
START = Action(kind=ActionKind.START, object="replica")


def replica(name: str, phase: ReplicaPhase = ReplicaPhase.READY) -> Replica:
    """A replica of revision 1."""
    return Replica(name=name, id=name, revision=1, phase=phase, image=IMAGE)


def state(*replicas: Replica, generation: int = 1, **options: Any) -> AppState:
    """An app that wants two replicas."""
    spec = AppSpec(name="web", image=IMAGE, replicas=2, **options)
    return AppState(spec=spec, generation=generation, revision=1, replicas=replicas, observed_at=datetime.now(UTC))


WHOLE = state(replica("a"), replica("b"))
SHORT = state(replica("a"))


def seen(case: Case, what: AppState, now: float) -> bool:
    """Look, and tell whether it is time to act."""
    if case.look(what, now):
        case.lacks(what, (START,), now)
    return case.due(what, now)


def test_what_was_whole_is_healed_after_a_moment() -> None:
    """A restart by hand takes that long."""
    case = Case()

    assert not seen(case, WHOLE, 0)
    assert not seen(case, SHORT, 10)
    assert not seen(case, SHORT, 10 + LOST / 2)
    assert seen(case, SHORT, 10 + LOST)


def test_what_was_never_whole_may_be_in_the_hands_of_another_writer() -> None:
    """Until it has made no step for a while."""
    case = Case()

    assert not seen(case, state(replica("a")), 0)
    assert not seen(case, state(replica("c")), ABANDONED - 1)
    assert not seen(case, state(replica("c")), ABANDONED)
    assert seen(case, state(replica("c")), 2 * ABANDONED - 1)


def test_a_new_generation_is_another_writers() -> None:
    """Though the one before was whole."""
    case = Case()
    seen(case, WHOLE, 0)

    assert not seen(case, state(replica("a"), generation=2), 10)
    assert not seen(case, state(replica("a"), generation=2), 10 + LOST)
    assert seen(case, state(replica("a"), generation=2), 10 + ABANDONED)


def test_each_failure_doubles_the_time_to_the_next_attempt() -> None:
    """To five minutes at the most, so that a crash loop is made no worse."""
    case, waits = Case(), []
    for _ in range(8):
        case.begun()
        case.ended(0.0, failed=True)
        waits.append(case.rests)

    assert waits == [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]


def test_what_is_steady_begins_anew() -> None:
    """And what is told of it next is news again."""
    case = Case()
    case.begun()
    case.ended(0.0, failed=True)
    assert (case.news("why"), case.news("why")) == (True, False)

    seen(case, WHOLE, 100)
    seen(case, WHOLE, 100 + STEADY)

    assert case.attempts == 0
    assert case.news("why")


def test_nothing_is_done_while_it_is_being_healed() -> None:
    """One hand at a time."""
    case = Case()
    seen(case, WHOLE, 0)
    seen(case, SHORT, 1)
    case.begun()

    assert not case.due(SHORT, 100)


def test_what_is_not_to_be_restarted_stays_ended() -> None:
    """A lost one comes back all the same."""
    ended = replica("b", ReplicaPhase.CRASHED)
    again = Action(kind=ActionKind.START, object="replica", name="b")

    def steps(restart: str, *actions: Action) -> tuple[Action, ...]:
        what = state(replica("a"), ended, restart=restart)
        return needed(plan(*actions), what)

    assert steps("never", again) == ()
    assert steps("always", again) == (again,)
    assert steps("never", START) == (START,)


def test_one_that_was_left_draining_is_put_back() -> None:
    """Whoever drained it was killed; nothing else is wrong with it."""
    what = state(replica("a"), replica("b", ReplicaPhase.DRAINING))

    assert [(one.object, one.name) for one in needed(plan(), what)] == [("balancer", "b")]


def test_steps_are_told_in_words() -> None:
    """With why."""
    assert described([START, START], ["web-1-x7k4m"]) == "2 x start replica, as web-1-x7k4m failed"


def plan(*actions: Action) -> Plan:
    """A plan of these steps."""
    spec = WHOLE.spec
    return Plan(app="web", backend="memory", generation=1, before=spec, after=spec, actions=actions)
