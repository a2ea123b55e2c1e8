"""Spans and points of time are read as people write them, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unit.model.outcome import outcome

from cloudkit.errors import UsageError
from cloudkit.model.duration import LONGEST, moment, seconds
from cloudkit.model.refusal import shown

NOW = datetime(2026, 1, 31, 14, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10m", 600), ("1h30m", 5400), ("1d", 86_400), ("1d2h3m4s", 93_784), ("90s", 90), ("1.5s", 1.5), ("250ms",
        0.25),
        ("1s500ms", 1.5), ("0s", 0), ("2.5", 2.5), ("10", 10), (11, 11), (0.5, 0.5), ("3650d", LONGEST),
    ],
)  # fmt: skip
def test_a_span_is_a_number_of_seconds_or_units_from_long_to_short(text: str | float, value: float) -> None:
    """Bare numbers are seconds."""
    assert seconds("deadline", text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "-1s", "-1", "1e9h", "1e3", "1H", "1m1h", "1m1m", "1.5h", "m", "1 m", " 1m", "1m ", "1m\n", "\u0661m",
        "3651d", "999999999d",
        "9" * 41, "nan", "inf", "1y", "1w", float("nan"), float("inf"), -1, 10**400, True, None, [], b"1m",
    ],
    ids=shown,
)  # fmt: skip
def test_any_other_span_is_refused(text: object) -> None:
    """The error names the field and shows the forms that are allowed."""
    with pytest.raises(UsageError, match=r"^deadline is .*1h30m"):
        seconds("deadline", text)


def test_an_empty_span_is_refused() -> None:
    """Nothing is not zero."""
    with pytest.raises(UsageError):
        seconds("deadline", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10m", NOW - timedelta(minutes=10)),
        ("1d", NOW - timedelta(days=1)),
        ("14:05", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        ("14:05:30", NOW),
        ("14:06", datetime(2026, 1, 30, 14, 6, tzinfo=UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.5+01:00", datetime(2026, 1, 2, 2, 4, 5, 500_000, tzinfo=UTC)),
        ("2026-01-02 03:04+00:00", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        (NOW, NOW),
        ("now", NOW),
        ("9:05", datetime(2026, 1, 31, 9, 5, tzinfo=UTC)),
        ("1h30m ago", NOW - timedelta(minutes=90)),
        ("yesterday 9:00", datetime(2026, 1, 30, 9, tzinfo=UTC)),
        ("today 23:00", datetime(2026, 1, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_point_of_time_is_a_span_ago_a_time_of_day_or_a_date(text: str | datetime, expected: datetime) -> None:
    """A time of day is the last time that it was."""
    assert moment("since", text, now=NOW) == expected


def test_a_time_without_zone_is_local() -> None:
    """What a person writes without a zone is the time of their machine."""
    assert moment("since", "2026-01-02T03:04:05", now=NOW) == datetime(2026, 1, 2, 3, 4, 5).astimezone()


def test_a_time_of_day_is_that_of_the_present_zone() -> None:
    """The clock that is read is the one on the wall."""
    now = NOW.astimezone(timezone(timedelta(hours=9)))

    assert moment("since", "14:05", now=now) == datetime(2026, 1, 31, 14, 5, tzinfo=now.tzinfo)


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "10", "24:00", "12:60", "1:5", "12",
        "10 ago", " ago", "ago", "1h ago ago", "tomorrow 9:00", "1h  ago", "-10m", "1e9h", "2026-13-01", "2026-02-30",
        "0001-01-01", "9999-12-31",
        "2026-01-01T00:00:00+99:00", "10 m", "10m\n", "x" * 10_000, None, 10, ["10m"], "3651d",
    ],
    ids=shown,
)  # fmt: skip
def test_any_other_point_of_time_is_refused(text: object) -> None:
    """The error names the field and shows the forms that are allowed."""
    with pytest.raises(UsageError, match=r"^since is .*14:05"):
        moment("since", text, now=NOW)  # type: ignore[arg-type] # that is the point


@given(st.text(max_size=60) | st.text("0123456789dhms.:-TZ+ ", max_size=60))
@example("1" * 10_000)
@example("1d" * 5000)
@example("1970-01-01T00:00:00+23:59")
@example("0001-01-01T00:00:00")
def test_any_text_is_a_time_in_range_or_refused(text: str) -> None:
    """Whatever is given, the answer is within the range, or a UsageError."""
    span, time = outcome(lambda: seconds("drain", text)), outcome(lambda: moment("since", text, now=NOW))

    assert (isinstance(span, float) and 0 <= span <= LONGEST) or len(str(span)) < 500
    assert (isinstance(time, datetime) and time.tzinfo is not None) or len(str(time)) < 500
