"""Do what a plan says: make the objects that are wanted, wait for the cluster, and go back when it cannot.

What makes the pods, such as a Deployment or a CronJob, is the record: who writes it has won, and everything else
follows from it. Before it comes only what its pods read, and whoever is interrupted goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.blocked import Blocked
from cloudkit.backends.kubernetes.clusterrun import ClusterRun
from cloudkit.backends.kubernetes.history import History
from cloudkit.backends.kubernetes.manifests import Manifest, Ways, kept_keys, manifests, surplus_keys
from cloudkit.backends.kubernetes.manifests.pulling import pull_name
from cloudkit.backends.kubernetes.manifests.run import run_head
from cloudkit.backends.kubernetes.manifests.service import service
from cloudkit.backends.kubernetes.owners import COLLECTIONS, HISTORIES, owner_kind
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.plan import DELETION_COST, retired, wanted_revision
from cloudkit.backends.kubernetes.pulls import PullSecret, pull_of
from cloudkit.backends.kubernetes.records import Record, counted, ports_of, revision_of, running_revisions
from cloudkit.backends.kubernetes.removing import await_end, remove_app
from cloudkit.backends.kubernetes.roll import Roll
from cloudkit.backends.kubernetes.sight import Sight
from cloudkit.backends.kubernetes.state import app_state
from cloudkit.backends.kubernetes.strangers import refuse_strangers
from cloudkit.backends.kubernetes.taken import refuse_taken
from cloudkit.backends.kubernetes.volumes import grow_claims, refuse_claims
from cloudkit.backends.kubernetes.ways import rolling_ways, wanted_ways
from cloudkit.backends.kubernetes.writing import Writing
from cloudkit.backends.rolling import NotReady, failed, never_ready, outdated_plan, remaining
from cloudkit.errors import AccessError, BackendError, CloudkitError, ConflictError
from cloudkit.model.kinds import ENDING
from cloudkit.model.progress import Phase, Progress

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.look import Look
    from cloudkit.backends.kubernetes.observe import Observation
    from cloudkit.model.app import AppSpec
    from cloudkit.model.cause import Cause
    from cloudkit.model.plan import Plan
    from cloudkit.model.progress import Listener
    from cloudkit.model.state import Revision

__all__ = ["Application"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a roll leads: a spec, its revision, the generation that says so, and the registry of its pull secret."""

    spec: AppSpec
    revision: int
    generation: int
    pull: str = ""
    ways: Ways = field(default_factory=Ways)


