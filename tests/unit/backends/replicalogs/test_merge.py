"""Lines of many sources become one order, in bounded memory, under a clock of the test's own."""

from __future__ import annotations

import threading
from time import monotonic

import pytest

from cloudkit.backends.replicalogs.merge import COLD, HOLD, ROOM, Merge
from cloudkit.backends.replicalogs.stamped import Stamped
from cloudkit.backends.replicalogs.stamps import moment
from cloudkit.errors import BackendError
from cloudkit.model.log import LogLine


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def stamped(stamp: int, text: str = "x") -> Stamped:
    """Return a line of that time."""
    return Stamped(stamp, LogLine(time=moment(stamp), replica="web-1", text=text))


def stamps(lines: list[Stamped]) -> list[int]:
    """Return when the lines were printed."""
    return [line.stamp for line in lines]


def test_lines_wait_until_every_source_has_shown_a_younger_one() -> None:
    """The order is by time, not by arrival."""
    clock = Clock()
    merge = Merge(clock)
    one, two = merge.open(), merge.open()
    merge.put(one, stamped(2))
    merge.put(one, stamped(4))
    merge.put(two, stamped(1))
    merge.put(two, stamped(3))

    assert stamps(merge.take(0)) == [1, 2, 3]


def test_a_silent_source_holds_lines_back_for_a_moment_only() -> None:
    """A line comes a tenth of a second later where another source says nothing."""
    clock = Clock()
    merge = Merge(clock)
    one, two = merge.open(), merge.open()
    merge.connected(one)
    merge.connected(two)
    clock.now = 10
    merge.put(one, stamped(1))

    early = merge.take(0)
    clock.now += HOLD

    assert (early, stamps(merge.take(0))) == ([], [1])


def test_a_source_that_is_connecting_is_waited_for_a_little_longer() -> None:
    """What it has to say may be older; two seconds are enough."""
    clock = Clock()
    merge = Merge(clock)
    one, _ = merge.open(), merge.open()
    merge.put(one, stamped(1))
    clock.now = COLD - 0.1

    early = merge.take(0)
    clock.now = COLD

    assert (early, stamps(merge.take(0))) == ([], [1])


def test_a_source_that_has_ended_is_not_waited_for() -> None:
    """Its last lines come, then it holds back nobody."""
    merge = Merge(Clock())
    one, two = merge.open(), merge.open()
    merge.put(two, stamped(1))
    merge.end(two)
    merge.put(one, stamped(2))

    assert stamps(merge.take(0)) == [1, 2]


def test_a_failure_comes_after_the_lines_before_it() -> None:
    """What was read is not lost to what went wrong later."""
    merge = Merge(Clock())
    source = merge.open()
    merge.put(source, stamped(1))
    merge.end(source, BackendError("gone"))

    assert stamps(merge.take(0)) == [1]
    with pytest.raises(BackendError, match="gone"):
        merge.take(0)


def test_a_full_source_holds_its_writer_back() -> None:
    """A writer waits until somebody reads: a source never holds much more than a megabyte."""
    merge = Merge()
    source = merge.open()
    line = stamped(1, "x" * 65536)
    written = []

    def write() -> None:
        for _ in range(100):
            merge.put(source, line)
            written.append(1)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    writer.join(0.3)
    held = len(written)
    count = 0
    give_up = monotonic() + 20
    while count < 100 and monotonic() < give_up:
        count += len(merge.take(1))
    writer.join(5)

    assert held <= ROOM / 65536 + 1
    assert count == 100


def test_closing_lets_a_waiting_writer_go() -> None:
    """A writer that waits for room is told that nobody reads any more."""
    merge = Merge()
    source = merge.open()
    answers = []

    def write() -> None:
        while merge.put(source, stamped(1, "x" * 65536)):
            pass
        answers.append("let go")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    writer.join(0.3)
    merge.close()
    writer.join(5)

    assert answers == ["let go"]
