"""What comes to the port goes to the far side and back, and ends with the block."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread

import pytest

from cloudkit.backends import relay
from cloudkit.backends.relay import SocketPeer, relayed_port
from cloudkit.errors import BackendError

MUCH = 3 << 20


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says all back once the other side has ended."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=_serve, args=(server,), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _serve(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            Thread(target=_answer, args=(server.accept()[0],), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        said = bytearray()
        while piece := connection.recv(65536):
            said += piece
        connection.sendall(said)


def dial(number: int) -> socket.socket:
    """Connect to a port of loopback."""
    return socket.create_connection(("127.0.0.1", number), 10)


def to_end(connection: socket.socket) -> bytes:
    """Read all that comes."""
    said = bytearray()
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            said += piece
    return bytes(said)


def test_bytes_go_both_ways_also_after_one_side_has_said_all(echo: int) -> None:
    """Several connections at once, each with its own bytes, and none is lost."""
    contents = [bytes([number]) * MUCH for number in range(3)]

    with relayed_port(lambda: SocketPeer(dial(echo))) as number:
        near = [dial(number) for _ in contents]
        writers = [Thread(target=_say, args=pair) for pair in zip(near, contents, strict=True)]
        for writer in writers:
            writer.start()
        answers = [to_end(one) for one in near]
        for one, writer in zip(near, writers, strict=True):
            writer.join(10)
            one.close()

    assert answers == contents


def _say(connection: socket.socket, content: bytes) -> None:
    connection.sendall(content)
    connection.shutdown(socket.SHUT_WR)


def test_the_end_of_the_block_ends_open_connections(echo: int) -> None:
    """And the port is free again."""
    with relayed_port(lambda: SocketPeer(dial(echo))) as number:
        near = dial(number)

    with closing(near):
        assert to_end(near) == b""
    with pytest.raises(OSError, match="refused"):
        dial(number)


def test_a_far_side_that_is_not_there_ends_one_connection_alone(echo: int) -> None:
    """The next one is tried again."""
    fails = [True]

    def connect() -> SocketPeer:
        if fails:
            fails.pop()
            raise BackendError("nobody answers")
        return SocketPeer(dial(echo))

    with relayed_port(connect) as number:
        with closing(dial(number)) as first:
            refused = to_end(first)
        with closing(dial(number)) as second:
            _say(second, b"again")
            answered = to_end(second)

    assert (refused, answered) == (b"", b"again")


def test_a_silent_far_side_is_let_go_when_the_near_side_has_said_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A protocol without a word for the end of one side does not keep connections for ever."""
    monkeypatch.setattr(relay, "LINGER", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        relayed_port(lambda: SocketPeer(dial(silent.getsockname()[1]))) as number,
        closing(dial(number)) as near,
    ):
        _say(near, b"hello")

        assert to_end(near) == b""
