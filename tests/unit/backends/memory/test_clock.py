"""The virtual clock."""

from __future__ import annotations

from datetime import timedelta

from cloudkit.backends.memory.clock import EPOCH, Clock


def test_it_stands_still_until_somebody_moves_it() -> None:
    """The time is a sum of what was advanced, nothing else."""
    clock = Clock()

    clock.advance(1.5)
    clock.advance(0.25)

    assert clock.now == EPOCH + timedelta(seconds=1.75)


def test_what_is_due_runs_in_order_and_at_its_moment() -> None:
    """Each call sees its own due time, and equal ones run as they were asked for."""
    clock, seen = Clock(), []
    for name, delay in (("late", 3.0), ("first", 1.0), ("second", 1.0)):
        clock.after(delay, lambda name=name: seen.append((name, clock.seconds)))

    clock.advance(10)

    assert seen == [("first", 1.0), ("second", 1.0), ("late", 3.0)]


def test_a_cancelled_timer_never_runs() -> None:
    """Cancelling takes a call back."""
    clock, seen = Clock(), []

    clock.after(1, lambda: seen.append(1)).cancel()
    clock.advance(2)

    assert seen == []


def test_what_becomes_due_on_the_way_runs_too() -> None:
    """A call may ask for the next one, which runs within the same advance."""
    clock, seen = Clock(), []

    def again() -> None:
        seen.append(clock.seconds)
        clock.after(1, again)

    clock.after(1, again)
    clock.advance(3.5)

    assert seen == [1.0, 2.0, 3.0]


def test_a_step_ends_at_the_next_timer_or_the_limit() -> None:
    """Stepping never skips what is due."""
    clock = Clock()
    clock.after(0.3, lambda: None)

    clock.step(1.0)
    at_timer = clock.seconds
    clock.step(1.0)

    assert (at_timer, clock.seconds) == (0.3, 1.3)


def test_background_timers_are_nothing_to_wait_for() -> None:
    """Skipping goes to the next foreground timer and runs the background ones on the way."""
    clock, seen = Clock(), []
    clock.after(1, lambda: seen.append("background"), background=True)
    clock.after(2, lambda: seen.append("foreground"))

    assert clock.skip()
    assert not clock.skip()
    assert (seen, clock.seconds) == (["background", "foreground"], 2.0)
