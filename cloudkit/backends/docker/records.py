"""An app's wanted spec, generation by generation, in containers that never start.

A container's name is unique on an engine, so making the record of generation 8 is a compare-and-swap: of two
writers that both saw generation 7 one gets a ``ConflictError``. A record pins its image, so a revision survives
``docker image prune``. Secrets and the contents of files stand in its environment, never in a label: as it never
starts, no kernel bounds that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cloudkit.backends.docker.ending import remove_container
from cloudkit.backends.docker.labels import GENERATION, REVISION, SPEC, VERSION, Component, identity
from cloudkit.backends.docker.names import record_name
from cloudkit.backends.docker.parallel import in_parallel
from cloudkit.engine.errors import translate
from cloudkit.errors import ConflictError
from cloudkit.model.encode import decode, encode, kept_apart

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.backends.docker.observe import Observation, Seen
    from cloudkit.model.app import AppSpec

__all__ = ["KEPT", "Record", "drop_records", "outdated", "read_record", "read_records", "spec_shown", "write_record"]

KEPT = 10  # revisions that can come back
_MARKS = ('"secret"', '"file"')  # of what is kept apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One generation of an app's wanted spec."""

    id: str
    generation: int
    revision: int
    spec: AppSpec
    created_at: datetime


def read_record(api: APIClient, seen: Seen) -> Record:
    """Return a record's content."""
    data = json.loads(seen.spec)
    kept = _kept(api, seen) if any(mark in seen.spec for mark in _MARKS) else {}
    return Record(
        id=seen.id,
        generation=seen.generation,
        revision=seen.revision,
        spec=decode(data, kept),
        created_at=datetime.fromtimestamp(seen.created, UTC),
    )


def spec_shown(seen: Seen) -> AppSpec:
    """Return a record's spec from what the engine lists: what is kept apart of it is read as lost."""
    return decode(json.loads(seen.spec), {}, lost=seen.name, lost_config=seen.name)


def read_records(api: APIClient, observation: Observation) -> tuple[Record, ...]:
    """Return the newest record of each revision, newest generation first, equal templates once."""
    found: list[Record] = []
    for seen in reversed(observation.records):
        record = read_record(api, seen)
        known = any(r.revision == record.revision or r.spec.template == record.spec.template for r in found)
        if not known:
            found.append(record)
    return tuple(found)


def write_record(api: APIClient, namespace: str, spec: AppSpec, *, image: str, generation: int, revision: int) -> str:
    """Record what is wanted from now on; raise ``ConflictError`` when that generation is there already."""
    name = record_name(namespace, spec.name, generation)
    labels = identity(namespace, Component.RECORD, spec.name) | {
        GENERATION: str(generation),
        REVISION: str(revision),
        VERSION: spec.image.tag or "",
        SPEC: json.dumps(encode(spec), sort_keys=True, separators=(",", ":")),
    }
    config = api.create_host_config(network_mode="none")
    try:
        with translate(f"record generation {generation} of {spec.name}"):
            made = api.create_container(
                image, ["-"], name=name, labels=labels, host_config=config, environment=_environment(spec)
            )
    except ConflictError as error:
        message = f"app {spec.name!r} was changed by someone else: generation {generation} is there already"
        raise ConflictError(message, hint=f"cloudkit status {spec.name}") from error
    return str(made["Id"])


def drop_records(api: APIClient, records: Sequence[Seen]) -> None:
    """Remove records, the newest last, as it says what is wanted; one that is gone already is no error."""
    by_age = sorted(records, key=lambda one: one.generation)
    in_parallel([partial(remove_container, api, one.id) for one in by_age[:-1]])
    for newest in by_age[-1:]:
        remove_container(api, newest.id)


def outdated(observation: Observation) -> tuple[Seen, ...]:
    """Return the records that neither the present nor a rollback needs.

    The newest of each of the last ``KEPT`` revisions stays.
    """
    return tuple(_surplus(observation.records))


def _surplus(records: Sequence[Seen]) -> Iterator[Seen]:
    revisions: set[int] = set()
    for record in reversed(records):
        if record.revision in revisions or len(revisions) >= KEPT:
            yield record
        else:
            revisions.add(record.revision)


def _environment(spec: AppSpec) -> dict[str, str]:
    """Return what is kept apart of a spec as variables; a path has no ``=`` in it then."""
    return {quote(name, safe="/"): value for name, value in kept_apart(spec).items()}


def _kept(api: APIClient, seen: Seen) -> dict[str, str]:
    with translate(f"read {seen.name}"):
        pairs = api.inspect_container(seen.id)["Config"]["Env"] or []
    named = (pair.split("=", 1) for pair in pairs if "=" in pair)
    return {unquote(name): value for name, value in named}
