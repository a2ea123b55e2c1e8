"""A roll over engines that change from one look to the next, with nobody in front of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from unit.backends.docker.listing import IMAGE, app, observation, record, replica

from cloudkit.backends.docker.networks import Network
from cloudkit.backends.docker.observe import Observation
from cloudkit.backends.docker.replicas import Replicas
from cloudkit.backends.docker.roll import Roll
from cloudkit.backends.docker.traffic import Direct
from cloudkit.backends.rolling import NotReady
from cloudkit.errors import ConflictError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import silent
from cloudkit.model.rollout import Rollout

CRASHES = Cause(code=CauseCode.CRASH_LOOP, summary="it ends", certain=True)


class Removals:
    """An engine that is asked to remove, and nothing else."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    def stop(self, container: str, **_options: object) -> None:
        """Take note of nothing: it is removed next."""

    def remove_container(self, container: str, **_options: object) -> None:
        """Take note."""
        self.removed.append(container)


def roll(
    looks: Iterable[Observation],
    spec: AppSpec | None = None,
    *,
    api: Any = None,
    diagnose: Callable[[Observation], Cause | None] = lambda _seen: None,
) -> Roll:
    """A roll to revision 1, generation 1, that sees these one after the other, the last one for ever."""
    seen = iter(looks)
    last = [Observation()]

    def observe() -> Observation:
        last[0] = next(seen, last[0])
        return last[0]

    network = Network("ns", "10.0.0.0/24")
    return Roll(
        spec=spec or app(),
        revision=1,
        generation=1,
        observe=observe,
        diagnose=diagnose,
        replicas=Replicas(api=api, namespace="ns", network=network, others=(), image=str(IMAGE)),
        traffic=Direct(),
        listener=silent,
    )


def test_a_worker_that_ends_again_and_again_is_not_ready_in_between() -> None:
    """Only an unbroken time of running counts, however often it is seen to run."""
    up, down = replica("web-1-a"), replica("web-1-a", state="restarting", code=3)
    looks = (observation(record(1), one) for one in itertools.cycle([up, up, up, down]))

    with pytest.raises(NotReady, match="not ready in time"):
        roll(looks).run(wait=True, timeout=3)


def test_a_worker_that_runs_on_is_ready() -> None:
    """After a moment, as nothing else is known of it."""
    roll([observation(record(1), replica("web-1-a"))]).run(wait=True, timeout=30)


def test_the_end_of_the_time_given_is_told_as_such() -> None:
    """And not as the app's own deadline."""
    looks = [observation(record(1), replica("web-1-a", state="restarting", code=3))]

    with pytest.raises(NotReady) as caught:
        roll(looks).run(wait=True, timeout=0.1)

    assert caught.value.cause.code is CauseCode.DEADLINE
    assert caught.value.cause.evidence == ("the time given is over",)


def test_no_progress_within_the_deadline_is_told_as_such() -> None:
    """With how long that was."""
    spec = app(rollout=Rollout(deadline=1))
    looks = [observation(record(1, spec=spec), replica("web-1-a", state="restarting", code=3))]

    with pytest.raises(NotReady) as caught:
        roll(looks, spec).run(wait=True, timeout=None)

    assert caught.value.cause.evidence == ("no progress for 1 s",)


def test_a_certain_cause_ends_the_roll() -> None:
    """Long before any deadline."""
    looks = [observation(record(1), replica("web-1-a", state="restarting", code=3))]

    with pytest.raises(NotReady) as caught:
        roll(looks, diagnose=lambda _seen: CRASHES).run(wait=True, timeout=60)

    assert caught.value.cause is CRASHES


def test_a_roll_that_is_all_but_done_is_finished_though_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is wanted is ready: what is left of the old revision goes, and nothing goes back."""
    monkeypatch.setattr("cloudkit.backends.docker.roll.SETTLE", 0.0)
    api = Removals()
    both = observation(record(1), replica("web-0-a", revision=0), replica("web-1-b"))
    looks = [*[both] * 3, observation(record(1), replica("web-1-b"))]

    roll(looks, api=api).run(wait=True, timeout=0)

    assert "id-web-0-a" in api.removed


@pytest.mark.parametrize("seen", [observation(record(2), replica("web-1-a")), Observation()])
def test_a_roll_that_is_no_longer_wanted_ends(seen: Observation) -> None:
    """Whether something newer is wanted, or nothing at all."""
    with pytest.raises(ConflictError, match="someone else"):
        roll([seen]).run(wait=True, timeout=60)
