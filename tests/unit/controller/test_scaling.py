"""How many replicas a load asks for, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.controller.scaling import Recommendations, proposed
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources
from cloudkit.model.task import Usage
from cloudkit.testing import Program, cloud, world_of

MEBIBYTE = 1024**2
NOW = datetime(2026, 1, 31, tzinfo=UTC)
WEB = AppSpec(
    name="web",
    image=Reference.parse("web:1"),
    resources=Resources(cpu_request="100m"),
    autoscale=Autoscale(min=2, max=10, cpu=50, memory="100Mi"),
)


def usages(*cpu: float, memory: int = 0) -> tuple[Usage, ...]:
    """What replicas use."""
    return tuple(
        Usage(
            replica=f"web-{index}",
            cpu=one,
            memory=memory,
            memory_limit=None,
            received=None,
            sent=None,
            pids=None,
            observed_at=NOW,
        )
        for index, one in enumerate(cpu)
    )


@pytest.mark.parametrize(
    ("replicas", "used", "wanted"),
    [
        (2, usages(0.05, 0.05), 2),  # as wanted
        (2, usages(0.054, 0.054), 2),  # within the tolerance
        (2, usages(0.1, 0.1), 4),  # twice as much
        (2, usages(0.051, 0.08), 3),
        (4, usages(0.01, 0.01, 0.01, 0.01), 1),  # the bounds are applied later
        (4, usages(0.1, 0.1), 4),  # the other two are taken for idle: as wanted then
        (4, usages(0.3, 0.3), 12),
        (4, usages(0.01, 0.01), 3),  # the other two are taken for busy
        (2, usages(0.05, 0.05, memory=200 * MEBIBYTE), 4),  # the measure that asks for most counts
        (3, (), 3),  # nothing is known
    ],
)
def test_the_formula(replicas: int, used: tuple[Usage, ...], wanted: int) -> None:
    """It is the one of Kubernetes' HorizontalPodAutoscaler."""
    assert proposed(WEB, replicas, used) == wanted


def test_a_short_rest_takes_nothing_away() -> None:
    """Five minutes must have passed since more was asked for; the number at the beginning counts as asked for."""
    lately = Recommendations()

    numbers = [lately.settle(WEB, 8, 2, now) for now in (0.0, 15.0, 299.0, 301.0)]

    assert numbers == [8, 8, 8, 2]


def test_more_come_at_once_but_not_all_at_once() -> None:
    """Four, or as many as there are."""
    few, many = Recommendations(), Recommendations()

    assert few.settle(WEB.replace(autoscale=Autoscale(max=100, cpu=50)), 1, 90, 0.0) == 5
    assert many.settle(WEB.replace(autoscale=Autoscale(max=100, cpu=50)), 20, 90, 0.0) == 40


@given(
    replicas=st.integers(1, 50),
    proposals=st.lists(st.tuples(st.integers(0, 200), st.floats(0, 400)), max_size=20),
)
def test_the_bounds_hold_whatever_is_asked_for(replicas: int, proposals: list[tuple[int, float]]) -> None:
    """And nothing is removed while more has been asked for lately."""
    lately, now, number = Recommendations(), 0.0, replicas
    for proposal, pause in proposals:
        now += pause
        asked = max((one for at, one in lately.asked if at >= now - 300), default=number)
        following = lately.settle(WEB, number, proposal, now)

        assert 2 <= following <= 10
        assert following >= min(number, asked, 10) or following >= min(proposal, 10)
        number = following


def test_a_controller_follows_the_load_up_and_down() -> None:
    """On the twin's clock: up within seconds, down after five minutes of rest."""
    memory = cloud()
    world_of(memory).program("web:1", lambda env: Program(cpu=float(env.get("CPU", "0.2"))))
    web = memory.deploy("web", "web:1", cpu_request="100m", autoscale="1-6 cpu 50%")
    told = []
    for event in memory.controller():
        told.append(event.message)
        if web.status().desired == 6:
            break
    web.deploy(env={"CPU": "0.001"})
    begun = world_of(memory).clock.seconds
    for event in memory.controller():
        told.append(event.message)
        if web.status().desired == 1:
            break

    assert [one for one in told if "replicas" in one] == ["1 -> 4 replicas", "4 -> 6 replicas", "6 -> 1 replicas"]
    assert 300 <= world_of(memory).clock.seconds - begun < 340
