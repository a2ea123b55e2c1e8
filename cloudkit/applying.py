"""Plans made true: all of them looked at first, each then done once, and what was done told where one fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from cloudkit.backends.protocol import Backend
from cloudkit.errors import CloudkitError, ConfigError, ConflictError, NotFoundError
from cloudkit.model.app import AppSpec
from cloudkit.model.diff import changed_lines
from cloudkit.model.encode import encode
from cloudkit.model.given import GivenSecrets, variable_of
from cloudkit.model.plan import Plan
from cloudkit.model.secret import LostSecret, Secret
from cloudkit.model.state import AppState

__all__ = ["Applying"]

FEW = 3  # apps that are asked for one by one
TICK = 0.25  # seconds between two looks at what somebody else brings about
QUIET = 20  # looks after which nobody does
MOST_LINES = 20  # of what has changed
AGAIN = "make the plan again, from what is there now"


class _Act(Protocol):
    def __call__(self, plan: Plan, /, *, wait: bool, timeout: float | None) -> AppState | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A plan whose secrets are there, and whether it is true already."""

    plan: Plan
    there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """One act of applying plans.

    Args:
        backend: Where.
        given: The secrets that are given anew.
        operation: Tells telemetry and the journal of each app.
        act: Does what a plan says.
    """

    backend: Backend
    given: GivenSecrets
    operation: Callable[[str], AbstractContextManager[object]]
    act: _Act

    def checked(self, plans: Sequence[Plan]) -> list[Plan]:
        """Return the plans with their secrets; of what is true already, what is left to do.

        Raises:
            ConflictError: The apps are no longer what the plans were made from; the error shows what has changed.
            ConfigError: A secret that is new is not given.
        """
        return [self._left(step.plan) if step.there else step.plan for step in self._steps(plans)]

    def _left(self, plan: Plan) -> Plan:
        return self.backend.plan_delete(plan.app) if plan.after is None else self.backend.plan(plan.after)

    def apply(self, plans: Sequence[Plan], *, wait: bool, timeout: float | None) -> list[AppState]:
        """Make plans true in their order; return what is there then of those that stay.

        A plan that is true already is not done again.

        Args:
            plans: Of one app each.
            wait: Return when all is as wanted.
            timeout: Seconds at the most for each app.

        Raises:
            ConflictError: An app is no longer what its plan was made from. Where that is seen first, nothing changes.
            CloudkitError: One has failed; where there are several, the evidence says what came of each.
        """
        steps = self._steps(plans)
        states: list[AppState] = []
        for index, step in enumerate(steps):
            try:
                with self.operation(step.plan.app):
                    state = self._done(step, wait=wait, timeout=timeout)
            except CloudkitError as error:
                if len(steps) > 1:
                    error.evidence = (*error.evidence, *_outcomes(steps, index))
                raise
            states += [state] if state else []
        return states

    def _steps(self, plans: Sequence[Plan]) -> list[_Step]:
        present = self._present(plans)
        steps = [self._step(plan, present.get(plan.app)) for plan in plans]
        stale = [plan for plan, step in zip(plans, steps, strict=True) if step is None]
        if stale:
            raise moved(stale, present)
        wanted = [(plan.app, name) for plan in plans if plan.after for name in _lost(plan.after) if name in plan.given]
        self.given.refuse_unused(wanted)
        found = [step for step in steps if step]
        self._refuse_missing(found)
        return found

    def _present(self, plans: Sequence[Plan]) -> Mapping[str, AppState]:
        if len(plans) > FEW:
            return {state.name: state for state in self.backend.apps()}
        found: dict[str, AppState] = {}
        for plan in plans:
            with suppress(NotFoundError):
                found[plan.app] = self.backend.get(plan.app)
        return found

    def _step(self, plan: Plan, present: AppState | None) -> _Step | None:
        """Return what is to be done; None where the app is no longer what the plan was made from."""
        if present is None:
            same = plan.generation == 0 or plan.after is None
            return _Step(plan=self._filled(plan, None), there=plan.after is None) if same else None
        filled = self._filled(plan, present.spec)
        if present.generation == plan.generation and plan.before is not None:
            same = encode(present.spec) == encode(_counted(plan.before, present.spec))
            before = _with(plan.before, {**present.spec.env, **present.spec.secrets})
            return _Step(plan=replace(filled, before=before), there=False) if same else None
        there = filled.after is not None and present.spec == _counted(filled.after, present.spec)
        return _Step(plan=filled, there=True) if there else None

    def _filled(self, plan: Plan, present: AppSpec | None) -> Plan:
        """Return a plan with the values of its secrets: what is there of those that stay, what is given of the new."""
        if plan.after is None or not _lost(plan.after):
            return plan
        kept = {**present.env, **present.secrets} if present else {}
        values: dict[str, str | Secret] = {}
        for name in _lost(plan.after):
            value = self.given.value(plan.app, name) if name in plan.given else kept.get(name)
            values |= {} if value is None else {name: value}
        return replace(plan, after=_with(plan.after, values))

    def _refuse_missing(self, steps: Sequence[_Step]) -> None:
        """Refuse a plan that has a new secret which nobody has given."""
        for step in steps:
            plan = step.plan
            if plan.after is None or step.there:
                continue
            missing = [name for name in _lost(plan.after) if name in plan.given]
            if missing:
                name = f"{plan.app}:{missing[0]}"
                message = f"the plan holds no value of the new secret {name!r}: nothing was changed"
                raise ConfigError(message, hint=f"--secrets {name}=FILE, or {variable_of(plan.app, missing[0])}=...")

    def _done(self, step: _Step, *, wait: bool, timeout: float | None) -> AppState | None:
        plan = step.plan
        if step.there:
            return self._carried_on(plan, wait=wait, timeout=timeout)
        try:
            return self.act(plan, wait=wait, timeout=timeout)
        except ConflictError:
            again = self._step(plan, self._outrun(plan))
            if again is None or not again.there:
                raise
            return self._carried_on(again.plan, wait=wait, timeout=timeout)

    def _outrun(self, plan: Plan) -> AppState | None:
        """Return what is there once it shows that somebody was faster: an engine takes a name before it lists it."""
        state = self._present([plan]).get(plan.app)
        for _ in range(QUIET):
            if (state.generation if state else 0) != plan.generation:
                break
            time.sleep(TICK)
            state = self._present([plan]).get(plan.app)
        return state

    def _carried_on(self, plan: Plan, *, wait: bool, timeout: float | None) -> AppState | None:
        """Watch what somebody else brings about; where nobody does so any more, go on with it."""
        if plan.after is None:
            return None
        state = self.backend.get(plan.app)
        quiet = 0
        while not state.settled and quiet < QUIET:
            time.sleep(TICK)
            seen, state = state, self.backend.get(plan.app)
            quiet = quiet + 1 if _look(seen) == _look(state) else 0
        if state.settled or state.spec != plan.after:
            return state
        again = self.backend.plan(plan.after)
        return self.act(again, wait=wait, timeout=timeout)


