"""Live names for completion come quickly or not at all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from unit.verbs.garden import GARDEN, Bloom, Garden

from cloudkit.model.offer import Offer
from cloudkit.shell.completion import live_names
from cloudkit.shell.completion.names import Question, forgotten, kept, known

ROSES = Question("<Garden> ''", "Bloom")


def aged(question: Question) -> None:
    """Let an answer be a minute old."""
    _, _, names = question.file.read_text().partition("\n")
    question.file.write_text(f"{int(time.time()) - 60}\n{names}")


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_names_come_from_the_verb_that_lists_their_kind() -> None:
    """No verb is known by name."""
    assert list(live_names(GARDEN, lambda: Garden("rose", "lily"), Bloom)) == ["rose", "lily"]


def test_names_are_asked_for_once_in_a_few_seconds() -> None:
    """The next key uses what the last one learned."""
    gardens = iter([Garden("rose"), Garden("lily")])

    found = [list(live_names(GARDEN, lambda: Same(next(gardens)), Bloom)) for _ in range(2)]

    assert found == [["rose"], ["rose"]]


class Same(Garden):
    """A garden that is the same one whatever stands in it."""

    def __init__(self, garden: Garden) -> None:
        super().__init__(*garden.names)

    def __repr__(self) -> str:
        return "<Garden>"


def test_an_old_or_broken_answer_is_not_fresh() -> None:
    """Neither age nor damage is shown to the user."""
    kept(ROSES, [Offer("rose", "red")])
    aged(ROSES)

    assert known(ROSES) is None
    (old,) = known(ROSES, age=3600) or ()
    assert (old, old.note) == ("rose", "red")
    ROSES.file.write_text("{broken")
    assert known(ROSES, age=3600) is None


def test_the_cache_is_the_users_alone() -> None:
    """Names of apps are nobody else's business."""
    kept(ROSES, [Offer("rose")])

    assert ROSES.file.stat().st_mode & 0o077 == 0
    assert ROSES.file.parent.stat().st_mode & 0o077 == 0


def test_a_name_that_would_steer_a_terminal_is_not_kept() -> None:
    """Nor one that is two lines, which would be two names."""
    kept(ROSES, [Offer("rose\nlily"), Offer("\x1b[31mrose"), Offer("a\tb"), Offer("rose", "red\x07")])

    assert known(ROSES) == ["rose"]
    assert "\x07" not in ROSES.file.read_text()


def test_a_change_makes_the_names_unknown() -> None:
    """Of its own cloud, and of no other one."""
    lilies = Question("<Other>", "Bloom")
    for question in (ROSES, lilies):
        kept(question, [Offer("rose")])

    forgotten(ROSES.where)

    assert (known(ROSES), known(lilies)) == (None, ["rose"])


@pytest.mark.parametrize("target", ["../../elsewhere", "a/b", "", ".", "x" * 200, "-n"])
def test_names_of_a_handle_stay_in_their_folder(target: str) -> None:
    """Whatever the handle is called."""
    question = Question(ROSES.where, "Bloom", target)
    kept(question, [Offer("rose")])

    assert question.file.parent == ROSES.file.parent
    assert known(question) == ["rose"]


class Slow(Same):
    """A garden that does not answer."""

    def blooms(self, **_options: object) -> list[Bloom]:  # type: ignore[override]  # never answers
        """Take too long."""
        time.sleep(5)
        return []


class Broken(Same):
    """A garden that fails."""

    def blooms(self, **_options: object) -> list[Bloom]:  # type: ignore[override]  # never answers
        """Fail."""
        raise OSError


def test_an_engine_that_fails_is_silent() -> None:
    """A completion never prints an error."""
    assert list(live_names(GARDEN, lambda: Broken(Garden()), Bloom)) == []


def test_an_engine_that_does_not_answer_is_not_waited_for() -> None:
    """The names of a while ago are offered in its place."""
    kept(ROSES, [Offer("rose")])
    aged(ROSES)
    began = time.monotonic()

    assert list(live_names(GARDEN, lambda: Slow(Garden()), Bloom)) == ["rose"]
    assert time.monotonic() - began < 2
