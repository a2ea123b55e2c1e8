"""Lines are made of what a node sends, however it is cut."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.kubernetes.operations.loglines import read_lines, records
from cloudkit.backends.replicalogs.stamped import LINE_LIMIT

SECOND = 1_700_000_000
STAMP = b"2023-11-14T22:13:20.%09dZ"


def sent(*texts: bytes) -> bytes:
    """Return what a node sends of lines, one a nanosecond."""
    return b"".join(STAMP % number + b" " + text + b"\n" for number, text in enumerate(texts))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at these places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


@given(st.lists(st.binary(max_size=20).map(lambda text: text.replace(b"\n", b""))), st.lists(st.integers(0, 999)))
def test_lines_are_the_same_however_the_answer_is_cut(texts: list[bytes], places: list[int]) -> None:
    """Each line with its own time, in order, whatever bytes it holds."""
    found = list(records(cut(sent(*texts), places), whole=True))

    assert found == [(SECOND * 10**9 + number, text) for number, text in enumerate(texts)]


def test_what_has_no_time_is_no_line_of_the_program() -> None:
    """A node mixes words of its own into an answer."""
    noise = b"failed to watch file: too many open files\n\n"

    lines = list(read_lines([noise + sent(b"one") + noise + sent(b"two")], "web-1", whole=True))

    assert [(one.line.text, one.line.replica) for one in lines] == [("one", "web-1"), ("two", "web-1")]


def test_a_last_line_that_may_be_cut_is_left_to_the_next_reading() -> None:
    """A connection that broke has not told all of it; an answer that ended has."""
    begun = sent(b"whole") + STAMP % 7 + b" the begin"

    assert [text for _, text in records([begun], whole=False)] == [b"whole"]
    assert [text for _, text in records([begun], whole=True)] == [b"whole", b"the begin"]


def test_a_line_is_cut_at_64_kib_and_the_next_one_is_whole() -> None:
    """Also one that comes in many pieces; nothing of it beyond that is held."""
    data = sent(b"x" * (5 * LINE_LIMIT), b"next")

    texts = [one.line.text for one in read_lines(cut(data, list(range(0, len(data), 4096))), "web-1", whole=True)]

    assert [(len(text), text[:4]) for text in texts] == [(LINE_LIMIT, "xxxx"), (4, "next")]
