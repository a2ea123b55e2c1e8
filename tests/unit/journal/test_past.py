"""What was wanted at a time, and what differs between two."""

from __future__ import annotations

import itertools
import shlex
from datetime import UTC, datetime

import pytest

from cloudkit.cloud import Cloud
from cloudkit.errors import BackendError, UsageError
from cloudkit.journal.row import Row
from cloudkit.journal.standing import standing_at
from cloudkit.model.secret import Secret
from cloudkit.testing import cloud, twin

HOUR = 3600 * 1_000_000
START = 1_700_000_000 * 1_000_000


def at(hours: float) -> datetime:
    """A time so many hours after the start."""
    return datetime.fromtimestamp((START + hours * HOUR) / 1e6, UTC)


@pytest.fixture
def memory() -> Cloud:
    """A cloud whose clock goes on by half an hour with each look, so that operations begin at full hours."""
    made = cloud()
    ticks = itertools.count(START, HOUR // 2)
    made._session.recorder.clock = lambda: next(ticks)
    return made


def names(rows: object) -> list[tuple[str, int]]:
    """The apps and their numbers of replicas."""
    return [(one.name, one.spec.replicas) for one in rows]  # type: ignore[attr-defined]  # rows of Wanted


def test_at_a_time_is_wanted_what_the_last_change_had_asked_for(memory: Cloud) -> None:
    """Of all apps; those that were deleted are not there after it, and those that came later are not yet."""
    image = memory.image("web:1").pull()  # at 0
    web = image.deploy("web")  # at 1
    image.deploy("api", replicas=2)  # at 2
    web.scale(3)  # at 3
    memory.app("api").delete()  # at 4

    seen = [names(memory.at(at(hour))) for hour in (0.5, 1, 2.5, 3, 4.5)]

    assert seen == [[], [("web", 1)], [("api", 2), ("web", 1)], [("api", 2), ("web", 3)], [("web", 3)]]
    (wanted,) = memory.at(at(9))
    assert (wanted.since, wanted.entry, wanted.note) == (at(3), 4, "")


def test_now_is_what_the_backend_says(memory: Cloud) -> None:
    """Also of what has come about without the journal."""
    memory.deploy("web", "web:1")
    Cloud(memory.backend, journal="off").app("web").scale(4)

    assert names(memory.at("now")) == [("web", 4)]
    assert memory.at("now")[0].entry is None


def test_a_change_that_went_by_the_journal_is_told(memory: Cloud) -> None:
    """What is not known for certain is said."""
    memory.deploy("web", "web:1")  # at 0 and 1
    Cloud(memory.backend, journal="off").app("web").scale(4)
    (since,) = memory.at(at(1.5))
    memory.app("web").scale(5)  # at 2
    (before,) = memory.at(at(1.5))

    assert since.note == "changed after entry 2 and since, not through this journal"
    assert "changed after entry 2 and before 2023-" in before.note
    assert (since.spec.replicas, before.spec.replicas) == (1, 1)


def test_what_was_there_before_the_journal_is_known_from_its_first_change() -> None:
    """And what it has no entry of is shown as it is now."""
    backend = twin()
    quiet = Cloud(backend, journal="off")
    quiet.deploy("web", "web:1", replicas=2)
    quiet.deploy("api", "api:1")
    noted = Cloud(backend)
    noted.app("web").scale(3)

    api, web = noted.at("1h ago")

    assert (api.note, web.note) == (
        "not in the journal: as it is now",
        "as it was before the journal's first entry of it",
    )
    assert web.spec.replicas == 2


def test_a_difference_has_both_specs_and_whoever_made_it(memory: Cloud) -> None:
    """Secrets are told to be others, and never shown."""
    web = memory.deploy("web", "web:1", env={"TOKEN": Secret("hunter2"), "KEPT": Secret("same")})  # until 1
    with memory.acting("ann"):
        web.deploy(env={"TOKEN": Secret("hunter3"), "KEPT": Secret("same")}, cpu="500m")  # at 2

    (difference,) = memory.diff(at(1.5), at(2.5))

    text = str(difference)
    assert "+env.TOKEN: *** (another value)" in text
    assert "env.KEPT" not in text
    assert '+resources.cpu: "500m"' in text
    assert [entry.identity for entry in difference.entries] == ["ann"]
    assert "hunter" not in text
    assert memory.diff(at(2.5), "now") == ()


def test_an_app_that_came_or_went_differs_from_nothing(memory: Cloud) -> None:
    """Of one app alone where it is named."""
    memory.deploy("web", "web:1")
    memory.deploy("api", "api:1")

    came, went = memory.diff(at(-1), "now"), memory.diff("now", at(-1))

    assert [(one.name, one.before, one.after is None) for one in came] == [("api", None, False), ("web", None, False)]
    assert [(one.name, one.after) for one in went] == [("api", None), ("web", None)]
    assert str(came[0]).startswith("--- nothing\n+++ api, ")
    assert [one.name for one in memory.diff(at(-1), "now", name="web")] == ["web"]


def test_the_past_is_told_while_the_engine_does_not_answer(memory: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal is here."""
    memory.deploy("web", "web:1")

    def refuse(_self: object) -> None:
        raise BackendError("the engine does not answer")

    monkeypatch.setattr(type(memory.backend), "apps", refuse)

    assert names(memory.at(at(1.5))) == [("web", 1)]
    assert [entry.verb for entry in memory.history("web")] == ["deploy"]


def test_a_time_that_is_none_is_refused(memory: Cloud) -> None:
    """With the forms that are allowed."""
    with pytest.raises(UsageError, match="yesterday 9:00"):
        memory.at("soon")
    with pytest.raises(UsageError, match="earlier is 'x'"):
        memory.diff("x")


def test_a_clock_that_was_ahead_does_not_hide_what_came_after() -> None:
    """Of two changes the one of the higher number is the later one."""
    base = {
        "backend": "docker", "endpoint": "e", "namespace": "n", "verb": "scale", "app": "web", "identity": "a",
        "origin": "shell", "host": "h", "pid": 1, "plan": "p", "settled": 1,
    }  # fmt: skip
    ahead = Row(**base, number=1, begun=9 * HOUR, before="a", after="b", wanted="b")  # type: ignore[arg-type]  # columns
    right = Row(**base, number=2, begun=1 * HOUR, before="b", after="c", wanted="c")  # type: ignore[arg-type]  # columns

    found = [standing_at([ahead, right], hour * HOUR, {"web": "c"})["web"].wanted for hour in (0, 2, 10)]

    assert found == ["a", "c", "c"]


@pytest.mark.parametrize("file", ["shop.yaml", "cloudkit.toml", "a folder/compose.yml"])
def test_a_file_in_place_of_a_time_is_told_where_it_belongs(file: str) -> None:
    """The hint is the command that compares it with what is there."""
    with pytest.raises(UsageError, match="is a file") as refused:
        cloud().diff(file)

    assert refused.value.hint == f"cloudkit drift --file {shlex.quote(file)}"
