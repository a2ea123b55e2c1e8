"""What a law needs besides the public API: a program that behaves as told, requests, and hands on the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from cloudkit.cloud import Cloud
from cloudkit.model.state import Replica

__all__ = ["PORT", "Answer", "Driver", "Foreign", "Load", "Verb"]

PORT = 8080  # where the program listens


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from an app."""

    status: int
    body: str


@dataclass(slots=True)
class Load:
    """What requests met that went on meanwhile."""

    count: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """Something that runs the program, and that cloudkit has not made.

    Args:
        workload: Its kind and name.
        name: Its name.
        url: Where it is reached from outside; it is the same once it is an app.
    """

    workload: str
    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A changing verb as data, so that another process can call it.

    Args:
        name: A method of ``Cloud`` where ``app`` is empty, else of ``App``.
        app: The app.
        options: Its keyword arguments, of plain values.
    """

    name: str
    app: str = ""
    options: Mapping[str, object] = field(default_factory=dict, hash=False)


class Driver(Protocol):
    """One engine under test. Its program is told what to do by environment variables; see ``behaviour.py``.

    Args:
        cloud: A cloud on it.
        image: The program's image.
        kill_points: In front of which changes of the engine a verb is killed.
        heals: True where the engine itself makes again what was lost or stopped by hand, before anybody asks.
        keeps_stopped: True where a stopped app keeps its replicas; else a stop removes them.
        measured: Seconds until a replica's figures are known.
        lag: Seconds until every way to an app has heard of a change; a backend cannot see that on some engines.
    """

    cloud: Cloud
    image: str
    kill_points: tuple[int, ...]
    heals: bool
    keeps_stopped: bool
    lag: float
    measured: float

    def close(self) -> None:
        """Let go of every connection."""
        ...

    def other_image(self, **env: str) -> str:
        """Return another image of the same program, with further variables of its own."""
        ...

    def second(self) -> Cloud:
        """Return what a second process has: a cloud of its own on the same engine and namespace."""
        ...

    def address(self, port: int) -> str:
        """Return the url of a published port."""
        ...

    def get(self, url: str) -> Answer:
        """Send a request from outside to a published url; a refused connection is status 0."""
        ...

    def load(self, url: str) -> AbstractContextManager[Load]:
        """Send requests without pause, several at once."""
        ...

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def crash(self, app: str, replica: Replica) -> None:
        """Let a replica's process end with exit code 3 though nobody asked."""
        ...

    def sicken(self, app: str, replica: Replica) -> None:
        """Let a replica answer ``/live`` with 500 from now on, and all else as before."""
        ...

    def controller(self) -> AbstractContextManager[None]:
        """Let a controller run meanwhile; an engine that heals by itself has one already."""
        ...

    def lose(self, replica: Replica) -> None:
        """Remove a replica by hand."""
        ...

    def halt(self, replica: Replica) -> None:
        """Stop a replica by hand."""
        ...

    def kill(self, verb: Verb, step: int) -> bool:
        """Call a verb in a process that is killed in front of its n-th change of the engine; False if it had fewer."""
        ...

    def taken_port(self) -> AbstractContextManager[int]:
        """Return a port of the host that another process listens on."""
        ...

    def free_port(self) -> int:
        """Return a port of the host that nobody listens on."""
        ...

    def leftovers(self, app: str) -> list[str]:
        """Name all that the engine still holds of an app, volumes apart."""
        ...

    def bystander(self) -> AbstractContextManager[Callable[[], object]]:
        """Put something beside the apps that is not theirs; return how it looks now."""
        ...

    def foreign(self, *, keeper: str = "", **env: str) -> AbstractContextManager[Foreign]:
        """Run the program by hand, as somebody does who has not got cloudkit, or has somebody else keep it.

        Args:
            keeper: Who keeps it; empty for nobody.
            env: What the program is told.
        """
        ...

    def visible(self, app: str) -> str:
        """Return all that anybody who may list things on the engine can read of an app without looking inside."""
        ...
