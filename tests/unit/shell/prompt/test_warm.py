"""Live names at a prompt come at once, or not at all."""

from __future__ import annotations

import threading
import time

import pytest

from cloudkit.model.offer import Offer
from cloudkit.shell.prompt.warm import AT_ONCE, Answer, Warm


class Engine:
    """Answers when it is told to."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.asked = 0
        self.answers = threading.Event()
        self.failing = False

    def __call__(self) -> Answer:
        """Answer, once it may."""
        self.asked += 1
        self.answers.wait(30)
        if self.failing:
            raise OSError
        return Answer(offers=tuple(Offer(name) for name in self.names))


@pytest.fixture
def engine() -> Engine:
    """An engine that answers at once."""
    made = Engine("web")
    made.answers.set()
    return made


def eventually(there: object) -> None:
    """Wait for a state, never for a time."""
    ends = time.monotonic() + 30
    while not there():  # type: ignore[operator]  # a function
        assert time.monotonic() < ends
        time.sleep(0.005)


def test_an_engine_that_answers_at_once_is_heard(engine: Engine) -> None:
    """Also at the first key."""
    assert Warm(patience=30).answer("apps", engine).offers == ("web",)


def test_a_dead_engine_keeps_no_key_waiting() -> None:
    """The prompt stays as quick as without it."""
    dead, warm = Engine("web"), Warm()
    began = time.monotonic()

    offered = [warm.answer("apps", dead).offers for _ in range(5)]

    assert offered == [()] * 5
    assert dead.asked == 1
    assert time.monotonic() - began < 10
    dead.answers.set()


def test_what_was_known_is_offered_while_it_is_asked_for_again(engine: Engine) -> None:
    """Old names are better than none, and new ones follow."""
    warm = Warm(patience=30, fresh=0)
    warm.answer("apps", engine)
    engine.answers.clear()
    engine.names = ("web", "api")

    meanwhile = warm.answer("apps", engine).offers
    engine.answers.set()

    assert meanwhile == ("web",)
    eventually(lambda: warm.answer("apps", engine).offers == ("web", "api"))


def test_fresh_names_ask_nobody(engine: Engine) -> None:
    """One question serves many keys."""
    warm = Warm(patience=30, fresh=3600)

    for _ in range(10):
        warm.answer("apps", engine)

    assert engine.asked == 1


def test_a_cell_renews_what_was_wanted_lately(engine: Engine) -> None:
    """So that the next key knows what the cell has made."""
    warm = Warm(patience=30, fresh=3600)
    warm.answer("apps", engine)
    engine.names = ("web", "api")

    warm.renew()

    eventually(lambda: warm.answer("apps", engine).offers == ("web", "api"))
    assert engine.asked == 2


def test_an_engine_that_fails_leaves_what_was_known(engine: Engine) -> None:
    """And nothing is written into the prompt."""
    warm = Warm(patience=30, fresh=0)
    warm.answer("apps", engine)
    engine.failing = True

    warm.answer("apps", engine)
    eventually(lambda: engine.asked == 2)

    assert warm.answer("apps", engine).offers == ("web",)


def test_dead_engines_hold_a_few_threads_only() -> None:
    """However many names are asked for."""
    dead, warm = Engine(), Warm(patience=0)

    for number in range(50):
        warm.answer(number, dead)

    eventually(lambda: dead.asked == AT_ONCE)
    dead.answers.set()
