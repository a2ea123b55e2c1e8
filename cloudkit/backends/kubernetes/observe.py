"""What a cluster holds of one app, or of all: what makes its pods, revisions, pods, and what surrounds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, structs

from cloudkit.backends.kubernetes.finding import find_kind, is_own, own_of
from cloudkit.backends.kubernetes.history import kept_revision
from cloudkit.backends.kubernetes.jobobjects import CronJob, Job, is_made_by
from cloudkit.backends.kubernetes.labels import (
    COMPONENT,
    MANAGED_BY,
    NAME,
    OPEN,
    OWNED,
    OWNER,
    Component,
    app_selector,
)
from cloudkit.backends.kubernetes.lost import lost_names
from cloudkit.backends.kubernetes.objects import (
    ControllerRevision,
    KeptRevision,
    Metadata,
    Pod,
    Sealed,
    Service,
    Workload,
)
from cloudkit.backends.kubernetes.owners import COLLECTIONS, HISTORIES
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.records import Record, Settings, read_record
from cloudkit.backends.kubernetes.watching import Kept
from cloudkit.backends.kubernetes.ways import stays
from cloudkit.errors import AccessError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.informer import Lists

__all__ = ["Named", "Observation", "observe", "observe_app"]

K = TypeVar("K", bound=Kept)
LOOKS = 3  # at an app that others change meanwhile
SECRET, FILE = '"secret"', '"file"'  # the marks of what a spec's annotation lacks
_PLAIN = ("horizontalpodautoscalers", "ingresses", "networkpolicies", "poddisruptionbudgets")


class Named(Struct, frozen=True):
    """Any object, of which nothing but its name and labels is asked."""

    metadata: Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is there of one app.

    Args:
        app: The app's name.
        owner: What makes its pods: a Deployment, StatefulSet, DaemonSet or CronJob, unless it is being deleted.
        ending: Which kind of these is being deleted under that name; empty for none.
        strangers: Which kinds of these are there under that name, and are somebody else's.
        record: What is wanted of it; None where it is not there.
        history: Its revisions, whether or not they run.
        pods: Its pods, those that are ending too.
        jobs: The Jobs of its CronJob, those that are ending too.
        services: Its Services, and whatever Service has its names.
        secrets: Its Secrets; not asked for where the spec has none and all apps are looked at.
        configs: Its ConfigMaps, in the same way.
        others: The uids of its other objects, by collection and name.
    """

    app: str
    owner: Workload | None
    ending: str = ""
    strangers: frozenset[str] = frozenset()
    record: Record | None = None
    history: tuple[KeptRevision, ...] = ()
    pods: tuple[Pod, ...] = ()
    jobs: tuple[Job, ...] = ()
    services: tuple[Service, ...] = ()
    secrets: tuple[Sealed, ...] = ()
    configs: tuple[Settings, ...] = ()
    others: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def generation(self) -> int:
        """The generation that is wanted; 0 when the app is not there."""
        return self.record.generation if self.record else 0

    @property
    def whole(self) -> bool:
        """False where values of its secrets or contents of its files are missing."""
        return self.record is None or not lost_names(self.record.spec)

    def same(self, other: Observation) -> bool:
        """Tell whether both have seen one owner that wants the same."""
        uids = {one.owner.metadata.uid if one.owner else "" for one in (self, other)}
        return len(uids) == 1 and self.generation == other.generation

    @property
    def own_services(self) -> tuple[Service, ...]:
        """Its Services without those that only have its names."""
        return tuple(one for one in self.services if one.metadata.labels.get(MANAGED_BY) == OWNER)

    @property
    def ways(self) -> tuple[Service, ...]:
        """The Services that it is reached by: its own, and one of its name that is somebody else's and stays."""
        return tuple(
            one for one in self.services if one.metadata.labels.get(MANAGED_BY) == OWNER or stays(one, self.app)
        )

    @property
    def empty(self) -> bool:
        """True when nothing of the app is there, volumes apart."""
        parts = (self.record, self.ending, self.history, self.pods, self.own_services, self.kept, self.others)
        return not any(parts)

    @property
    def kept(self) -> Mapping[tuple[str, str], str]:
        """The uids of the objects with its secrets and files, by collection and name."""
        secrets = {("secrets", one.metadata.name): one.metadata.uid for one in self.secrets}
        return secrets | {("configmaps", one.metadata.name): one.metadata.uid for one in self.configs}


def observe_app(client: Client, app: str) -> Observation:
    """Return what the cluster holds of an app.

    Its parts are read at once, so that a Secret or a ConfigMap may be missing only since somebody changes the app
    meanwhile: it is lost when a second look at the same owner misses it, too.
    """
    seen = _seen(client, app)
    for _ in range(LOOKS):
        if seen.whole:
            break
        before, seen = seen, _seen(client, app)
        if seen.same(before):
            break
    return seen


