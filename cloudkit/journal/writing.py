"""One operation while it goes on: its entry is begun before anything changes, and ended however it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cloudkit.errors import CloudkitError, NotFoundError
from cloudkit.journal.note import Note, Told
from cloudkit.journal.redact import texts
from cloudkit.journal.row import Row
from cloudkit.journal.seal import Sealer
from cloudkit.journal.store import Store
from cloudkit.model.app import AppSpec
from cloudkit.model.frozen import changed
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.state import AppPhase, AppState
from cloudkit.telemetry import outcome_of

__all__ = ["OPEN", "Writing"]

OPEN: set[tuple[str, int]] = set()
"""The entries that this process has begun and not ended: the journal and the number."""
_WELL = frozenset({AppPhase.READY, AppPhase.COMPLETED})
_CUT_OFF = (KeyboardInterrupt, GeneratorExit, SystemExit)


@dataclass(slots=True, eq=False, kw_only=True)
class Writing(Note):
    """A note that is written down.

    Args:
        store: Where.
        row: What is known so far.
        clock: Gives microseconds since the epoch.
        listener: Hears of an end that could not be noted.
    """

    store: Store
    row: Row
    clock: Callable[[], int]
    listener: Listener
    _started: float = field(default_factory=time.perf_counter)
    _number: int = 0
    _state: AppState | None = None
    _looked: bool = False
    _specs: dict[str, str] = field(default_factory=dict)

    def found(self, state: AppState) -> None:
        """Keep what was there before."""
        ready = int(state.settled and state.phase in _WELL)
        self.row = replace(self.row, found_revision=state.revision, found_ready=ready)

    def planned(self, plan: Plan) -> None:
        """Begin the entry of a change; of a further plan of the same one, note that in its place."""
        values: dict[str, object] = {
            "plan": plan.digest,
            "generation": plan.generation,
            "before": self._sealed(plan.before),
            "after": self._sealed(plan.after),
        }
        self.row = changed(self.row, values)
        if self._number:
            self.store.change(self._number, values, self._taken())
        else:
            self.begin()

    def seen(self, state: AppState | None) -> None:
        """Keep what is there now."""
        self._state, self._looked = state, True

    def begin(self) -> None:
        """Write the entry down, before anything changes."""
        self._number = self.store.begin(replace(self.row, undoes=self.undoes, image=self.image), self._taken())
        OPEN.add((self.store.where, self._number))

    def end(self, failure: BaseException | None, look: Callable[[], AppState]) -> None:
        """Write down how it ended; what is done is done, so that an end which cannot be noted is only told."""
        try:
            values = self._ending(failure, look)
            if self._number:
                self.store.change(self._number, values, self._taken())
            elif failure is not None:
                self.store.begin(changed(self.row, values), self._taken())
        except CloudkitError as error:
            message = f"the journal could not note the end of {self.row.verb}: {error.summary}"
            self.listener(Progress(phase=Phase.NOTICE, item=self.row.app or self.row.verb, message=message, done=True))
        finally:
            self.leave()

    def told(self, said: Told) -> None:
        """Write down at once what has no course."""
        values: dict[str, object] = {
            "ended": self.clock(),
            "seconds": 0.0,
            "outcome": said.outcome,
            "error": _clean(said.error),
            "arguments": json.dumps(texts(said.arguments)),
        }
        self.store.begin(changed(self.row, values), {})

    def leave(self) -> None:
        """Be at it no longer."""
        OPEN.discard((self.store.where, self._number))

    def _ending(self, failure: BaseException | None, look: Callable[[], AppState]) -> dict[str, object]:
        said = failure.summary if isinstance(failure, CloudkitError) else type(failure).__name__ if failure else ""
        values: dict[str, object] = {
            "ended": self.clock(),
            "seconds": round(time.perf_counter() - self._started, 6),
            "outcome": outcome_of(failure),
            "error": _clean(said),
            "image": self.image,
            "undoes": self.undoes,
        }
        if not self.row.plan:
            return values
        if failure is not None and not isinstance(failure, _CUT_OFF):
            self._look(look)
        return values | self._reached(failed=failure is not None)

    def _look(self, look: Callable[[], AppState]) -> None:
        """See what a failed change has left."""
        try:
            self.seen(look())
        except NotFoundError:
            self.seen(None)
        except CloudkitError:
            self._looked = False  # whoever reads the entry looks again

    def _reached(self, *, failed: bool) -> dict[str, object]:
        """Return what is wanted now, where somebody has looked."""
        if not self._looked:
            return {}
        state = self._state
        if state is None:
            return {"settled": 1, "reached": 0, "wanted": None}
        well = state.settled and state.phase in _WELL
        return {
            "settled": 1,
            "reached": state.generation,
            "wanted": self._sealed(state.spec),
            "revision": state.revision,
            "ready": int(well) if well or failed else None,
            "image": str(state.spec.image.digest or ""),
        }

    def _sealed(self, spec: AppSpec | None) -> str | None:
        if spec is None:
            return None
        digest, content = Sealer(self.store.salt).sealed(spec)
        self._specs[digest] = content
        return digest

    def _taken(self) -> dict[str, str]:
        taken, self._specs = self._specs, {}
        return taken


def _clean(text: str) -> str:
    """Return a text as a database takes it."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
