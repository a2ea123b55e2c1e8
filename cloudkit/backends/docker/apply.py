"""Do what a plan says: record it, surround it, roll to it, and go back when it does not become ready."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from cloudkit.backends.docker.ending import end_replicas, set_restart, stop_replicas
from cloudkit.backends.docker.filing import drop_files
from cloudkit.backends.docker.held import is_held
from cloudkit.backends.docker.jobroll import JobRoll
from cloudkit.backends.docker.jobs import attempts_of, under_way
from cloudkit.backends.docker.networks import ensure_network, remove_networks
from cloudkit.backends.docker.node import engine_node
from cloudkit.backends.docker.observe import Observation, observe
from cloudkit.backends.docker.ordered import highest_first
from cloudkit.backends.docker.parallel import in_parallel
from cloudkit.backends.docker.plan import wanted_revision
from cloudkit.backends.docker.records import Record, drop_records, outdated, read_record, write_record
from cloudkit.backends.docker.replicas import Replicas
from cloudkit.backends.docker.roll import Roll
from cloudkit.backends.docker.stepping import step_towards
from cloudkit.backends.jobs import job_failed
from cloudkit.backends.kinds import refuse_alike, refuse_volumes_of_others
from cloudkit.backends.onenode import refuse_misplaced
from cloudkit.backends.rolling import NotReady, failed, never_ready, outdated_plan, superseded
from cloudkit.errors import CloudkitError, ConflictError, RolloutError
from cloudkit.model.placement import Placement
from cloudkit.model.progress import Phase, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudkit.backends.docker.look import Look
    from cloudkit.backends.docker.networks import Network
    from cloudkit.backends.docker.traffic import Traffic
    from cloudkit.engine.connect import Engine
    from cloudkit.model.app import AppSpec
    from cloudkit.model.cause import Cause
    from cloudkit.model.plan import Plan
    from cloudkit.model.progress import Listener
    from cloudkit.model.state import AppState

__all__ = ["Application", "Target"]

GRACE = 10.0  # seconds, for what is left of an app whose record is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a roll leads: a spec, its revision, and the generation that says so."""

    spec: AppSpec
    revision: int
    generation: int
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One act of applying plans.

    Args:
        engine: A connection to the engine.
        look: Looks at apps.
        listener: Hears of each step.
    """

    engine: Engine
    look: Look
    listener: Listener

    def apply(self, plan: Plan, spec: AppSpec, *, wait: bool, timeout: float | None) -> AppState:
        """Make a spec true, and return what is there then.

        Raises:
            ConflictError: The app's generation is no longer the plan's.
            RolloutError: A replica did not become ready; the old revision, where there was one, runs again.
        """
        seen = self._unchanged(plan, self.look.observe(spec.name))
        if plan.empty and (state := self.look.state(spec.name, seen)).settled:
            return state
        self._refuse(spec, seen)
        previous = self._previous(seen, spec)
        target = self._record(seen, spec)
        try:
            seen = self._reach(target, wait=wait, timeout=timeout)
        except NotReady as failure:
            self._return(target, previous, failure.cause)
        except (ConflictError, RolloutError):
            self._take_back(target, previous)
            raise
        except CloudkitError as error:
            if self._deleted_meanwhile(target):
                raise superseded(spec.name, target.generation) from error
            raise
        drop_records(self.engine.api, outdated(seen))
        self._drop_files(seen)
        return self.look.state(spec.name, seen)

    def _refuse(self, spec: AppSpec, seen: Observation) -> None:
        """Raise what is known not to work, before anything changes."""
        if seen.record is None and (spec.kind == "stateful" or spec.name[-1].isdigit()):
            there = observe(self.engine.api, self.look.namespace)
            refuse_alike(spec, {name: one.kind for name, one in there.items() if name != spec.name and one.record})
        if spec.kind == "stateful":
            refuse_volumes_of_others(spec, self.look.owners(spec))
        if spec.placement != Placement():
            refuse_misplaced(spec, engine_node(self.engine, self.look.namespace))
        self.look.fronts.refuse_taken(spec)

    def delete(self, plan: Plan) -> None:
        """Remove an app; its volumes stay."""
        seen = self.look.observe(plan.app)
        if not seen.empty:  # else it is gone, whoever was faster
            self._remove(plan.app, plan.before, self._unchanged(plan, seen))

    def _unchanged(self, plan: Plan, seen: Observation) -> Observation:
        if seen.generation == plan.generation:
            return seen
        raise outdated_plan(plan, seen.generation)

    def _previous(self, seen: Observation, spec: AppSpec) -> Record | None:
        """Return what to go back to: what is wanted until now, or what a roll that was interrupted had come from."""
        if seen.record is None:
            return None
        current = read_record(self.engine.api, seen.record)
        running = {one.revision for one in seen.replicas if one.revision != current.revision}
        left = [one for one in seen.records if one.revision in running] if current.spec == spec else []
        return read_record(self.engine.api, left[-1]) if left else current

    def _record(self, seen: Observation, spec: AppSpec) -> Target:
        """Say what is wanted from now on; of two that say so at once, one gets a ``ConflictError``."""
        current = read_record(self.engine.api, seen.record).spec if seen.record else None
        revision, generation = wanted_revision(seen, current, spec), seen.generation
        image = self.look.image(spec, self.listener)
        if current != spec:
            generation += 1
            write_record(
                self.engine.api, self.look.namespace, spec, image=image, generation=generation, revision=revision
            )
        return Target(spec=spec, revision=revision, generation=generation, image=image)

    def _reach(self, target: Target, *, wait: bool, timeout: float | None) -> Observation:
        """Bring all to what is wanted, and return what was seen last."""
        spec, namespace, api = target.spec, self.look.namespace, self.engine.api
        networks = [ensure_network(api, namespace, name) for name in spec.networks or ("default",)]
        replicas = Replicas(
            api=api,
            namespace=namespace,
            network=networks[0],
            others=tuple(network.name for network in networks[1:]),
            image=target.image,
        )
        seen = self.look.observe(spec.name)
        if seen.generation != target.generation:
            raise superseded(spec.name, target.generation)
        if spec.kind == "cron":
            self._tell_if_unwatched(spec)
            return seen
        if spec.stopped:
            self._stop(spec, seen)
            return self.look.observe(spec.name)
        if spec.kind == "job":
            return self._run(target, replicas, wait=wait, timeout=timeout)
        if seen.woken:  # a stop that was interrupted may have left some running that the engine does not restart
            in_parallel([partial(set_restart, api, one, spec.restart_policy) for one in seen.replicas if one.alive])
        traffic = self._front(target, replicas, networks, self._without_unreachable(spec, seen))
        roll = Roll(
            spec=spec,
            revision=target.revision,
            generation=target.generation,
            observe=partial(self.look.observe, spec.name),
            diagnose=partial(self.look.diagnose, spec, target.revision),
            replicas=replicas,
            traffic=traffic,
            listener=self.listener,
        )
        seen = roll.run(wait=wait, timeout=timeout)
        traffic.settle()
        return seen

    def _run(self, target: Target, replicas: Replicas, *, wait: bool, timeout: float | None) -> Observation:
        """Bring a job to its end."""
        roll = JobRoll(
            spec=target.spec,
            revision=target.revision,
            generation=target.generation,
            observe=partial(self.look.observe, target.spec.name),
            detail=self.look.detail,
            diagnose=partial(self.look.diagnose, target.spec, target.revision),
            replicas=replicas,
            listener=self.listener,
        )
        return roll.run(wait=wait, timeout=timeout)

    def _tell_if_unwatched(self, spec: AppSpec) -> None:
        """Tell that a schedule begins nothing while no controller runs."""
        if not spec.stopped and not is_held(self.engine.api, self.look.namespace):
            message = "no controller runs, so nothing begins when it is due: cloudkit controller"
            self.listener(Progress(phase=Phase.NOTICE, item=spec.name, message=message))

    def _stop(self, spec: AppSpec, seen: Observation) -> None:
        """Stop all replicas: at once, but those of a stateful app one after the other."""
        if spec.kind == "job":
            ended = under_way(attempts_of(seen.replicas, self.look.detail))
            end_replicas(self.engine.api, [one for one in seen.replicas if one.id in ended], grace=spec.stop_grace)
            return
        groups = [[one] for one in highest_first(seen.replicas)] if spec.kind == "stateful" else [seen.replicas]
        for group in groups:
            stop_replicas(self.engine.api, group, grace=spec.stop_grace)

    def _without_unreachable(self, spec: AppSpec, seen: Observation) -> Observation:
        """Remove what runs but was cut from its network by hand, so that it is made again; return what is there then.

        The engine connects no container to a new network of the old one's name, and nobody reaches what has no address.
        """
        cut = [one for one in seen.replicas if one.state == "running" and not one.address]
        headless = seen.balancer is not None and seen.balancer.state == "running" and not seen.balancer.address
        if headless:
            self.look.fronts.remove(spec.name)
        if cut:
            end_replicas(self.engine.api, cut, grace=spec.stop_grace)
        return self.look.observe(spec.name) if cut or headless else seen

    def _front(
        self,
        target: Target,
        replicas: Replicas,
        networks: Sequence[Network],
        seen: Observation,
    ) -> Traffic:
        """Put what balances in front; an app's first replicas start meanwhile."""
        spec = target.spec
        front = partial(self.look.fronts.ensure, spec, networks, seen, target.revision, self.listener)
        if seen.replicas or not spec.replicas:
            return front()
        first = step_towards(spec, target.revision, [])
        traffics: list[Traffic] = []
        started: dict[str, str] = {}
        in_parallel(
            [
                lambda: traffics.append(front()),
                lambda: started.update(replicas.start(spec, target.revision, first.start, ordinals=first.ordinals)),
            ]
        )
        traffics[0].admit(started)
        return traffics[0]

    def _return(self, target: Target, previous: Record | None, cause: Cause) -> NoReturn:
        """Go back to the revision before, and raise what made it necessary; a job has nothing to go back to."""
        name = target.spec.name
        if target.spec.kind == "job":
            raise job_failed(name, cause)
        if previous is None or previous.revision == target.revision:
            raise never_ready(name, cause)
        self.listener(Progress(phase=Phase.NOTICE, item=name, message=f"{cause.summary}; going back"))
        raise failed(name, target.revision, cause, self._go_back(target, previous))

    def _go_back(self, target: Target, previous: Record) -> str:
        """Return what came of going back, in words."""
        spec = previous.spec
        image = self.look.image(spec, self.listener)
        back = Target(spec=spec, revision=previous.revision, generation=target.generation + 1, image=image)
        write_record(
            self.engine.api, self.look.namespace, spec, image=image, generation=back.generation, revision=back.revision
        )
        try:
            self._reach(back, wait=True, timeout=None)
        except NotReady as failure:
            return f"revision {previous.revision} did not become ready again either: {failure.cause.summary}"
        seen = self.look.observe(spec.name)
        given_up = [one for one in seen.records if one.generation == target.generation]
        drop_records(self.engine.api, given_up)
        self._drop_files(replace(seen, records=tuple(one for one in seen.records if one not in given_up)))
        return f"revision {previous.revision} runs again"

    def _drop_files(self, seen: Observation) -> None:
        """Remove the files of revisions that are neither there nor can come back."""
        for record in seen.records[-1:]:
            kept = {one.revision for one in (*seen.records, *seen.replicas)}
            drop_files(self.engine.api, self.look.namespace, record.app, kept)

    def _take_back(self, target: Target, previous: Record | None) -> None:
        """Undo the record of what could not even begin, unless someone else has gone on from it."""
        if self._swept(target):
            return
        seen = self.look.observe(target.spec.name)
        if seen.generation != target.generation or (previous and previous.generation == target.generation):
            return
        if previous is None:
            self._remove(target.spec.name, target.spec, seen)
        elif target.spec.kind != "job":
            self._go_back(target, previous)

    def _swept(self, target: Target) -> bool:
        """Remove what this made of an app that someone else has deleted meanwhile; tell whether that was so."""
        seen = self.look.observe(target.spec.name)
        if not seen.generation:
            self._remove(target.spec.name, target.spec, seen)
        return not seen.generation

    def _deleted_meanwhile(self, target: Target) -> bool:
        with suppress(CloudkitError):  # what stopped the roll may stop this look too
            return self._swept(target)
        return False

    def _remove(self, name: str, spec: AppSpec | None, seen: Observation) -> None:
        """Remove all of an app, its records last, so that what is interrupted can be taken up again."""
        api, namespace = self.engine.api, self.look.namespace
        end = partial(end_replicas, api, seen.replicas, grace=spec.stop_grace if spec else GRACE)
        remove_front = partial(self.look.fronts.remove, name)
        if self.look.fronts.idle(name):
            in_parallel([end, remove_front])
        else:  # what is in flight may end while the replicas do
            end()
            remove_front()
        drop_files(api, namespace, name, kept=())
        drop_records(api, seen.records)
        if not observe(api, namespace):
            remove_networks(api, namespace)
