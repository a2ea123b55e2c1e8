"""The way into a balancer: one interactive session with its UNIX socket, by exec.

No other container reaches that socket, and an engine far away is reached as a near one. An exec for each command takes
some 55 ms; a session takes that once and then 0.3 ms a command, so the session is kept.

Source: the engine's interface, "Attach to a container", on how its stream is framed.
"""

from __future__ import annotations

import struct
import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.balancer.config import IDLE_SESSION, SOCKET
from cloudkit.engine.errors import translate
from cloudkit.errors import BackendError, ConflictError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Control"]

PROMPT = b"\n> "
_PERL = """\
use IO::Socket::UNIX; $0 = "cloudkit-control"; my $buffer;
my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$ARGV[0]: $!\\n";
my $reader = fork // die "fork: $!\\n";
if (!$reader) { while (sysread $s, $buffer, 65536) { syswrite STDOUT, $buffer } kill TERM => getppid; exit }
while (sysread STDIN, $buffer, 65536) { syswrite $s, $buffer } kill TERM => $reader; wait"""
_SHELL = 'command -v socat >/dev/null && exec socat - "UNIX-CONNECT:$1"; exec perl -e "$2" "$1"'
CLIENT = ("sh", "-c", _SHELL, "control")
"""Joins the exec's streams to the socket by what the image has: socat, or the perl of every Debian."""
ANSWER_TIMEOUT = 10.0
OPEN_TIMEOUT = 10.0
RESTART_TIMEOUT = 3.0
"""How long the engine is given to restart one that ended; one that cannot start is in the same state for ever."""
_FRAME = struct.Struct(">BxxxL")


class Control:
    """A session with the runtime interface of one balancer; threads take turns.

    Args:
        api: The SDK's low-level client.
        container: The balancer's container.
        socket: Which of its sockets.
        prompt: What ends each of its answers.
    """

    def __init__(self, api: APIClient, container: str, *, socket: str = SOCKET, prompt: bytes = PROMPT) -> None:
        self._api = api
        self._container = container
        self._socket = socket
        self._prompt = prompt
        self._session: _Session | None = None
        self._lock = Lock()

    def ask(self, command: str) -> str:
        """Send one command and return its answer.

        Raises:
            BackendError: The balancer does not answer.
            ConflictError: Its container does not run.
        """
        if "\n" in command or "\r" in command:
            raise BackendError(f"a command of the balancer is one line, not {command!r}")
        with self._lock:
            try:
                return self._ask(command)
            except (OSError, EOFError) as error:
                self._close()
                raise BackendError(f"balancer {self._container} does not answer", evidence=[str(error)]) from error
            except BaseException:  # an interrupt: what is left of the answer would be read as the next one
                self._close()
                raise

    def _ask(self, command: str) -> str:
        kept = self._session
        if kept is not None and kept.fresh:
            with suppress(OSError, EOFError):  # the balancer was restarted in between
                return kept.ask(command)
        self._close()
        self._session = self._open()
        return self._session.ask(command)

    @property
    def connected(self) -> bool:
        """True while a session is open that can be asked at once."""
        kept = self._session
        return kept is not None and kept.fresh

    def close(self) -> None:
        """End the session; the next command opens another."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _open(self) -> _Session:
        """Open a session, waiting for a balancer that has only now been started, or that the engine restarts."""
        begun = time.monotonic()
        ends = begun + OPEN_TIMEOUT
        while True:
            try:
                session = self._attach()
            except ConflictError:
                if time.monotonic() >= begun + RESTART_TIMEOUT or not self._restarting():
                    raise
                time.sleep(0.02)
                continue
            try:
                session.greet()
            except (OSError, EOFError) as error:
                session.close()
                if time.monotonic() >= ends:
                    what = f"balancer {self._container} does not answer at its control socket"
                    raise BackendError(what, evidence=[session.said or str(error), *self._log()]) from error
                time.sleep(0.02)
            else:
                return session

    def _attach(self) -> _Session:
        with translate(f"reach balancer {self._container}"):
            made = self._api.exec_create(self._container, [*CLIENT, self._socket, _PERL], stdin=True)
            stream: Any = self._api.exec_start(made["Id"], socket=True)
        return _Session(stream, self._prompt)

    def _restarting(self) -> bool:
        with translate(f"look at balancer {self._container}"):
            state = self._api.inspect_container(self._container)["State"]
        return bool(state["Restarting"] or state["Running"])

    def _log(self) -> list[str]:
        with translate(f"read the log of balancer {self._container}"):
            return self._api.logs(self._container, tail=8).decode(errors="replace").splitlines()


class _Session:
    """A framed stream that speaks HAProxy's interactive mode.

    Args:
        stream: What the SDK hands over: a file around a socket, or where it goes by ssh, a channel.
        prompt: What ends each answer.
    """

    def __init__(self, stream: Any, prompt: bytes) -> None:
        self._prompt = prompt
        self._stream = stream
        self._socket: Any = getattr(stream, "_sock", stream)
        self._socket.settimeout(ANSWER_TIMEOUT)
        self._used = time.monotonic()
        self.said = ""

    @property
    def fresh(self) -> bool:
        """False when HAProxy may have closed the session by now."""
        return time.monotonic() - self._used < IDLE_SESSION / 2

    def greet(self) -> None:
        """Switch the interactive mode on, in which each answer ends in a prompt."""
        self.ask("prompt")

    def ask(self, command: str) -> str:
        self._socket.sendall(command.encode() + b"\n")
        answer = bytearray()
        while not answer.endswith(self._prompt):
            stream, size = _FRAME.unpack(self._read(_FRAME.size))
            chunk = self._read(size)
            if stream == 1:
                answer += chunk
            else:
                self.said = chunk.decode(errors="replace").strip()
        self._used = time.monotonic()
        return answer[: -len(self._prompt)].decode(errors="replace").strip()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()
        with suppress(OSError):
            self._stream.close()

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            chunk = self._socket.recv(size - len(data))
            if not chunk:
                raise EOFError(self.said or "the session ended")
            data += chunk
        return bytes(data)
