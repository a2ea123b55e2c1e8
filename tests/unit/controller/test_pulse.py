"""When a replica is asked, and what its answers come to."""

from __future__ import annotations

import pytest

from cloudkit.controller.pulse import Pulse
from cloudkit.model.app import AppSpec
from cloudkit.model.probe import HttpProbe, Probe, TcpProbe
from cloudkit.model.reference import Reference

IMAGE = Reference.parse("web@sha256:" + "0" * 64)
LIVE = HttpProbe(path="/live", port=80, period=2.0, failure_threshold=3)
START = TcpProbe(port=80, period=1.0, failure_threshold=5)


def pulse(*, liveness: Probe | None = LIVE, startup: Probe | None = None) -> Pulse:
    """The pulse of a replica that was seen to run at second 100."""
    return Pulse(AppSpec(name="web", image=IMAGE, liveness=liveness, startup=startup), begun=100.0)


def test_failures_in_a_row_decide() -> None:
    """As many as the probe says, and no pass in between."""
    one = pulse()

    answers = ["no", "no", "", "no", "no", "no"]

    assert [one.heard(100.0 + at, answer) for at, answer in enumerate(answers)] == [False] * 5 + [True]


def test_no_answer_decides_nothing() -> None:
    """Neither for nor against it: an engine that fails says nothing of the replica."""
    one = pulse()

    assert [one.heard(100.0, answer) for answer in ("no", "no", None, None, "no")] == [False] * 4 + [True]


def test_the_next_question_comes_a_period_after_the_answer() -> None:
    """And none while one is awaited."""
    one = pulse()
    one.asking = True

    assert one.due(200.0) is None
    one.heard(200.0, "")
    assert (one.due(201.9), one.due(202.0)) == (None, LIVE)


def test_liveness_waits_for_the_startup_probe() -> None:
    """From its first pass on it is asked no more."""
    one = pulse(startup=START)

    assert one.due(100.0) == START
    one.heard(100.0, "no")
    one.heard(101.0, "")

    assert one.due(101.0) == LIVE


def test_failures_to_start_do_not_count_for_liveness() -> None:
    """Each probe counts its own."""
    one = pulse(startup=START)
    for _ in range(4):
        one.heard(100.0, "no")
    one.heard(100.0, "")

    assert [one.heard(102.0, "no") for _ in range(3)] == [False, False, True]


def test_one_that_never_starts_is_dead() -> None:
    """After the startup probe's own number of failures."""
    one = pulse(startup=START)

    assert [one.heard(100.0 + at, "no") for at in range(5)] == [False] * 4 + [True]


@pytest.mark.parametrize("startup", [None, START])
def test_the_initial_delay_counts_from_the_start(startup: Probe | None) -> None:
    """Also where a startup probe has passed before it is over."""
    slow = HttpProbe(path="/live", port=80, initial_delay=30.0)
    one = pulse(liveness=slow, startup=startup)
    if startup:
        one.heard(105.0, "")

    assert (one.due(129.0), one.due(130.0)) == (None, slow)


def test_without_liveness_nothing_is_asked_once_it_has_started() -> None:
    """Its readiness is the balancer's to ask."""
    one = pulse(liveness=None, startup=START)
    one.heard(100.0, "")

    assert one.due(1000.0) is None
    assert one.next() == float("inf")
