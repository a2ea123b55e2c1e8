"""Look at one app from every side: what the cluster holds of it, where it is reached, and why it is not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.kinds import claims_of
from cloudkit.backends.kubernetes.drift import drift_actions
from cloudkit.backends.kubernetes.lost import lost_cause
from cloudkit.backends.kubernetes.manifests import manifests
from cloudkit.backends.kubernetes.objects import Claim, Node
from cloudkit.backends.kubernetes.observe import Named, Observation, observe_app
from cloudkit.backends.kubernetes.owners import owner_kind
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.plan import Situation
from cloudkit.backends.kubernetes.pulls import wanted_registry
from cloudkit.backends.kubernetes.records import kept_revisions, newest_revision, revisions
from cloudkit.backends.kubernetes.runlook import record_cause, run_state
from cloudkit.backends.kubernetes.runs import is_run_as_wanted
from cloudkit.backends.kubernetes.state import app_state
from cloudkit.backends.kubernetes.ways import rolling_ways
from cloudkit.errors import AccessError, ConflictError, NotFoundError
from cloudkit.model.kinds import ENDING
from cloudkit.model.state import ReplicaPhase

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.informer import Lists
    from cloudkit.backends.kubernetes.records import Record
    from cloudkit.model.app import AppSpec
    from cloudkit.model.cause import Cause
    from cloudkit.model.plan import Action
    from cloudkit.model.state import AppState, Revision

__all__ = ["Look", "confirm_namespace", "is_published"]


class Look:
    """What can be seen of a namespace's apps.

    Args:
        client: A connection to the API server.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    def observe(self, app: str) -> Observation:
        """Return what the cluster holds of an app."""
        return observe_app(self.client, app)

    def situation(self, seen: Observation, wanted: AppSpec | None = None) -> Situation:
        """Return what a plan starts from.

        Args:
            seen: What is there.
            wanted: What is wanted, for the claims of its volumes; None when it goes.

        Raises:
            ConflictError: What it needs to make its pods is there, and is somebody else's.
        """
        kind = owner_kind(wanted) if wanted is not None else ""
        if kind in seen.strangers:
            message = f"app {seen.app!r} needs the {kind} {seen.app!r}, which is somebody else's"
            raise ConflictError(message, hint=f"kubectl get {kind.lower()} {seen.app} -n {self.client.namespace}")
        return Situation(
            namespace=self.client.namespace,
            record=seen.record,
            newest_revision=newest_revision(seen.owner, seen.history),
            kept=kept_revisions(seen.owner, seen.history),
            pods=seen.pods,
            jobs=seen.jobs,
            pull=wanted_registry(seen, wanted) if wanted else "",
            services=seen.services if wanted else seen.own_services,
            present=frozenset((*seen.others, *seen.kept, *self._claims(wanted))),
        )

    def state(self, seen: Observation, *, nodes: tuple[Node, ...] | None = None) -> AppState:
        """Return what is seen of an app; raise ``NotFoundError`` when it is not there.

        Args:
            seen: What is there.
            nodes: The nodes; they are asked for where None.
        """
        if seen.record is None:
            message = f"there is no app {seen.app!r} in namespace {self.client.namespace!r}"
            raise NotFoundError(message, hint="cloudkit apps")
        if seen.record.spec.kind in ENDING:
            return run_state(self.client, seen.record, seen)
        if nodes is None:
            nodes = self.nodes() if is_published(seen.record.spec) else ()
        state = app_state(seen.record, seen.pods, seen.own_services, nodes, cause=lost_cause(seen.record.spec))
        broken = any(one.phase is ReplicaPhase.CRASHED and one.revision == state.revision for one in state.replicas)
        cause = self.diagnose(seen.record) if broken and not state.cause and not seen.record.spec.stopped else None
        return app_state(seen.record, seen.pods, seen.own_services, nodes, cause=cause) if cause else state

    def with_drift(self, seen: Observation, wanted: AppSpec, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        """Return a plan's steps, before them those that undo what others have changed of what is wanted already."""
        if seen.record is None or seen.record.spec != wanted:
            return actions
        objects = manifests(
            wanted,
            namespace=self.client.namespace,
            revision=seen.record.revision,
            generation=seen.record.generation,
            pull=seen.record.pull,
            ways=rolling_ways(seen.record, wanted, seen.ways),
        )
        known = {(one.kind, one.object, one.name) for one in actions}
        drifted = drift_actions(self.client, objects)
        return (*(one for one in drifted if (one.kind, one.object, one.name) not in known), *actions)

    def settled(self, seen: Observation) -> bool:
        """Tell whether all is as wanted, and the controller has seen what is wanted."""
        if seen.owner is None or seen.record is None:
            return False
        if seen.record.spec.kind in ENDING:
            return is_run_as_wanted(seen.record, seen.pods, seen.jobs)
        current = seen.owner.status.observed_generation >= seen.owner.metadata.generation
        return current and app_state(seen.record, seen.pods).settled

    def revisions(self, seen: Observation) -> tuple[Revision, ...]:
        """Return the kept revisions of an app that is there, newest first."""
        return revisions(seen.record, seen.history, seen.secrets, seen.configs) if seen.record else ()

    def explain(self, seen: Observation) -> Cause | None:
        """Say why an app that is there is not ready, or its work has failed; None when nothing is wrong."""
        record = seen.record
        if record is not None and record.spec.kind in ENDING:
            return record_cause(self.client, record, seen)
        return self.diagnose(record) if record and not record.spec.stopped else None

    def diagnose(self, record: Record) -> Cause | None:
        """Say why replicas of a revision are not ready; None when nothing is wrong."""
        from cloudkit.backends.kubernetes.causes import find_cause

        return find_cause(self.client, record.spec, record.revision)

    def nodes(self, lists: Lists | None = None) -> tuple[Node, ...]:
        """Return the nodes, by the server or what lists in its place; none where one may not list them."""
        try:
            return (lists or self.client).list(object_path("nodes"), Node).items
        except AccessError:
            return ()

    def _claims(self, wanted: AppSpec | None) -> frozenset[tuple[str, str]]:
        names = _claim_names(wanted) if wanted else set[str]()
        if not names:
            return frozenset()
        resource = "persistentvolumeclaims"
        listed = self.client.list(object_path(resource, self.client.namespace), Claim).items
        there = {one.metadata.name for one in listed}
        return frozenset((resource, name) for name in names & there)


def _claim_names(spec: AppSpec) -> set[str]:
    if spec.kind == "stateful":
        return set(claims_of(spec))
    return {mount.source for mount in spec.mounts if mount.kind == "volume"}


def confirm_namespace(client: Client) -> None:
    """Raise ``NotFoundError`` where a Kubernetes namespace is not there; who may not look at it is believed."""
    try:
        found = client.find(object_path("namespaces", name=client.namespace), Named)
    except AccessError:
        return
    if found is None:
        message = f"there is no Kubernetes namespace {client.namespace!r}"
        raise NotFoundError(message, hint=f"kubectl create namespace {client.namespace}; or --namespace")


def is_published(spec: AppSpec) -> bool:
    """Tell whether a spec publishes a port."""
    return any(port.publish is not None for port in spec.ports)
