"""The rounds of the one that heals: look at every app, act where something is lacking, tell of it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from cloudkit.backends.healing import Healer
from cloudkit.controller.crons import Crons
from cloudkit.controller.jobs import Jobs
from cloudkit.controller.need import Case, described, needed
from cloudkit.controller.scaler import Scaler
from cloudkit.controller.vigil import Vigil
from cloudkit.errors import CloudkitError, ConflictError, NotFoundError, RolloutError
from cloudkit.model.kinds import ENDING
from cloudkit.model.log import Event
from cloudkit.model.plan import Plan
from cloudkit.model.progress import silent
from cloudkit.model.state import AppState

__all__ = ["CONTROLLER", "Rounds"]

CONTROLLER = "controller"
SOON = 0.5  # seconds between two looks while something is lacking
GATHER = 0.2  # seconds between what happened and the look at it, as happenings come in groups
BREATH = 0.1  # seconds between two looks at what others have finished


class Rounds:
    """One reign of one controller.

    Args:
        healer: The backend, in its hands.
        interval: Seconds between two looks at all apps where nothing happens.
        once: True ends it as soon as nothing is to be done.
    """

    def __init__(self, healer: Healer, *, interval: float, once: bool) -> None:
        self._healer = healer
        self._interval = interval
        self._once = once
        self._cases: dict[str, Case] = {}
        self._told: deque[Event] = deque()
        self._pool = ThreadPoolExecutor(healer.parallel, thread_name_prefix="cloudkit-heal")
        self._work: set[Future[None]] = set()
        self._vigil = Vigil(healer, self._dead, self._tell)
        self._scaler = Scaler(healer, self._tell)
        self._jobs = Jobs(healer, self._tell)
        self._crons = Crons(healer, self._tell)
        self._look_at = healer.seconds
        self._trouble = ""

    def go(self) -> Iterator[Event]:
        """Look and act until somebody else may be the one that heals."""
        try:
            while self._healer.held and not (yield from self._round()):
                happened = self._healer.rest(self._pause())
                if happened:
                    self._look_at = min(self._look_at, self._healer.seconds + GATHER)
        finally:
            self._vigil.close()
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _round(self) -> Generator[Event, None, bool]:
        """Do what is due; return True at the end of a single reign."""
        self._collect()
        if self._healer.seconds >= self._look_at:
            self._look_at = math.inf
            self._look()
            self._look_at = min(
                self._look_at, self._crons.next(), self._healer.seconds + (SOON if self._lacking else self._interval)
            )
        self._vigil.ask()
        self._scale()
        while self._told:
            yield self._told.popleft()
        return self._once and self._healer.seconds < self._look_at and not self._unfinished

    @property
    def _lacking(self) -> bool:
        now = self._healer.seconds
        return self._jobs.lacking or any(case.lacking(now) for case in self._cases.values())

    @property
    def _unfinished(self) -> bool:
        now = self._healer.seconds
        return bool(self._work) or self._jobs.lacking or any(case.unfinished(now) for case in self._cases.values())

    def _pause(self) -> float:
        ends = min(self._look_at, self._vigil.next(), self._scaler.next()) - self._healer.seconds
        return max(0.01, min(ends, BREATH) if self._work or self._vigil.asking else ends)

    def _look(self) -> None:
        try:
            states = self._healer.apps()
        except CloudkitError as error:
            self._worry(error)
            return
        self._trouble = ""
        there = {state.name for state in states}
        self._cases = {name: case for name, case in self._cases.items() if name in there or case.healing}
        self._jobs.forget(there)
        self._crons.forget(there)
        for state in states:
            self._consider(state, self._cases.setdefault(state.name, Case()))
        self._vigil.watch(states)
        self._scaler.watch(states)

    def _consider(self, state: AppState, case: Case) -> None:
        """Find out what an app lacks, and act when it is time."""
        if state.spec.kind in ENDING:
            if not case.healing and self._healer.seconds >= case.rests:
                self._run_on(state, case)
            return
        if case.healing or not case.look(state, self._healer.seconds):
            return
        self._healer.condemn({id for one in self._cases.values() for id in one.condemned})
        try:
            plan = self._healer.plan(state.spec)
        except CloudkitError as error:
            self._worry(error)
            return
        actions = needed(plan, state) if plan.generation == state.generation else ()
        case.lacks(state, actions, self._healer.seconds)
        if case.due(state, self._healer.seconds):
            self._tell(state.name, "app", "heals", described(actions, case.condemned.values()))
            self._begin(plan, case)
        elif not actions and state.cause and state.cause.certain and case.news(state.cause.code):
            self._tell(state.name, "app", "ails", f"{state.cause.summary}; {state.cause.fix}")

    def _run_on(self, state: AppState, case: Case) -> None:
        """Do what a job or a schedule asks for."""
        if state.spec.kind == "job":
            self._carry_on(state, case)
        elif self._crons.due(state):
            self._beside(state.name, case, partial(self._crons.tend, state.name))

    def _carry_on(self, state: AppState, case: Case) -> None:
        """Start what a job that nobody waits for lacks now; its end is not waited for."""
        try:
            plan = self._jobs.due(state)
        except CloudkitError as error:
            self._worry(error)
            return
        if plan is not None:
            self._beside(state.name, case, partial(self._jobs.advance, plan, state))

    def _beside(self, name: str, case: Case, act: Callable[[], None]) -> None:
        """Let something be done for an app that asks for no patience."""
        case.healing = True
        self._start(partial(self._done, name, case, act))

    def _done(self, name: str, case: Case, act: Callable[[], None]) -> None:
        try:
            act()
            case.attempts, case.told = 0, ""
        except (ConflictError, NotFoundError):
            pass  # it is no longer what it was: look again
        except CloudkitError as error:
            case.begun()
            case.ended(self._healer.seconds, failed=True)
            if case.news(error.summary):
                self._tell(name, "app", "failed", error.summary)
        finally:
            case.healing = False

    def _scale(self) -> None:
        """Let apps that follow their load be measured; one that is being healed waits for the next time."""
        for state in self._scaler.due():
            case = self._cases.get(state.name)
            if case is not None and not case.healing:
                case.healing = True
                self._start(partial(self._scaled, state.name, case))

    def _scaled(self, name: str, case: Case) -> None:
        try:
            self._scaler.scale(name)
        finally:
            case.healing = False

    def _start(self, act: Callable[[], None]) -> None:
        """Let something be done beside the next look, where the engine lets several act at once."""
        if self._healer.parallel > 1:
            self._work.add(self._pool.submit(act))
        else:
            act()
            self._look_at = self._healer.seconds

    def _begin(self, plan: Plan, case: Case) -> None:
        case.begun()
        self._start(partial(self._heal, plan, case))

    def _heal(self, plan: Plan, case: Case) -> None:
        """Bring about what is wanted already; another writer who is faster is right."""
        failed = True
        try:
            state = self._healer.apply(plan, wait=True, listener=silent)
            failed = False
            self._tell(plan.app, "app", "healed", str(state))
        except (ConflictError, NotFoundError):
            failed = False  # it is no longer what it was: look again
        except CloudkitError as error:
            if case.news(error.cause.code if isinstance(error, RolloutError) else error.summary):
                self._tell(plan.app, "app", "failed", "; ".join(filter(None, (error.summary, error.hint))))
        finally:
            case.ended(self._healer.seconds, failed=failed)

    def _collect(self) -> None:
        """Take note of what has been finished; what nobody foresaw ends the controller."""
        done = {one for one in self._work if one.done()}
        self._work -= done
        for one in done:
            self._look_at = self._healer.seconds
            one.result()

    def _dead(self, state: AppState, replica: str, name: str, reason: str) -> None:
        """Have a replica replaced that does not live."""
        condemned = self._cases.setdefault(state.name, Case()).condemned
        if replica in condemned:
            return
        condemned[replica] = name
        self._tell(state.name, name, "unhealthy", reason)
        self._look_at = self._healer.seconds

    def _worry(self, error: CloudkitError) -> None:
        """Tell of a trouble with the engine once."""
        if error.summary != self._trouble:
            self._trouble = error.summary
            self._tell("", CONTROLLER, "trouble", error.summary)

    def _tell(self, app: str, thing: str, action: str, message: str) -> None:
        self._told.append(Event(time=self._healer.now, app=app, object=thing, action=action, message=message))
