"""Random histories of one app on the twin: whatever happens, the next apply makes the spec true."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import ActionKind
from cloudkit.model.port import Port
from cloudkit.model.progress import silent
from cloudkit.model.reference import Reference
from cloudkit.model.state import AppState
from cloudkit.testing import Killed, MemoryBackend, Program, twin

GOOD = ("web:1", "web:2", "web:3")
BAD = "web:crashes"
COUNT = st.integers(min_value=0, max_value=4)


class History(RuleBasedStateMachine):
    """Verbs, crashes, losses, kills and other writers in any order."""

    kind = "service"

    def __init__(self) -> None:
        super().__init__()
        self.backend: MemoryBackend = twin()
        self.backend.world.program("web:1", Program(starts=1))
        self.backend.world.program("web:2", Program(starts=0.2, ignores_stop=True))
        self.backend.world.program("web:3", Program(starts=3, latency=0.5))
        self.backend.world.program(BAD, Program(starts=1, exits=0.5, exit_code=1))
        self.generation = 0
        self.broken = False

    @property
    def state(self) -> AppState | None:
        """What is there."""
        return next(iter(self.backend.apps()), None)

    def spec(self, image: str = "web:1") -> AppSpec:
        """Return what is wanted now, else a first spec."""
        reference = self.backend.images.pull(Reference.parse(image), listener=silent).reference
        state = self.state
        if state is None:
            return AppSpec(name="web", image=reference, ports=(Port(number=80),), kind=self.kind)
        return state.spec.replace(image=reference)

    def apply(self, spec: AppSpec) -> None:
        """Make a spec true: all as wanted after it, and nothing left to do."""
        before = {one.id for one in self.state.replicas} if self.state else set()
        plan = self.backend.plan(spec)
        state = self.backend.apply(plan, listener=silent)
        assert state is not None
        assert state.settled
        assert state.generation == plan.generation + (plan.before != spec)
        assert self.backend.plan(spec).empty
        added = {one.id for one in state.replicas} - before
        made = [one for one in plan.actions if one.kind in {ActionKind.CREATE, ActionKind.REPLACE}]
        assert len(added) == sum(one.object == "replica" for one in made)
        self.broken = False

    @rule(image=st.sampled_from(GOOD), replicas=COUNT)
    def deploy(self, image: str, replicas: int) -> None:
        """Deploy what works."""
        self.apply(self.spec(image).replace(replicas=replicas, stopped=False))

    @precondition(lambda self: self.state is not None and not self.broken)
    @rule(replicas=st.integers(min_value=1, max_value=4))
    def deploy_what_crashes(self, replicas: int) -> None:
        """It returns to what was there, or says why nothing is."""
        before = self.state
        assert before is not None
        spec = self.spec(BAD).replace(replicas=replicas, stopped=False)
        try:
            self.backend.apply(self.backend.plan(spec), listener=silent)
        except RolloutError:
            after = self.state
            assert after is not None
            assert (after.spec, after.revision, after.settled) == (before.spec, before.revision, True)
            return
        raise AssertionError("what crashes was called ready")

    @precondition(lambda self: self.state is not None and not self.broken)
    @rule(replicas=COUNT)
    def scale(self, replicas: int) -> None:
        """Scale."""
        self.apply(self.spec_as_is().replace(replicas=replicas))

    @precondition(lambda self: self.state is not None and not self.broken)
    @rule(stopped=st.booleans())
    def stop_or_start(self, *, stopped: bool) -> None:
        """Stop and start."""
        self.apply(self.spec_as_is().replace(stopped=stopped))

    @precondition(lambda self: self.state is not None and not self.broken)
    @rule(token=st.sampled_from("abc"))
    def restart(self, token: str) -> None:
        """Restart."""
        self.apply(self.spec_as_is().replace(restarted=token))

    @precondition(lambda self: self.state is not None)
    @rule(seconds=st.floats(min_value=0, max_value=120))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.backend.world.clock.advance(seconds)

    @precondition(lambda self: self.state is not None and self.state.replicas and not self.broken)
    @rule(data=st.data(), fault=st.sampled_from(["crash", "lose", "halt"]))
    def hurt(self, data: st.DataObject, fault: str) -> None:
        """Hurt a replica; the same spec repairs it and the generation stays."""
        self.backend.world.clock.advance(11)  # as three crashes in a row are a loop, which no apply mends
        state = self.state
        assert state is not None
        getattr(self.backend.world.faults, fault)(data.draw(st.sampled_from([one.name for one in state.replicas])))
        self.apply(state.spec)

    @rule(image=st.sampled_from(GOOD), replicas=COUNT, step=st.integers(min_value=1, max_value=25))
    def deploy_and_be_killed(self, image: str, replicas: int, step: int) -> None:
        """Killed at any step, the same verb finishes the work."""
        spec = self.spec(image).replace(replicas=replicas, stopped=False)
        self.killed(step, lambda: self.apply(spec))
        self.apply(spec)

    @precondition(lambda self: self.state is not None)
    @rule(step=st.integers(min_value=1, max_value=8))
    def delete(self, step: int) -> None:
        """Delete, killed or not: twice leaves nothing."""
        self.killed(step, lambda: self.backend.apply(self.backend.plan_delete("web"), listener=silent))
        self.backend.apply(self.backend.plan_delete("web"), listener=silent)
        assert self.backend.plan_delete("web").empty
        assert self.backend.apps() == ()
        self.generation = 0

    @precondition(lambda self: self.state is not None)
    @rule()
    def apply_a_stale_plan(self) -> None:
        """Of two plans from one generation only the first is applied."""
        state = self.state
        assert state is not None
        first, second = (self.backend.plan(state.spec.replace(labels={"writer": one})) for one in "12")
        changed = [one for one in (first, second) if one.before != one.after]
        for plan in changed[:1]:
            self.backend.apply(plan, listener=silent)
        for plan in changed[1:]:
            try:
                self.backend.apply(plan, listener=silent)
            except ConflictError:
                continue
            raise AssertionError("a stale plan was applied")

    @invariant()
    def the_generation_never_goes_back(self) -> None:
        """While the app is there."""
        state = self.state
        assert (state.generation if state else 0) >= self.generation
        self.generation = state.generation if state else 0

    @invariant()
    def revisions_are_kept_in_order_and_once(self) -> None:
        """The current one is the first, and at most ten are kept."""
        state = self.state
        if state is None:
            return
        revisions = self.backend.revisions("web")
        assert [one.number for one in revisions if one.current] == [state.revision]
        assert len({one.spec.template for one in revisions}) == len(revisions) <= 10

    @invariant()
    def a_plan_changes_nothing(self) -> None:
        """Planning is only looking."""
        before = self.state
        if before is not None:
            self.backend.plan(before.spec.replace(replicas=before.spec.replicas + 1))
            assert self.state == before

    def spec_as_is(self) -> AppSpec:
        """Return what is wanted now."""
        assert self.state is not None
        return self.state.spec

    def killed(self, step: int, work: Callable[[], object]) -> None:
        """Do work and be killed at a step, where it has so many."""
        self.backend.world.faults.kill_at(step)
        try:
            work()
        except Killed:
            self.broken = True
        self.backend.world.faults.clear()


class StatefulHistory(History):
    """The same of a stateful app."""

    kind = "stateful"

    @invariant()
    def a_name_is_there_once(self) -> None:
        """And is one of the app's own, at every moment that anybody can see."""
        names = [one.name for one in self.state.replicas] if self.state else []
        assert len(set(names)) == len(names)
        assert set(names) <= {f"web-{ordinal}" for ordinal in range(10)}

    @invariant()
    def none_is_left_out(self) -> None:
        """What is as wanted is numbered from zero."""
        if self.state is not None and self.state.settled and not self.state.spec.stopped:
            assert [f"web-{n}" for n in range(len(self.state.replicas))] == [one.name for one in self.state.replicas]


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestStatefulHistory = StatefulHistory.TestCase
TestStatefulHistory.settings = TestHistory.settings
