"""Several pieces of work at once, and an end to them."""

from __future__ import annotations

import threading

import pytest

from cloudkit.backends.docker.parallel import THREADS, in_parallel


def test_results_come_in_order_whoever_is_first() -> None:
    """However they overtake each other."""
    gate = threading.Event()

    def late() -> int:
        assert gate.wait(30)
        return 1

    def early() -> int:
        gate.set()
        return 2

    assert in_parallel([late, early]) == [1, 2]


def test_an_error_is_told_after_all_the_rest_is_done() -> None:
    """Nothing is skipped for it."""
    done: list[int] = []

    def fails() -> None:
        message = "no"
        raise ValueError(message)

    with pytest.raises(ValueError, match="no"):
        in_parallel([fails, *(lambda n=n: done.append(n) for n in range(10))])

    assert sorted(done) == list(range(10))


def test_an_interrupt_begins_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """And does not wait for what is under way, as one that stops for an hour of grace."""
    begun: list[int] = []
    gate = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        assert gate.wait(30)

    def interrupted(_futures: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cloudkit.backends.docker.parallel.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        in_parallel([lambda n=n: work(n) for n in range(THREADS * 3)])
    gate.set()

    assert len(begun) <= THREADS