def moved(stale: Sequence[Plan], present: Mapping[str, AppState]) -> ConflictError:
    """Return the error of plans that were made from something else than what is there, with what has changed."""
    names = ", ".join(repr(plan.app) for plan in stale)
    whose = f"app {names} is" if len(stale) == 1 else f"apps {names} are"
    evidence = [line for plan in stale for line in _changes(plan, present.get(plan.app))]
    message = f"{whose} no longer what the plan was made from: nothing was changed"
    return ConflictError(message, evidence=evidence, hint=AGAIN)


def _changes(plan: Plan, state: AppState | None) -> Iterator[str]:
    spec, generation = (state.spec, state.generation) if state else (None, 0)
    yield f"{plan.app}: planned from generation {plan.generation}, now {generation or 'not there'}"
    lines = changed_lines(plan.before, spec, generation=plan.generation)[2:]
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"and {len(lines) - MOST_LINES} more"


def _outcomes(steps: Sequence[_Step], failed: int) -> Iterator[str]:
    """Say of each app what came of it."""
    for index, step in enumerate(steps):
        outcome = "true already" if step.there else "applied"
        if index == failed:
            outcome = "failed, for the reason above"
        elif index > failed:
            outcome = "not begun"
        yield f"{step.plan.app}: {outcome}"


def _counted(spec: AppSpec, present: AppSpec) -> AppSpec:
    """Return a spec with the number of replicas that is there, where that is the autoscaler's."""
    return spec.replace(replicas=present.replicas) if spec.autoscale and present.autoscale else spec


def _with(spec: AppSpec, values: Mapping[str, str | Secret]) -> AppSpec:
    """Return a spec with the values of those secrets that it has lost."""
    found = {name: values[name] for name in _lost(spec) if name in values}
    env = {name: found.get(name, value) for name, value in spec.env.items()}
    return spec.replace(env=env, secrets={path: found.get(path, value) for path, value in spec.secrets.items()})


def _lost(spec: AppSpec) -> list[str]:
    return [name for name, value in (*spec.env.items(), *spec.secrets.items()) if isinstance(value, LostSecret)]


def _look(state: AppState) -> object:
    return [(one.name, one.phase, one.ready) for one in state.replicas]
