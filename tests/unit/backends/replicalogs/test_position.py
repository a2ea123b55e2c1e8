"""Reading a log again neither loses nor doubles a line."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.replicalogs.position import SLACK, Position, Start
from cloudkit.backends.replicalogs.stamped import Stamped
from cloudkit.backends.replicalogs.stamps import moment
from cloudkit.model.log import LogLine, LogQuery

SECOND = 10**9
BEGIN = 1_700_000_000 * SECOND


def record(stamp: int, text: str) -> Stamped:
    """Return a line of that time."""
    return Stamped(stamp, LogLine(time=moment(stamp), replica="web-1", text=text))


@given(
    st.lists(st.integers(0, 3 * SLACK), min_size=1, max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
    st.sampled_from([1, SECOND]),
)
def test_any_break_gives_each_line_once(offsets: list[int], breaks: list[int], grain: int) -> None:
    """Wherever a reading breaks off, the next one goes on with the line after: also among lines of one time."""
    log = [record(BEGIN + offset, str(number)) for number, offset in enumerate(sorted(offsets))]
    position, read = Position(LogQuery(), grain=grain), list[str]()

    for length in [*breaks, len(log)]:
        since = position.begin().since or 0
        sent = [one for one in log if one.stamp >= since]
        read += [one.line.text for one in sent[:length] if position.admit(one)]

    assert sorted(set(read)) == sorted(read)
    assert read[-1:] == [log[-1].line.text] or len(read) == len(log)
    assert set(read) == {one.line.text for one in log}


def test_the_first_reading_asks_for_the_tail_and_the_next_does_not() -> None:
    """``tail`` is about the past: what came after a break is wanted whole, and nothing before the tail."""
    position = Position(LogQuery(tail=1), tail=1)

    first = position.begin()
    position.admit(record(BEGIN, "last"))
    second = position.begin()

    assert (first, second) == (Start(None, 1), Start(BEGIN, None))


def test_a_reading_that_has_to_begin_earlier_admits_nothing_from_before() -> None:
    """Where an engine cuts times to seconds, what was before the tail, or before ``since``, comes along."""
    after_tail, since = Position(LogQuery(), tail=1, grain=SECOND), moment(BEGIN + 2_000_000)
    after_tail.admit(record(BEGIN + 500, "the tail"))
    after_since = Position(LogQuery(since=since), grain=SECOND)

    starts = after_tail.begin().since, after_since.begin().since

    assert starts == (BEGIN, BEGIN)
    assert not after_tail.admit(record(BEGIN + 400, "before the tail"))
    assert not after_since.admit(record(BEGIN + 1_999_999, "before since"))
    assert after_since.admit(record(BEGIN + 2_000_000, "at since"))


def test_since_is_kept_to_the_microsecond() -> None:
    """The engine gets the time that was given."""
    at = datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)

    assert Position(LogQuery(since=at)).begin().since == BEGIN + 123456000
