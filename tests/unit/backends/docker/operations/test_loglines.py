"""Lines are made of what the engine's log sends: stamped, bounded, whatever was printed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.docker.operations.frames import STDERR, STDOUT, Piece, whole
from cloudkit.backends.docker.operations.loglines import read_lines
from cloudkit.backends.replicalogs.stamped import LINE_LIMIT

STAMP = b"2026-01-02T03:04:05.%09dZ "


def piece(number: int, text: bytes, stream: int = STDOUT) -> Piece:
    """Return a whole record of the engine's."""
    return Piece(stream=stream, data=STAMP % number + text, first=True)


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=30), max_size=5), st.data())
def test_any_cut_of_a_record_gives_the_same_lines(texts: list[str], data: st.DataObject) -> None:
    """Where the chunks cut a record, also amid its stamp, does not show."""
    pieces = []
    for number, text in enumerate(texts):
        record = STAMP % number + text.encode() + b"\n"
        cut = data.draw(st.integers(0, len(record)))
        pieces += [Piece(STDOUT, record[:cut], first=True), Piece(STDOUT, record[cut:])]

    lines = list(read_lines(pieces, "web-1"))

    assert [line.line.text for line in lines] == texts
    assert [line.stamp % 10**9 for line in lines] == list(range(len(texts)))


def test_a_line_in_many_records_is_one_line() -> None:
    """The engine cuts a long line into records with a stamp each; the first one counts."""
    pieces = [piece(1, b"a" * 16384), piece(1, b"b" * 16384), piece(1, b"c\n"), piece(2, b"next\n")]

    one, two = read_lines(pieces, "web-1")

    assert (len(one.line.text), one.stamp % 10**9, two.line.text) == (32769, 1, "next")


def test_two_streams_do_not_mix() -> None:
    """A line of one stream is not ended by one of the other."""
    pieces = [piece(1, b"half"), piece(2, b"error\n", STDERR), piece(3, b" whole\n")]

    lines = [(line.line.stream, line.line.text) for line in read_lines(pieces, "web-1")]

    assert lines == [("stderr", "error"), ("stdout", "half whole")]


def test_a_line_is_cut_at_64_kib() -> None:
    """What is beyond is dropped, and the next line is itself again."""
    pieces = [piece(1, b"x" * 16384) for _ in range(100)] + [piece(1, b"\n"), piece(2, b"next\n")]

    one, two = read_lines(pieces, "web-1")

    assert (len(one.line.text), two.line.text) == (LINE_LIMIT, "next")


@given(st.integers(1, 50))
def test_a_terminals_stamps_are_taken_out_of_long_lines(size: int) -> None:
    """Without frames a stamp stands at the beginning of a line and after each 16 KiB of it."""
    long = STAMP % 1 + b"x" * 16384 + STAMP % 1 + b"y" * 16384 + STAMP % 1 + b"z\r\n"
    wire = long + STAMP % 2 + b"two words\r\n"

    lines = list(read_lines(whole(wire[at : at + size] for at in range(0, len(wire), size)), "web-1", framed=False))

    assert [line.line.text for line in lines] == ["x" * 16384 + "y" * 16384 + "z", "two words"]


def test_what_has_no_stamp_is_kept_as_text() -> None:
    """A record of another kind is not lost."""
    pieces = [piece(7, b"known\n"), Piece(STDOUT, b"no stamp here\n", first=True)]

    lines = list(read_lines(pieces, "web-1"))

    assert [(line.line.text, line.stamp % 10**9) for line in lines] == [("known", 7), ("no stamp here", 7)]
