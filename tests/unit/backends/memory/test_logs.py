"""Lines and events of the twin: merged, cut, followed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from unit.backends.memory.stage import Deployed, Wanted

from cloudkit.errors import NotFoundError
from cloudkit.model.log import LogQuery
from cloudkit.model.progress import silent
from cloudkit.testing import MemoryBackend, Program

TALKER = Program(starts=1, prints=("one", "two", "three"))


def test_lines_of_all_replicas_are_merged_by_time(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """And each says whose it is."""
    state = deployed(wanted(TALKER, replicas=2))

    lines = list(backend.logs("web", LogQuery()))

    assert len(lines) == 6
    assert {line.replica for line in lines} == {one.name for one in state.replicas}
    assert [line.time for line in lines] == sorted(line.time for line in lines)


def test_a_tail_is_that_of_each_replica(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """One that talks much does not hide another."""
    deployed(wanted(TALKER, replicas=2))

    assert [line.text for line in backend.logs("web", LogQuery(tail=1))] == ["three", "three"]
    assert list(backend.logs("web", LogQuery(tail=0))) == []


def test_lines_are_cut_by_time_and_replica(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """``since`` and ``until`` are inclusive."""
    spec = wanted(TALKER)
    first = deployed(spec).replicas[0].name
    backend.world.clock.advance(60)
    minute = backend.world.clock.now
    deployed(spec.replace(replicas=2))

    assert {line.replica for line in backend.logs("web", LogQuery(until=minute, replica=first))} == {first}
    assert first not in {line.replica for line in backend.logs("web", LogQuery(since=minute))}


def test_lines_go_with_their_replica(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """As on an engine that removes it."""
    gone = deployed(wanted(TALKER)).replicas[0].name
    deployed(wanted(TALKER, image="web:2"))

    assert gone not in {line.replica for line in backend.logs("web", LogQuery())}


def test_following_alone_ends_when_nothing_is_due(
    backend: MemoryBackend, wanted: Wanted, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one thread nobody could print any more, so the stream does not hang."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # as without a test runner's own threads
    deployed(wanted(TALKER))

    assert [line.text for line in backend.logs("web", LogQuery(follow=True))] == ["one", "two", "three"]


def test_following_lets_time_pass(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """A program that crashes each minute is followed through its restarts."""
    deployed(wanted(Program(starts=1, exits=60, exit_code=1, prints=("up",), last_words=("down",))))

    lines = backend.logs("web", LogQuery(follow=True))

    assert [next(lines).text for _ in range(5)] == ["up", "down", "up", "down", "up"]
    assert backend.world.clock.seconds == pytest.approx(120, abs=2)


def test_following_crosses_a_roll_and_ends_with_the_app(
    backend: MemoryBackend, wanted: Wanted, deployed: Deployed
) -> None:
    """New replicas are followed too; deleting the app ends the stream."""
    deployed(wanted(Program(prints=("old",))))
    texts: list[str] = []
    thread = _in_background(lambda: texts.extend(line.text for line in backend.logs("web", LogQuery(follow=True))))

    deployed(wanted(Program(prints=("new",)), image="web:2"))
    backend.apply(backend.plan_delete("web"), listener=silent)
    thread.join(10)

    assert not thread.is_alive()
    assert texts == ["old", "new"]


def test_closing_ends_a_follower(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """The world stays."""
    deployed(wanted(TALKER))
    thread = _in_background(lambda: list(backend.events("web", LogQuery(follow=True))))

    backend.close()
    thread.join(10)

    assert not thread.is_alive()
    assert len(backend.world.records) == 1


def test_events_are_those_of_the_app_or_of_all(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """A life in the engine's words."""
    spec = wanted()
    name = deployed(spec).replicas[0].name
    deployed(spec.replace(name="other"))

    assert [one.action for one in backend.events("web", LogQuery(replica=name))] == ["create", "start", "ready"]
    assert {one.app for one in backend.events(None, LogQuery())} == {"web", "other"}


def test_logs_of_no_app_are_refused_by_name(backend: MemoryBackend) -> None:
    """With the names that are there."""
    with pytest.raises(NotFoundError, match="there are: none"):
        backend.logs("web", LogQuery())


def _in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
