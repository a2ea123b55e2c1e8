"""An app's wanted spec and its kept revisions, read from what makes its pods, Secrets and ConfigMaps: pure.

The owner's annotations say what is wanted. A Deployment's controller copies them to the ReplicaSet of each revision;
those of a StatefulSet and a DaemonSet do the same with a ControllerRevision. The values of secrets stand in a Secret of
the revision, and nowhere else; the contents of its files in a ConfigMap.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from msgspec import Struct

from cloudkit.backends.kubernetes.labels import CONTAINER, GENERATION, PULL, REVISION, SPEC, STOPPED
from cloudkit.backends.kubernetes.lost import lost_names
from cloudkit.backends.kubernetes.manifests.files import config_name, file_key
from cloudkit.backends.kubernetes.manifests.record import HISTORY
from cloudkit.backends.kubernetes.manifests.variables import secret_name
from cloudkit.backends.kubernetes.objects import KeptRevision, Metadata, Pod, Sealed, Workload
from cloudkit.errors import ConfigError
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import decode
from cloudkit.model.kinds import ENDING
from cloudkit.model.state import Revision

__all__ = [
    "Record",
    "Settings",
    "counted",
    "followed",
    "kept_revisions",
    "newest_revision",
    "nodes_of",
    "ports_of",
    "read_record",
    "read_spec",
    "revision_of",
    "revisions",
    "running_revisions",
]


class Settings(Struct, frozen=True):
    """A ConfigMap: its data as text."""

    metadata: Metadata
    data: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is wanted of an app, as what makes its pods says it.

    Args:
        spec: What is wanted, with the values of its secrets.
        generation: Counts the changes of the spec.
        revision: Counts the changes of what runs.
        version: The owner's ``resourceVersion``, the lock of the next change.
        replicas: How many replicas its controller keeps now, which a hand may have changed; of a daemon on each node.
        nodes: How many nodes a daemon runs on, as its controller has counted them; None for others.
        created_at: When the app was made.
        pull: The registry that its revision has a pull secret for; empty for none.
        ports: What its ports are called in its pods, by number and in their order.
    """

    spec: AppSpec
    generation: int
    revision: int
    version: str
    replicas: int
    nodes: int | None = None
    created_at: datetime
    pull: str = ""
    ports: Mapping[int, str] = field(default_factory=dict)


def read_record(owner: Workload, secrets: Iterable[Sealed] = (), configs: Iterable[Settings] = ()) -> Record | None:
    """Return what an owner says is wanted; None for one that cloudkit has not made.

    Args:
        owner: What makes the app's pods.
        secrets: The app's Secrets, or more than those; a value that they lack is a ``LostSecret`` of the spec.
        configs: The app's ConfigMaps, or more; a content that they lack is a ``LostText``.

    Raises:
        ConfigError: The spec is of a newer version, or is none.
    """
    metadata = owner.metadata
    text, generation = metadata.annotations.get(SPEC), _number(metadata, GENERATION)
    if text is None or not generation:
        return None
    revision = revision_of(owner)
    spec = _spec(metadata.namespace, metadata.name, text, revision, _Kept(tuple(secrets), tuple(configs)))
    return Record(
        spec=followed(spec, owner.spec.replicas),
        generation=generation,
        revision=revision,
        version=metadata.resource_version,
        replicas=_replicas(owner, spec),
        nodes=nodes_of(owner) if spec.kind == "daemon" else None,
        created_at=metadata.creation_timestamp or datetime.now(UTC),
        pull=owner.spec.template.metadata.annotations.get(PULL, ""),
        ports=ports_of(owner),
    )


def _replicas(owner: Workload, spec: AppSpec) -> int:
    """Return how many replicas there are to be; work that ends has no number of its own."""
    if STOPPED in owner.spec.template.spec.node_selector or (spec.kind in ENDING and spec.stopped):
        return 0
    return owner.spec.replicas