def _seen(client: Client, app: str) -> Observation:
    listed = partial(_listed, client, app_selector(app))
    with ThreadPoolExecutor(6) as pool:
        found = {kind: pool.submit(find_kind, client, app, kind) for kind in COLLECTIONS}
        history = pool.submit(listed, "replicasets", KeptRevision)
        pods = pool.submit(listed, "pods", Pod)
        services = pool.submit(_services, client, app)
        secrets = pool.submit(listed, "secrets", Sealed)
        configs = pool.submit(listed, "configmaps", Settings)
        others = {resource: pool.submit(listed, resource, Named) for resource in _PLAIN}
    there = [owner for one in found.values() if (owner := one.result()) is not None]
    owner = own_of(there)
    leaving = [one for one in there if one.metadata.deletion_timestamp is not None and (owner is None or one is owner)]
    ending = leaving[0].kind if leaving else ""
    sealed = _visible(secrets, needed=owner is not None and _holds(owner, SECRET))
    settings = _visible(configs, needed=owner is not None and _holds(owner, FILE))
    return Observation(
        app=app,
        owner=None if ending else owner,
        ending=ending,
        strangers=frozenset(one.kind for one in there if one not in leaving and not is_own(one)),
        record=None if ending or owner is None else read_record(owner, sealed, settings),
        history=(*history.result(), *_snapshots(client, app, there, settings)),
        pods=pods.result(),
        jobs=_jobs(client, app_selector(app), there),
        services=services.result(),
        secrets=sealed,
        configs=settings,
        others={
            (resource, one.metadata.name): one.metadata.uid
            for resource, things in others.items()
            for one in things.result()
        },
    )


def observe(client: Client, lists: Lists | None = None) -> Mapping[str, Observation]:
    """Return all apps, by name: what their states are made of, without revisions and surroundings.

    Args:
        client: A connection to the API server.
        lists: What lists them, where that is not the server itself.
    """
    lists = lists or client
    selector = f"{OWNED},{COMPONENT}={Component.REPLICA}"
    with ThreadPoolExecutor(5) as pool:
        found = [pool.submit(_owners, lists, selector, kind) for kind in COLLECTIONS]
        pods = pool.submit(_listed, lists, selector, "pods", Pod)
        services = pool.submit(_listed, lists, selector, "services", Service)
    present = [one for some in found for one in some.result() if one.metadata.deletion_timestamp is None]
    sealed, filed = (any(_holds(one, mark) for one in present) for mark in (SECRET, FILE))
    secrets = _by_app(_listed(lists, selector, "secrets", Sealed) if sealed else ())
    configs = _by_app(_listed(lists, selector, "configmaps", Settings) if filed else ())
    pods_of, services_of = _by_app(pods.result()), _by_app(services.result())
    jobs_of = _by_app(_jobs(lists, selector, present))
    found_of = {
        name: Observation(
            app=name,
            owner=one,
            record=read_record(one, secrets[name], configs[name]),
            pods=tuple(pods_of[name]),
            jobs=tuple(jobs_of[name]),
            services=tuple(services_of[name]),
            secrets=tuple(secrets[name]),
            configs=tuple(configs[name]),
        )
        for one in sorted(present, key=lambda one: (one.metadata.name, OPEN not in one.metadata.labels))
        for name in (one.metadata.name,)
    }
    return {name: one if one.whole else observe_app(client, name) for name, one in found_of.items()}


def _snapshots(
    client: Client, app: str, owners: Iterable[Workload], configs: Iterable[Settings]
) -> tuple[KeptRevision, ...]:
    """Return the revisions that no ReplicaSet is."""
    kept = tuple(found for one in configs if (found := kept_revision(app, one.metadata)) is not None)
    if all(HISTORIES[one.kind] != "controllerrevisions" for one in owners):
        return kept
    snapshots = _listed(client, app_selector(app), "controllerrevisions", ControllerRevision)
    return (*kept, *(one.kept for one in snapshots))


def _jobs(lists: Lists, selector: str, owners: Iterable[Workload]) -> tuple[Job, ...]:
    """Return the Jobs of CronJobs; none is asked for where there is no CronJob."""
    makers = {one.metadata.uid for one in owners if one.kind == "CronJob"}
    found = _listed(lists, selector, "jobs", Job) if makers else ()
    return tuple(job for job in found if any(is_made_by(job.metadata, uid) for uid in makers))


def _owners(lists: Lists, selector: str, kind: str) -> tuple[Workload, ...]:
    """Return all objects of one kind that make pods of ours; none of a kind that one may not list."""
    try:
        if kind == "CronJob":
            return tuple(one.owner for one in _listed(lists, selector, COLLECTIONS[kind], CronJob))
        found = _listed(lists, selector, COLLECTIONS[kind], Workload)
    except AccessError:
        if kind == "Deployment":
            raise
        return ()
    return tuple(structs.replace(one, kind=kind) for one in found)


def _holds(owner: Workload, mark: str) -> bool:
    return any(mark in text for text in owner.metadata.annotations.values())


def _visible(listed: Future[tuple[K, ...]], *, needed: bool) -> tuple[K, ...]:
    """Return what an app's pods read: nothing where only who changes apps may see it, and the spec needs none."""
    try:
        return listed.result()
    except AccessError:
        if needed:
            raise
        return ()


def _services(client: Client, app: str) -> tuple[Service, ...]:
    """Return an app's Services, and one that has its name though it is somebody else's."""
    own = _listed(client, app_selector(app), "services", Service)
    if any(one.metadata.name == app for one in own):
        return own
    stranger = client.find(object_path("services", client.namespace, app), Service)
    return own if stranger is None else (*own, stranger)


def _listed(lists: Lists, selector: str, resource: str, kind: type[K]) -> tuple[K, ...]:
    return lists.list(object_path(resource, lists.namespace), kind, labels=selector).items


def _by_app(items: Iterable[K]) -> defaultdict[str, list[K]]:
    found = defaultdict[str, list[K]](list)
    for item in items:
        found[item.metadata.labels.get(NAME, "")].append(item)
    return found
