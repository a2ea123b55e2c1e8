"""Reading a log again neither loses nor doubles a line."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.docker.operations.loglines import Stamped
from cloudkit.backends.docker.operations.replica_log import SLACK, Position
from cloudkit.backends.docker.operations.stamps import moment
from cloudkit.model.log import LogLine, LogQuery

BEGIN = 1_700_000_000 * 10**9


def record(stamp: int, text: str) -> Stamped:
    """Return a line of that time."""
    return Stamped(stamp, LogLine(time=moment(stamp), replica="web-1", text=text))


@given(st.lists(st.integers(0, 3 * SLACK), min_size=1, max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_any_break_gives_each_line_once(offsets: list[int], breaks: list[int]) -> None:
    """Wherever a reading breaks off, the next one goes on with the line after: also among lines of one time."""
    log = [record(BEGIN + offset, str(number)) for number, offset in enumerate(sorted(offsets))]
    position, read = Position(LogQuery()), list[str]()

    for length in [*breaks, len(log)]:
        since = position.parameters(follow=True).get("since", "0.0")
        seconds, _, rest = since.partition(".")
        sent = [one for one in log if one.stamp >= int(seconds) * 10**9 + int(rest)]
        read += [one.line.text for one in sent[:length] if position.admit(one)]

    assert sorted(set(read)) == sorted(read)
    assert read[-1:] == [log[-1].line.text] or len(read) == len(log)
    assert set(read) == {one.line.text for one in log}


def test_the_first_reading_asks_for_the_tail_and_the_next_does_not() -> None:
    """``tail`` is about the past: what came after a break is wanted whole, and nothing before the tail."""
    position = Position(LogQuery(tail=1), tail=1)

    first = position.parameters(follow=True)
    position.admit(record(BEGIN, "last"))
    second = position.parameters(follow=True)

    assert (first["tail"], first.get("since")) == ("1", None)
    assert (second.get("tail"), second["since"]) == (None, "1700000000.000000000")


def test_since_and_until_reach_the_engine_to_the_microsecond() -> None:
    """Times are passed on as the engine takes them."""
    at = datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)

    words = Position(LogQuery(since=at, until=at)).parameters(follow=False)

    assert (words["since"], words["until"]) == ("1700000000.123456000", "1700000000.123456000")