def read_spec(
    metadata: Metadata, app: str, revision: int, secrets: Iterable[Sealed] = (), configs: Iterable[Settings] = ()
) -> AppSpec:
    """Return the spec that an object's annotation holds, with what stands apart of it.

    Args:
        metadata: The object's.
        app: The app's name.
        revision: The revision that what stands apart is of.
        secrets: The app's Secrets, or more.
        configs: The app's ConfigMaps, or more.
    """
    kept = _Kept(tuple(secrets), tuple(configs))
    return _spec(metadata.namespace, app, metadata.annotations.get(SPEC, ""), revision, kept)


def followed(spec: AppSpec, replicas: int) -> AppSpec:
    """Return a spec whose number of replicas is the one that its autoscaler has chosen; none is nobody's choice."""
    return spec.replace(replicas=replicas) if spec.autoscale and replicas and not spec.stopped else spec


def counted(record: Record, owner: Workload) -> Record:
    """Return a record with what its object has been told or has counted since."""
    nodes = nodes_of(owner) if record.spec.kind == "daemon" else None
    return replace(record, spec=followed(record.spec, owner.spec.replicas), nodes=nodes)


def running_revisions(history: Iterable[KeptRevision], pods: Iterable[Pod]) -> frozenset[int]:
    """Return the revisions that have replicas, or would have if they could."""
    wanted = {revision_of(one) for one in history if one.spec.replicas}
    kept = {revision_of(one) for one in history}
    running = {_number(one.metadata, REVISION) for one in pods if one.metadata.deletion_timestamp is None}
    return frozenset(wanted | (running & kept)) - {0}


def nodes_of(daemon: Workload) -> int:
    """Return how many nodes a daemon is to run on: one at the least, as else nobody would hear that none admits it."""
    seen = daemon.status.observed_generation >= daemon.metadata.generation
    return max(1, daemon.status.desired_number_scheduled if seen else 0)


def revisions(
    record: Record,
    history: Iterable[KeptRevision],
    secrets: Iterable[Sealed] = (),
    configs: Iterable[Settings] = (),
) -> tuple[Revision, ...]:
    """Return the kept revisions, newest first, equal templates once; the present one is always among them.

    A revision whose Secret or ConfigMap somebody has removed cannot come back and is left out, as is one that a roll
    has given up though its caller was interrupted before it could forget it.

    Args:
        record: What is wanted now.
        history: The app's kept revisions.
        secrets: The app's Secrets.
        configs: The app's ConfigMaps.
    """
    kept, made = _Kept(tuple(secrets), tuple(configs)), _by_revision(history)
    begun = made[record.revision].metadata.creation_timestamp if record.revision in made else None
    current = Revision(
        number=record.revision, spec=record.spec, created_at=begun or _latest(record, made), current=True
    )
    found = [current]
    for number in sorted(made.keys() - {record.revision} - _given_up(record, made), reverse=True):
        revision = _kept(number, made[number], kept)
        if revision is not None and all(one.spec.template != revision.spec.template for one in found):
            found.append(revision)
    return tuple(sorted(found, key=lambda one: one.number, reverse=True))[:HISTORY]


def kept_revisions(owner: Workload | None, history: Iterable[KeptRevision]) -> frozenset[int]:
    """Return the numbers of the revisions whose Secrets are needed: those that are kept, and the present."""
    numbers = {revision_of(one) for one in history}
    return frozenset(numbers | ({revision_of(owner)} if owner else set())) - {0}


def newest_revision(owner: Workload | None, history: Iterable[KeptRevision]) -> int:
    """Return the highest revision that there was; the next one is one more."""
    return max(kept_revisions(owner, history), default=0)


def revision_of(owner: Workload | KeptRevision) -> int:
    """Return the revision that an object makes pods of; 0 where it is not ours."""
    return _number(owner.spec.template.metadata, REVISION)


