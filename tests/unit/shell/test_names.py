"""Live names for completion come quickly or not at all."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from unit.verbs.garden import GARDEN, Bloom, Garden

from cloudkit.shell.completion import live_names
from cloudkit.shell.names import cached, folder


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_names_come_from_the_verb_that_lists_their_kind() -> None:
    """No verb is known by name."""
    assert list(live_names(GARDEN, lambda: Garden("rose", "lily"), Bloom)) == ["rose", "lily"]


def test_names_are_asked_for_once_in_a_few_seconds() -> None:
    """The next key uses what the last one learned."""
    answers = iter([["rose"], ["lily"]])

    assert [cached("garden", lambda: next(answers)) for _ in range(2)] == [["rose"], ["rose"]]


def test_an_old_or_broken_answer_is_asked_for_again() -> None:
    """Neither age nor damage is shown to the user."""
    cached("garden", lambda: ["rose"])
    (kept,) = folder().iterdir()
    os.utime(kept, (time.time() - 60,) * 2)

    assert cached("garden", lambda: ["lily"]) == ["lily"]
    kept.write_text("{broken")
    assert cached("garden", lambda: ["iris"]) == ["iris"]


def test_the_cache_is_the_users_alone() -> None:
    """Names of apps are nobody else's business."""
    cached("garden", lambda: ["rose"])
    (kept,) = folder().iterdir()

    assert kept.stat().st_mode & 0o077 == 0


def test_an_engine_that_fails_is_silent() -> None:
    """A completion never prints an error."""

    def broken() -> Garden:
        raise OSError

    assert list(live_names(GARDEN, broken, Bloom)) == []


def test_an_engine_that_does_not_answer_is_not_waited_for() -> None:
    """A third of a second at the most."""
    began = time.monotonic()

    assert list(live_names(GARDEN, lambda: time.sleep(5), Bloom)) == []
    assert time.monotonic() - began < 2
