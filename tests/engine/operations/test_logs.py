"""The lines of all replicas, on a real engine: merged, bounded, whatever was printed."""

from __future__ import annotations

import resource
from datetime import UTC, datetime, timedelta

import docker
import pytest
from engine.operations.workshop import Workshop

from cloudkit.backends.docker.operations.logs import read_logs
from cloudkit.errors import NotFoundError
from cloudkit.model.log import LogLine, LogQuery

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]


def read(workshop: Workshop, query: LogQuery) -> list[LogLine]:
    """Return all lines of a query that ends by itself."""
    return list(read_logs(workshop.api, lambda: workshop.targets, query))


def texts(lines: list[LogLine]) -> list[str]:
    """Return what the lines say."""
    return [line.text for line in lines]


def test_the_lines_of_replicas_come_by_time(workshop: Workshop) -> None:
    """Two replicas that print in turn are read in the order in which they printed."""
    script = "sleep {0}; for i in 1 2 3; do echo $i; sleep 0.4; done"
    first = workshop.start(script.format("0"))
    second = workshop.start(script.format("0.2"))
    workshop.ended(first), workshop.ended(second)

    lines = read(workshop, LogQuery())

    assert [line.time for line in lines] == sorted(line.time for line in lines)
    assert {(line.replica, line.text) for line in lines} == {
        (replica, text) for replica in ("web-0", "web-1") for text in "123"
    }


def test_both_streams_are_told_apart(workshop: Workshop) -> None:
    """A line says whether it went to stdout or to stderr."""
    workshop.ended(workshop.start("echo out; sleep 0.5; echo err >&2"))

    lines = read(workshop, LogQuery())

    assert [(line.stream, line.text) for line in lines] == [("stdout", "out"), ("stderr", "err")]


def test_tail_counts_for_each_replica(workshop: Workshop) -> None:
    """The last lines of each replica are given, however much the others print."""
    workshop.ended(workshop.start("echo a; echo b"))
    workshop.ended(workshop.start("seq 100"))

    lines = read(workshop, LogQuery(tail=1))

    assert sorted(texts(lines)) == ["100", "b"]


def test_since_and_until_bound_the_time(workshop: Workshop) -> None:
    """Only what was printed in between is given, to the microsecond."""
    workshop.ended(workshop.start("for i in 1 2 3; do echo $i; sleep 0.2; done"))
    first, second, third = read(workshop, LogQuery())

    lines = read(
        workshop,
        LogQuery(since=first.time + timedelta(microseconds=1000), until=third.time - timedelta(microseconds=1000)),
    )

    assert lines == [second]


def test_one_replica_can_be_chosen(workshop: Workshop) -> None:
    """A query that names a replica gives its lines alone."""
    workshop.ended(workshop.start("echo first"))
    workshop.ended(workshop.start("echo second"))

    assert texts(read(workshop, LogQuery(replica="web-1"))) == ["second"]


def test_a_replica_that_is_not_there_is_named(workshop: Workshop) -> None:
    """The error says which there are."""
    workshop.ended(workshop.start("true"))

    with pytest.raises(NotFoundError, match="web-0"):
        read(workshop, LogQuery(replica="web-9"))


def test_a_replica_that_went_away_is_left_out(workshop: Workshop) -> None:
    """A container removed between the look and the reading is no error."""
    workshop.ended(workshop.start("echo here"))
    gone = workshop.ended(workshop.start("echo gone"))
    workshop.api.remove_container(gone.id)

    assert texts(read(workshop, LogQuery())) == ["here"]


@pytest.mark.parametrize("terminal", [False, True])
def test_a_line_of_100_mb_is_cut_in_bounded_memory(workshop: Workshop, *, terminal: bool) -> None:
    """A line keeps 64 KiB; the next one is whole, with a terminal or without."""
    script = "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo after"
    workshop.ended(workshop.start(script, tty=terminal))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    long, after = read(workshop, LogQuery())

    assert (set(long.text), len(long.text), after.text) == ({"x"}, 65536, "after")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_a_long_line_of_a_terminal_holds_no_stamps(workshop: Workshop) -> None:
    """The engine stamps a terminal's line every 16 KiB; none of these stamps is taken for text."""
    workshop.ended(workshop.start("head -c 60000 /dev/zero | tr '\\0' x; echo; echo 'two words'", tty=True))

    lines = read(workshop, LogQuery())

    assert texts(lines) == ["x" * 60000, "two words"]


def test_binary_output_is_text_with_replacements(workshop: Workshop) -> None:
    """Bytes that are no UTF-8 become replacement characters, and lines are still lines."""
    workshop.ended(workshop.start("printf 'a\\377\\376b\\nc\\033[31md\\n\\n'"))

    assert texts(read(workshop, LogQuery())) == ["a��b", "c\x1b[31md", ""]


def test_a_last_line_without_end_is_a_line(workshop: Workshop) -> None:
    """What a crash cut off is often the line that one wants."""
    workshop.ended(workshop.start("echo whole; printf half"))

    assert texts(read(workshop, LogQuery())) == ["whole", "half"]


def test_a_flood_is_read_in_bounded_memory(workshop: Workshop) -> None:
    """300,000 lines pass through without being held."""
    workshop.ended(workshop.start("yes a-line-of-forty-characters-or-thereabouts | head -n 300000"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    count = sum(1 for _ in read_logs(workshop.api, lambda: workshop.targets, LogQuery()))

    assert count == 300_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024


def test_a_replica_never_started_has_no_lines(workshop: Workshop) -> None:
    """A container that was only created is read as empty."""
    workshop.create(["true"])

    assert read(workshop, LogQuery(since=datetime.now(UTC) - timedelta(hours=1))) == []


def test_reading_part_of_it_lets_go_of_the_connection(workshop: Workshop, api: docker.APIClient) -> None:
    """Closing the iterator early leaves nothing open: a warning about a socket would fail the test."""
    workshop.ended(workshop.start("seq 100000"))

    lines = read_logs(api, lambda: workshop.targets, LogQuery())
    first = next(lines)
    lines.close()

    assert first.text == "1"
