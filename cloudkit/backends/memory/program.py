"""How an image of the twin behaves when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cloudkit.backends.memory.commands import Execution, execute

__all__ = ["Behaviour", "Program", "Request", "Response"]

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a program is asked over HTTP.

    Args:
        path: The path with its query.
        replica: The replica that answers.
        env: Its environment, secrets revealed.
    """

    path: str = "/"
    replica: str = ""
    env: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back: a status, a body, and the replica that answered; 502 and 503 come from the balancer."""

    status: int = 200
    body: str = ""
    replica: str = ""


def greet(request: Request) -> str:
    """Answer every path with the replica's name: what a program does that was given no other answer."""
    return f"{request.replica}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What an image does when it runs; all times in seconds of the twin's clock.

    Args:
        starts: How long it takes until it listens; None is at once, and never for one that exits with an error.
        exits: When it ends by itself, counted from its start; None runs until it is stopped.
        exit_code: With which code it ends then.
        listens: The ports it opens; None opens those that the app declares.
        loopback: True listens where only the replica itself reaches it.
        prints: What it prints as it starts.
        last_words: What it prints on its standard error as it ends by itself.
        answer: What it answers to a request: a body, or a response.
        latency: How long a request takes.
        memory: Bytes in use; more than the limit kills it.
        cpu: Cores in use.
        ignores_stop: True goes on after the stop signal until it is killed.
        execute: What a command inside it does: its exit code and output.

    >>> Program(starts=2, answer=lambda request: f"hello from {request.replica}").listens_after
    2
    >>> Program(exits=1, exit_code=3).listens_after is None
    True
    """

    starts: float | None = None
    exits: float | None = None
    exit_code: int = 0
    listens: tuple[int, ...] | None = None
    loopback: bool = False
    prints: tuple[str, ...] = ()
    last_words: tuple[str, ...] = ()
    answer: Callable[[Request], Response | str] = greet
    latency: float = 0.0
    memory: int = 16 * MEBIBYTE
    cpu: float = 0.01
    ignores_stop: bool = False
    execute: Callable[[Execution], tuple[int, str]] = execute

    @property
    def listens_after(self) -> float | None:
        """How long it takes until it listens; None never."""
        if self.starts is None:
            return None if self.exits is not None and self.exit_code else 0.0
        return self.starts

    def respond(self, request: Request) -> Response:
        """Return what it answers; a handler that raises is a 500, as in a server."""
        try:
            answer = self.answer(request)
        except Exception as error:  # noqa: BLE001  # the user's handler may raise anything, and the server lives on
            answer = Response(status=500, body=f"{type(error).__name__}: {error}")
        if isinstance(answer, str):
            return Response(body=answer, replica=request.replica)
        return Response(status=answer.status, body=answer.body, replica=request.replica)


Behaviour = Program | Callable[[Mapping[str, str]], Program]