class Application:
    """One act of applying plans.

    Args:
        client: A connection to the API server.
        look: Looks at apps.
        listener: Hears of each step.
    """

    def __init__(self, client: Client, look: Look, listener: Listener) -> None:
        self._client = client
        self._look = look
        self._listener = listener
        self._writing = Writing(client=client, listener=listener)
        self._pull = PullSecret(client=client, listener=listener)

    def apply(self, plan: Plan, spec: AppSpec, *, wait: bool, timeout: float | None) -> None:
        """Make a spec true.

        Raises:
            ConflictError: The app's generation is no longer the plan's, or a field of it has another owner.
            RolloutError: A replica did not become ready; the old revision, where there was one, runs again.
        """
        begun = time.monotonic()
        seen = self._unchanged(plan, self._observed(spec.name, timeout))
        target = self._target(seen, spec)
        idle = plan.empty and self._look.settled(seen)
        if not idle:
            self._refuse(target, seen)
        fresh = seen.record is None or seen.record.revision != target.revision
        self._pull.renew(spec, target.pull, seen, fresh=fresh)
        if idle:
            self._sweep(target)
            return
        previous = self._previous(seen, spec)
        if spec.kind in ENDING and seen.record is not None:
            History(self._client, spec.name).keep()
        self._record(seen, target)
        try:
            self._surround(target, seen)
        except BackendError:  # nobody said no: the same plan again goes on from here
            raise
        except CloudkitError:
            self._take_back(target, previous)
            raise
        if spec.kind in ENDING:
            self._begin(target, seen, wait=wait, timeout=timeout, begun=begun)
            return
        if spec.kind == "stateful" and not wait:
            Blocked(client=self._client, spec=spec, revision=target.revision).release_once()
        if wait:
            self._follow(target, previous, timeout=remaining(timeout, begun))
            self._sweep(target)

    def delete(self, plan: Plan) -> None:
        """Remove an app; its volumes stay."""
        seen = self._look.observe(plan.app)
        if not seen.empty:  # else it is gone, whoever was faster
            remove_app(self._client, self._unchanged(plan, seen))

    def _observed(self, app: str, timeout: float | None) -> Observation:
        """Return what is there of an app, once what is being deleted of it has gone."""
        seen = self._look.observe(app)
        if not seen.ending:
            return seen
        await_end(self._client, app, seen.ending, timeout=timeout)
        return self._look.observe(app)

    def _unchanged(self, plan: Plan, seen: Observation) -> Observation:
        if seen.generation != plan.generation:
            raise outdated_plan(plan, seen.generation)
        return seen

    def _previous(self, seen: Observation, spec: AppSpec) -> Target | None:
        """Return what to go back to: what is wanted until now, or what a roll that was interrupted had come from."""
        record = seen.record
        if record is None:
            return None
        running = running_revisions(seen.history, seen.pods) - {record.revision}
        left = [one for one in self._look.revisions(seen) if one.number in running] if record.spec == spec else []
        target = Target(
            spec=record.spec,
            revision=record.revision,
            generation=record.generation,
            pull=record.pull,
            ways=wanted_ways(record, record.spec, seen.ways),
        )
        return self._left(target, left[0], seen) if left else target

    def _left(self, target: Target, revision: Revision, seen: Observation) -> Target:
        """Return the revision that still runs, though another is recorded, as what a roll leads to."""
        owner = next(one for one in seen.history if revision_of(one) == revision.number)
        ways = replace(target.ways, names=ports_of(owner))
        return replace(target, spec=revision.spec, revision=revision.number, pull=pull_of(owner), ways=ways)

    def _target(self, seen: Observation, spec: AppSpec) -> Target:
        situation = self._look.situation(seen, spec)
        revision, record = wanted_revision(situation, spec), seen.record
        generation = seen.generation + (record is None or record.spec != spec or record.revision != revision)
        ways = rolling_ways(record, spec, seen.ways)
        return Target(spec=spec, revision=revision, generation=generation, pull=situation.pull, ways=ways)

    def _refuse(self, target: Target, seen: Observation) -> None:
        """Raise where something of somebody else's stands in the way, before anything is changed."""
        before, _deployment, after = self._manifests(target)
        own = self._look.situation(seen).keys
        pull = [{"kind": "Secret", "metadata": {"name": pull_name(target.spec.name)}}] if target.pull else []
        run = [run_head(target.spec.name, target.revision)] if target.spec.kind == "job" else []
        refuse_strangers(self._client, target.spec.name, (*pull, *run, *before, *after), own=own)
        refuse_taken(self._client, target.spec)
        refuse_claims(self._client, target.spec)

    def _record(self, seen: Observation, target: Target) -> None:
        """Say what is wanted from now on; of two that say so at once, one gets a ``ConflictError``."""
        numbered = target.spec.kind not in {"stateful", *ENDING}
        if seen.record is not None and seen.record.revision == target.revision and numbered:
            with suppress(AccessError):  # without it, the cluster's own choice holds
                going = [one.metadata.name for one in retired(seen.record, seen.pods, target.spec)]
                self._writing.annotate(going, DELETION_COST, "-1")
        self._write(target, expected=seen.generation)

    def _write(self, target: Target, *, expected: int) -> None:
        before, owner, _after = self._manifests(target)
        for one in before:
            if one["kind"] in {"Secret", "ConfigMap"}:
                self._writing.sealed(target.spec.name, one, expected=expected)
        self._writing.record(owner, expected=expected, autoscale=target.spec.autoscale)

    def _surround(self, target: Target, seen: Observation) -> None:
        """Make what stands around the record, and remove what the spec no longer asks for."""
        before, _deployment, after = self._manifests(target)
        self._writing.objects((*before, *after))
        grow_claims(self._client, target.spec)
        present = self._look.situation(seen).keys
        kept = {target.revision, *map(revision_of, seen.history), seen.record.revision if seen.record else 0}
        self._writing.remove(surplus_keys(target.spec, revision=target.revision, present=present, kept=kept))
        if not target.pull:
            self._pull.prune(target.spec.name, seen)

    def _begin(self, target: Target, seen: Observation, *, wait: bool, timeout: float | None, begun: float) -> None:
        """Keep what is wanted of work that ends, and let a job run; there is no return from it."""
        if target.spec.kind == "job":
            run = ClusterRun(client=self._client, listener=self._listener, begun=begun)
            run.job(target.spec, target.revision, target.generation, seen.jobs, wait=wait, timeout=timeout)
        kept = {target.revision, *map(revision_of, seen.history)}
        history = History(self._client, target.spec.name)
        history.keep()
        history.prune(kept)

    def _sweep(self, target: Target) -> None:
        """Take the ports of the revision before away, once nobody listens on them any more."""
        if target.ways.leaving:
            ways = replace(target.ways, leaving={})
            self._writing.objects(service(target.spec, namespace=self._client.namespace, ways=ways))

    def _manifests(self, target: Target) -> tuple[Sequence[Manifest], Manifest, Sequence[Manifest]]:
        """Return an app's objects: what comes before its record, that, and what comes after it."""
        every = manifests(
            target.spec,
            namespace=self._client.namespace,
            revision=target.revision,
            generation=target.generation,
            pull=target.pull,
            ways=target.ways,
        )
        index = next(index for index, one in enumerate(every) if one["kind"] in COLLECTIONS)
        return every[:index], every[index], every[index + 1 :]

    def _follow(self, target: Target, previous: Target | None, *, timeout: float | None) -> None:
        """Wait for what was written; go back where it does not become ready, sweep up where somebody has deleted it."""
        try:
            self._reach(target, timeout=timeout)
        except NotReady as failure:
            self._return(target, previous, failure.cause)
        except ConflictError:
            seen = self._look.observe(target.spec.name)
            if seen.record is None and not seen.ending:
                remove_app(self._client, seen)
            raise

    def _reach(self, target: Target, *, timeout: float | None) -> None:
        """Wait until all is as wanted."""
        record = Record(
            spec=target.spec,
            generation=target.generation,
            revision=target.revision,
            version="",
            replicas=target.spec.replicas,
            created_at=datetime.now(UTC),
        )
        blocked = Blocked(client=self._client, spec=target.spec, revision=target.revision)
        roll = Roll(
            name=target.spec.name,
            generation=target.generation,
            state=lambda owner, pods: app_state(counted(record, owner), pods),
            unblock=blocked.release if target.spec.kind == "stateful" else None,
            diagnose=lambda _state, _pods: self._look.diagnose(record),
            listener=self._listener,
        )
        with Sight(self._client, target.spec.name, owner_kind(target.spec)) as sight:
            roll.run(sight, timeout=timeout)

    def _return(self, target: Target, previous: Target | None, cause: Cause) -> None:
        """Go back to the revision before, and raise what made it necessary."""
        name = target.spec.name
        if previous is None or previous.revision == target.revision:
            raise never_ready(name, cause)
        self._listener(Progress(phase=Phase.NOTICE, item=name, message=f"{cause.summary}; going back"))
        raise failed(name, target.revision, cause, self._go_back(target, previous))

    def _go_back(self, target: Target, previous: Target) -> str:
        """Return what came of going back, in words."""
        back = replace(previous, generation=target.generation + 1)
        self._write(back, expected=target.generation)
        self._surround(back, self._look.observe(back.spec.name))
        try:
            self._reach(back, timeout=None)
        except NotReady as failure:
            return f"revision {back.revision} did not become ready again either: {failure.cause.summary}"
        if target.revision != back.revision:
            self._forget(target)
        return f"revision {back.revision} runs again"

    def _forget(self, target: Target) -> None:
        """Remove the revision that was given up, so that no rollback leads to it."""
        seen = self._look.observe(target.spec.name)
        given_up = [one for one in seen.history if revision_of(one) == target.revision]
        for one in given_up:
            path = object_path(HISTORIES[owner_kind(target.spec)], self._client.namespace, one.metadata.name)
            self._client.delete(path, uid=one.metadata.uid)
        self._writing.remove(kept_keys(target.spec.name, target.revision))
        left = tuple(one for one in seen.history if one not in given_up)
        self._pull.prune(target.spec.name, replace(seen, history=left))

    def _take_back(self, target: Target, previous: Target | None) -> None:
        """Undo what could not even begin, unless someone else has gone on from it."""
        seen = self._look.observe(target.spec.name)
        if seen.generation != target.generation:
            return
        if previous is None:
            remove_app(self._client, seen)
        elif previous.generation != target.generation:
            if target.spec.kind in ENDING:
                self._write(replace(previous, generation=target.generation + 1), expected=target.generation)
            else:
                self._go_back(target, previous)
