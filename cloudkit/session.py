"""What the handles of one cloud share: its backend, and the one path of every change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, local
from typing import TYPE_CHECKING

from cloudkit.backends.healing import Healable
from cloudkit.backends.protocol import Backend
from cloudkit.backends.readonly import read_only
from cloudkit.detaching import detachable
from cloudkit.errors import ConflictError, NotFoundError, UnsupportedError
from cloudkit.journal.note import Note, Told
from cloudkit.journal.recorder import Recorder
from cloudkit.model.app import AppSpec
from cloudkit.model.checks import check_number
from cloudkit.model.image import ImageState
from cloudkit.model.kinds import SCALED
from cloudkit.model.log import Event
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener, Phase, Progress, silent
from cloudkit.model.reference import Reference
from cloudkit.model.state import AppState, Revision
from cloudkit.telemetry import Telemetry

if TYPE_CHECKING:
    from cloudkit.journal.journal import Journal
    from cloudkit.model.given import GivenSecrets

__all__ = ["Session"]

SHORTEST, LONGEST = 0.5, 3600.0  # seconds between two looks of a controller
TRIES = 3  # of a change that does not depend on what the other writer did


class _Planning(local):
    """What a thread plans: one that looks ahead does not keep another from acting."""

    plans: list[Plan] | None = None


@dataclass(eq=False)
class Session:
    """One cloud's connection; several threads may use it at once.

    Args:
        connect: Makes the backend when it is first needed.
        listener: Hears of long work.
        telemetry: Hears of each operation.
        recorder: Notes each operation in the journal.
    """

    connect: Callable[[], Backend]
    listener: Listener = silent
    telemetry: Telemetry = field(default_factory=Telemetry)
    recorder: Recorder = field(default_factory=Recorder)
    _planning: _Planning = field(default_factory=_Planning, init=False, repr=False)
    _connecting: Lock = field(default_factory=Lock, init=False, repr=False)
    _connection: Backend | None = field(default=None, init=False, repr=False)

    @property
    def backend(self) -> Backend:
        """The backend, connected on first use; while planning, one that refuses to act."""
        return self._connected() if self.plans is None else read_only(self._connected())

    def _connected(self) -> Backend:
        with self._connecting:
            if self._connection is None:
                self._connection = self.connect()
            return self._connection

    @property
    def journal(self) -> Journal:
        """What is noted of this backend; raises ``UsageError`` where no journal is kept."""
        return self.recorder.journal(self._connected())

    @property
    def connected(self) -> bool:
        """True once the backend has been used."""
        return self._connection is not None

    @property
    def plans(self) -> list[Plan] | None:
        """The plans that this thread records in place of acting; None while it acts."""
        return self._planning.plans

    @contextmanager
    def operation(self, verb: str, app: str = "", *, planned: bool = False) -> Iterator[Note]:
        """Tell telemetry and the journal of one operation; what is only planned is none for the journal.

        Args:
            verb: What is done.
            app: To which app.
            planned: True for one that changes nothing before it has a plan.
        """
        backend = self._connected()
        with self.telemetry.operation(verb, backend.name, app=app, namespace=backend.namespace):
            if self.plans is not None:
                yield Note()
                return
            with self.recorder.operation(backend, verb, app, planned=planned) as note:
                yield note

    def told(self, verb: str, app: str, said: Told) -> None:
        """Note what was asked for and changed nothing."""
        self.recorder.tell(self._connected(), verb, app, said)

    @contextmanager
    def planning(self) -> Iterator[list[Plan]]:
        """Record what the verbs inside would do, a plan for each app, and do none of it."""
        outer, plans = self.plans, list[Plan]()
        self._planning.plans = plans
        try:
            yield plans
        finally:
            self._planning.plans = outer

    def wanted(self, name: str) -> tuple[AppSpec, int]:
        """Return what is wanted of an app, and the generation that says so; what is only planned counts as wanted."""
        planned = next((plan for plan in reversed(self.plans or ()) if plan.app == name), None)
        if planned is None:
            state = self.backend.get(name)
            self.recorder.note.found(state)
            return state.spec, state.generation
        if planned.after is None:
            message = f"app {name!r} is not there: the plan before this one removes it"
            raise NotFoundError(message)
        return planned.after, planned.generation

    def published(self, image: ImageState) -> Reference:
        """Return the reference that replicas get an image by, sent to where they pull from where it must be."""
        return self.backend.images.publish(image, listener=self.listener)

    def change(
        self,
        name: str,
        change: Callable[[AppSpec], AppSpec],
        *,
        verb: str,
        wait: bool = True,
        timeout: float | None = None,
    ) -> AppState | None:
        """Change what is wanted of an app that is there, never over another writer's change.

        Returns:
            What is there now; None when it was only planned.
        """
        with self.operation(verb, name, planned=True):
            return self._follow(name, lambda: self._changed(name, change), wait=wait, timeout=timeout)

    def deploy(
        self, spec: AppSpec, *, keep_replicas: bool, wait: bool = True, timeout: float | None = None
    ) -> AppState | None:
        """Make a spec true, whether or not the app is there.

        Args:
            spec: What is wanted.
            keep_replicas: True keeps the number that is there, as a deployment says nothing of it.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; None leaves the end to the spec's own deadline.
        """
        with self.operation("deploy", spec.name, planned=True):
            return self._follow(spec.name, lambda: self._deployed(spec, keep=keep_replicas), wait=wait, timeout=timeout)

    def _changed(self, name: str, change: Callable[[AppSpec], AppSpec]) -> tuple[AppSpec, int]:
        spec, generation = self.wanted(name)
        return change(spec), generation

    def _deployed(self, spec: AppSpec, *, keep: bool) -> tuple[AppSpec, int | None]:
        """Return what a deployment wants, and the generation that it goes on from; None where a plan says so."""
        try:
            present, generation = self.wanted(spec.name)
        except NotFoundError:
            return spec, None if self.plans else 0
        replicas = present.replicas if keep and spec.kind in SCALED else spec.replicas
        return spec.replace(replicas=replicas, restarted=present.restarted), generation

    def _follow(
        self, name: str, want: Callable[[], tuple[AppSpec, int | None]], *, wait: bool, timeout: float | None
    ) -> AppState | None:
        """Do what is wanted, asked again where another writer changed the app in between."""
        for _ in range(TRIES):
            spec, generation = want()
            plan = self.backend.plan(spec)
            if generation in (None, plan.generation):
                return self._execute(plan, wait=wait, timeout=timeout)
        message = f"app {name!r} is being changed by others faster than this change can follow"
        raise ConflictError(message, hint=f"cloudkit status {name}")

    def earlier(self, name: str, others: Sequence[Revision]) -> Revision:
        """Choose the revision to go back to, and tell the listener why: the last one that was healthy.

        Args:
            name: The app.
            others: The revisions that it may be, newest first.
        """
        if not self.recorder.keeps(self._connected()):
            return others[0]
        from cloudkit.journal.health import health_of, healthy

        chosen, why = healthy(others, health_of(self.journal.changes(name)))
        self.listener(Progress(phase=Phase.NOTICE, item=name, message=f"goes back to {why}", done=True))
        return chosen

    def undo(self, app: str | None, *, force: bool, wait: bool, timeout: float | None) -> tuple[str, AppState | None]:
        """Make true again what was wanted before the last change that the journal has.

        Args:
            app: The last change of this app; of any where None.
            force: True undoes it though the app was changed otherwise since.
            wait: Return when all is as wanted.
            timeout: Seconds at the most.

        Returns:
            Which app, and what is there now; None when it is gone, or was only planned.
        """
        from cloudkit.journal.undoing import Undo

        undo = Undo.of_last(self.journal, app)
        with self.operation("undo", undo.app, planned=True) as note:
            note.undoes = undo.number
            self.listener(Progress(phase=Phase.NOTICE, item=undo.app, message=str(undo), done=True))
            plan = undo.plan(self.backend, force=force)
            return undo.app, self._execute(plan, wait=wait, timeout=timeout)

    def delete(self, name: str) -> None:
        """Remove an app; one that is not there is no error."""
        with self.operation("delete", name, planned=True):
            self._execute(self.backend.plan_delete(name), wait=True, timeout=None)

    def apply(
        self, plans: Sequence[Plan], *, given: GivenSecrets, wait: bool = True, timeout: float | None = None
    ) -> list[AppState]:
        """Make plans true, each from what it was made from; while planning, record them.

        Args:
            plans: Of one app each.
            given: The secrets that plans out of a file have not got.
            wait: Return when all is as wanted.
            timeout: Seconds at the most for each app.

        Returns:
            What is there now of the apps that stay; nothing when it was only planned.
        """
        from cloudkit.applying import Applying

        operation = partial(self.operation, "apply", planned=True)
        act = Applying(backend=self.backend, given=given, operation=operation, act=self._act)
        if self.plans is None:
            return act.apply(plans, wait=wait, timeout=timeout)
        for plan in act.checked(plans):
            self._record(plan)
        return []

    def adopt(
        self, workload: str, *, name: str | None, lossy: bool, wait: bool = True, timeout: float | None = None
    ) -> str:
        """Make an app of a workload that somebody else has made, and return the app's name."""
        with self.operation("adopt", name or workload.rpartition("/")[2], planned=True):
            plan = self.backend.plan_adopt(workload, name=name, lossy=lossy)
            self._execute(plan, wait=wait, timeout=timeout)
        return plan.app

    def control(self, *, interval: float, once: bool) -> Iterator[Event]:
        """Heal what apps have lost, and yield what happens; while planning, record what there is to heal now."""
        from cloudkit.controller.controller import control, this_process

        check_number("interval", interval, SHORTEST, LONGEST)
        backend = self._connected()  # what it can do is not told by one that only looks
        if not isinstance(backend, Healable):
            message = f"{backend.name} needs no controller: it heals by itself what runs on it"
            raise UnsupportedError(message, capability="controller", hint="cloudkit apps")
        if self.plans is not None:
            plans = [self.backend.plan(state.spec) for state in self.backend.apps() if not state.settled]
            for plan in plans:
                if not plan.empty:
                    self._record(plan)
            return iter(())
        return self._controlled(control(backend, interval=interval, once=once, holder=this_process()))

    def _controlled(self, events: Iterator[Event]) -> Iterator[Event]:
        with self.operation("controller"):
            yield from events

    def _execute(self, plan: Plan, *, wait: bool, timeout: float | None) -> AppState | None:
        if self.plans is not None:
            self._record(plan)
            return None
        return self._act(plan, wait=wait, timeout=timeout)

    def _act(self, plan: Plan, *, wait: bool, timeout: float | None) -> AppState | None:
        note = self.recorder.note
        note.planned(plan)
        with detachable(self.backend, plan.app, plan.after) if plan.after else nullcontext():
            state = self.backend.apply(plan, wait=wait, timeout=timeout, listener=self.listener)
        note.seen(state)
        return state

    def _record(self, plan: Plan) -> None:
        """Keep a plan; of one app the last one holds, as it leads from what is there to all that is wanted."""
        plans = self.plans if self.plans is not None else []
        place = next((index for index, one in enumerate(plans) if one.app == plan.app), len(plans))
        plans[place : place + 1] = [plan]

    def close(self) -> None:
        """Let go of the connection; calling it twice is no error."""
        if self._connection is not None:
            self._connection.close()
