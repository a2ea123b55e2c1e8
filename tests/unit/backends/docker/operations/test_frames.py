"""The engine's two streams in one are taken apart, however the chunks cut them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.docker.operations.frames import STDERR, STDOUT, demultiplex

frames = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=40)), max_size=8)


@given(frames, st.integers(1, 30))
def test_any_cut_gives_the_same_frames(frames: list[tuple[int, bytes]], size: int) -> None:
    """What comes out is what went in, by stream, with each frame's beginning marked once."""
    wire = b"".join(bytes([stream, 0, 0, 0]) + len(data).to_bytes(4) + data for stream, data in frames)

    pieces = list(demultiplex(wire[at : at + size] for at in range(0, len(wire), size)))

    for stream in (STDOUT, STDERR):
        sent = b"".join(data for number, data in frames if number == stream)
        assert b"".join(piece.data for piece in pieces if piece.stream == stream) == sent
    assert sum(piece.first for piece in pieces) == sum(bool(data) for _, data in frames)


def test_a_frame_that_says_to_be_huge_is_not_held() -> None:
    """A length of four gigabytes costs nothing: what comes is passed on as it comes."""
    wire = iter([b"\x01\0\0\0\xff\xff\xff\xff", b"a" * 1000, b"b" * 1000])

    sizes = [len(piece.data) for piece in demultiplex(wire)]

    assert sizes == [1000, 1000]