def ports_of(owner: Workload | KeptRevision) -> dict[int, str]:
    """Return what ports are called in the pods that an object makes, by number; empty for no name."""
    found = (one for one in owner.spec.template.spec.containers if one.name == CONTAINER)
    return {port.container_port: port.name for one in found for port in one.ports}


def _by_revision(history: Iterable[KeptRevision]) -> dict[int, KeptRevision]:
    """Return the history by revision; of two of one revision, as after a hand's change, the newer."""
    oldest = datetime.min.replace(tzinfo=UTC)
    ordered = sorted(history, key=lambda one: one.metadata.creation_timestamp or oldest)
    return {revision_of(one): one for one in ordered if revision_of(one)}


@dataclass(frozen=True, slots=True)
class _Kept:
    """What has the values that a spec's annotation lacks."""

    secrets: tuple[Sealed, ...]
    configs: tuple[Settings, ...]


def _kept(number: int, revised: KeptRevision, kept: _Kept) -> Revision | None:
    metadata = revised.metadata
    text, app = metadata.annotations.get(SPEC), _owner(metadata)
    if text is None:
        return None
    try:
        spec = _spec(metadata.namespace, app, text, number, kept)
    except ConfigError:
        return None
    if lost_names(spec):
        return None
    return Revision(number=number, spec=spec, created_at=metadata.creation_timestamp or datetime.now(UTC))


def _latest(record: Record, made: Mapping[int, KeptRevision]) -> datetime:
    """Return when a revision was made that is not kept yet: now, unless it is the first."""
    return datetime.now(UTC) if made else record.created_at


def _given_up(record: Record, made: Mapping[int, KeptRevision]) -> frozenset[int]:
    """Return the revisions that were tried after the present one and before it was gone back to."""
    tried = {number: one.metadata for number, one in made.items() if number > record.revision}
    return frozenset(number for number, one in tried.items() if _number(one, GENERATION) < record.generation)


def _owner(metadata: Metadata) -> str:
    return next((one.name for one in metadata.owner_references if one.controller), "")


def _spec(namespace: str, app: str, text: str, revision: int, kept: _Kept) -> AppSpec:
    try:
        data = json.loads(text)
    except ValueError as error:
        message = f"annotation {SPEC} of what makes the pods of {app!r} is no JSON"
        hint = f"kubectl get deployment,statefulset,daemonset {app} -n {namespace}; and delete it"
        raise ConfigError(message, hint=hint) from error
    if not isinstance(data, dict):
        raise ConfigError(f"annotation {SPEC} of what makes the pods of {app!r} is no spec")
    owner = app or str(data.get("name"))
    secret, config = secret_name(owner, revision), config_name(owner, revision)
    values, contents = dict(_values(secret, kept.secrets)), dict(_contents(config, kept.configs))
    values |= _by_path(data.get("secrets"), values) | _by_path(data.get("config"), contents)
    where = f"of namespace {namespace!r}"
    return decode(data, values, lost=f"Secret {secret!r} {where}", lost_config=f"ConfigMap {config!r} {where}")


def _contents(name: str, configs: Iterable[Settings]) -> Iterator[tuple[str, str]]:
    for one in configs:
        if one.metadata.name == name:
            yield from one.data.items()


def _by_path(paths: object, found: Mapping[str, str]) -> dict[str, str]:
    """Return what was found of some files, by their paths."""
    named = {path: file_key(path) for path in paths} if isinstance(paths, Mapping) else {}
    return {path: found[key] for path, key in named.items() if key in found}


def _values(name: str, secrets: Iterable[Sealed]) -> Iterator[tuple[str, str]]:
    for one in secrets:
        if one.metadata.name == name:
            for key, value in one.data.items():
                with suppress(UnicodeDecodeError):  # a hand's own: never ours
                    yield key, b64decode(value).decode()


def _number(metadata: Metadata, annotation: str) -> int:
    text = metadata.annotations.get(annotation, "")
    return int(text) if text.isascii() and text.isdigit() else 0
