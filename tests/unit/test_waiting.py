"""A wait over the twin, on its clock."""

from __future__ import annotations

import pytest

from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError, RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.progress import Progress, silent
from cloudkit.model.state import AppState
from cloudkit.testing import Program, cloud, world_of
from cloudkit.waiting import wait_until_settled


@pytest.fixture
def memory() -> Cloud:
    """A cloud with nothing in it."""
    return cloud()


def deployed(memory: Cloud, program: Program, **options: object) -> None:
    """Deploy an app of that program and leave it on its way."""
    world_of(memory).program("web:1", program)
    memory.deploy("web", "web:1", port=80, wait=False, **options)  # type: ignore[arg-type]  # passed on


def waited(memory: Cloud, timeout: float, heard: list[Progress] | None = None) -> AppState:
    """Wait on the twin's clock."""
    clock = world_of(memory).clock
    return wait_until_settled(
        memory.backend,
        "web",
        timeout=timeout,
        listener=silent if heard is None else heard.append,
        clock=lambda: clock.seconds,
        sleep=clock.advance,
    )


def test_a_wait_ends_as_soon_as_all_is_as_wanted(memory: Cloud) -> None:
    """And says how many are ready on the way."""
    deployed(memory, Program(starts=5), replicas=2)
    heard: list[Progress] = []
    begun = world_of(memory).clock.seconds

    state = waited(memory, 60, heard)

    assert state.ready == 2
    assert 4 <= world_of(memory).clock.seconds - begun <= 8
    assert (heard[0].current, heard[-1].current, heard[-1].done) == (0, 2, True)


def test_a_wait_ends_at_its_timeout_with_what_was_seen(memory: Cloud) -> None:
    """Neither earlier nor much later."""
    deployed(memory, Program(starts=500))
    begun = world_of(memory).clock.seconds

    with pytest.raises(RolloutError) as caught:
        waited(memory, 10)

    assert 10 <= world_of(memory).clock.seconds - begun <= 11
    assert caught.value.cause.evidence


def test_a_certain_cause_ends_the_wait_long_before(memory: Cloud) -> None:
    """Waiting would not help."""
    deployed(memory, Program(exits=0.2, exit_code=1))
    begun = world_of(memory).clock.seconds

    with pytest.raises(RolloutError) as caught:
        waited(memory, 3600)

    assert caught.value.cause.certain
    assert caught.value.cause.code in {CauseCode.CRASH_LOOP, CauseCode.EXITED}
    assert world_of(memory).clock.seconds - begun < 60


def test_a_settled_app_is_waited_for_no_time_at_all(memory: Cloud) -> None:
    """Even a timeout of nothing is enough."""
    world_of(memory).program("web:1", Program())
    memory.deploy("web", "web:1", port=80)
    begun = world_of(memory).clock.seconds

    assert waited(memory, 0).settled
    assert world_of(memory).clock.seconds == begun


def test_an_app_that_is_not_there_is_not_waited_for(memory: Cloud) -> None:
    """It is not found."""
    with pytest.raises(NotFoundError):
        waited(memory, 60)
