"""A port on this machine's loopback, each of whose connections is relayed to wherever a backend can reach."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Lock, Thread
from time import monotonic
from typing import Protocol

from cloudkit.errors import CloudkitError
from cloudkit.model.port import LOOPBACK

__all__ = ["Peer", "SocketPeer", "relayed_port"]

PIECE = 65536
LINGER = 10.0
"""Seconds of silence after which a connection ends whose near side has said all."""
FAREWELL = 3.0
"""Seconds that a thread gets to end once its connection is cut."""


class Peer(Protocol):
    """The far side of one connection."""

    def read(self) -> bytes:
        """Return what comes next; empty at the end, also when the connection breaks."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes; a far side that has ended is no error."""
        ...

    def end(self) -> None:
        """Say that nothing more will be sent."""
        ...

    def close(self) -> None:
        """End it, also while another thread reads; calling it twice is no error."""
        ...


class SocketPeer:
    """The far side as a socket of this machine's."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self) -> bytes:
        """Return what comes next; empty at the end."""
        with suppress(OSError):
            return self._connection.recv(PIECE)
        return b""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        with suppress(OSError):
            self._connection.sendall(data)

    def end(self) -> None:
        """Say that nothing more will be sent."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


@contextmanager
def relayed_port(connect: Callable[[], Peer]) -> Iterator[int]:
    """Listen on a free port of loopback while the block lasts, and give its number.

    Args:
        connect: Reaches the far side, once for each connection; one that it fails for is closed.
    """
    with socket.create_server((LOOPBACK, 0)) as listener:
        relay = _Relay(listener, connect)
        relay.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            relay.stop()


class _Relay:
    """All connections of one port."""

    def __init__(self, listener: socket.socket, connect: Callable[[], Peer]) -> None:
        self._listener = listener
        self._connect = connect
        self._lock = Lock()
        self._open: set[Peer] = set()
        self._threads: list[Thread] = []
        self._over = False

    def start(self) -> None:
        """Take connections."""
        self._begin(self._accept)

    def stop(self) -> None:
        """End all connections."""
        with self._lock:
            self._over = True
            ending = list(self._open)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for peer in ending:
            peer.close()
        for thread in self._threads:
            thread.join(FAREWELL)

    def _begin(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, name="cloudkit-forward", daemon=True)
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = SocketPeer(self._listener.accept()[0])
                self._begin(partial(self._serve, near))

    def _serve(self, near: SocketPeer) -> None:
        """Relay one connection, both ways, to its end."""
        try:
            far = self._connect()
        except CloudkitError:
            near.close()
            return
        if self._hold(near, far):
            _Exchange(near, far).to_end()
        for peer in (near, far):
            peer.close()
        with self._lock:
            self._open -= {near, far}

    def _hold(self, *peers: Peer) -> bool:
        with self._lock:
            self._open |= set(peers)
            return not self._over


class _Exchange:
    """One connection."""

    def __init__(self, near: Peer, far: Peer) -> None:
        self._near = near
        self._far = far
        self._ended = Event()
        self._heard = monotonic()

    def to_end(self) -> None:
        """Relay until the far side ends, or is silent after the near side has said all."""
        thread = Thread(target=self._back, name="cloudkit-forward-back", daemon=True)
        thread.start()
        while data := self._near.read():
            self._far.write(data)
        self._far.end()
        self._heard = monotonic()
        while not self._ended.wait(max(0.0, self._heard + LINGER - monotonic())):
            if monotonic() - self._heard >= LINGER:
                self._far.close()
                break
        thread.join(FAREWELL)

    def _back(self) -> None:
        while data := self._far.read():
            self._heard = monotonic()
            self._near.write(data)
        self._near.close()
        self._ended.set()
