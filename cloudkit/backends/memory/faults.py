"""Faults that a test can put into the twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cloudkit.backends.memory.clock import Clock
from cloudkit.backends.memory.container import Container
from cloudkit.errors import NotFoundError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.reference import Reference

__all__ = ["Faults", "Killed"]


class Killed(BaseException):
    """The caller's process is killed here: nothing after this runs, as after ``kill -9``."""


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong in a world; every fault is put in by a call and holds until ``clear``, unless it says otherwise.

    Args:
        clock: The world's clock.
        find: Finds a replica by its name.
        lost: Takes a replica out of the world.
    """

    clock: Clock
    find: Callable[[str], Container | None]
    lost: Callable[[Container], None]
    missing: set[Reference] = field(default_factory=set)
    refusals: dict[str, Cause] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    _conflicts: int = 0
    _delay: float = 0.0
    _steps_left: int | None = None

    def crash(self, replica: str, *, exit_code: int = 1) -> None:
        """Let a replica's process end though nobody asked, once; its restart policy decides what follows."""
        with self.clock.lock:
            self._replica(replica).end(exit_code)

    def lose(self, replica: str) -> None:
        """Let a replica vanish, as if somebody had removed it by hand, once."""
        with self.clock.lock:
            self.lost(self._replica(replica))

    def halt(self, replica: str) -> None:
        """Let somebody stop a replica by hand, once."""
        with self.clock.lock:
            self._replica(replica).stop()

    def image_missing(self, reference: Reference | str) -> None:
        """Let an image be neither here nor in its registry."""
        self.missing.add(_unpinned(reference))

    def refuse_start(
        self, app: str, code: CauseCode = CauseCode.COMMAND_NOT_FOUND, *, summary: str = "", fix: str = ""
    ) -> None:
        """Let the engine refuse to start new replicas of an app, for a certain cause."""
        text = summary or f"the engine refuses to start {app!r}: {code.value.replace('_', ' ')}"
        self.refusals[app] = Cause(code=code, summary=text, evidence=(text,), fix=fix or f"cloudkit logs {app}")

    def port_taken(self, port: int) -> None:
        """Let another process of the host listen on a port."""
        self.ports.add(port)

    def conflict_next(self) -> None:
        """Let another writer change the app before the next change, once."""
        self._conflicts += 1

    def kill_at(self, step: int) -> None:
        """Kill the caller's process in front of its n-th next step, from 1, once: ``Killed`` is raised there."""
        self._steps_left = step

    def slow(self, seconds: float) -> None:
        """Let every step of the engine take this long."""
        self._delay = seconds

    def clear(self) -> None:
        """Take every fault back; what has happened stays."""
        for held in (self.missing, self.refusals, self.ports):
            held.clear()
        self._conflicts, self._delay, self._steps_left = 0, 0.0, None

    def take_conflict(self) -> bool:
        """Use up one ``conflict_next``; False when there is none."""
        taken = self._conflicts > 0
        self._conflicts -= taken
        return taken

    def step(self) -> None:
        """Pass one step of the engine: where a kill or a delay is felt."""
        if self._delay:
            self.clock.advance(self._delay)
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left <= 0:
                self._steps_left = None
                raise Killed

    def is_missing(self, reference: Reference) -> bool:
        """Tell whether an image cannot be had."""
        return _unpinned(reference) in self.missing

    def _replica(self, name: str) -> Container:
        container = self.find(name)
        if container is None:
            raise NotFoundError(f"replica {name!r} is not there", hint="cloudkit apps")
        return container


def _unpinned(reference: Reference | str) -> Reference:
    known = Reference.parse(reference) if isinstance(reference, str) else reference
    return Reference(domain=known.domain, path=known.path, tag=known.tag)
