"""What every backend refuses and names alike for the kinds of work: a change of kind, a stateful replica's names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cloudkit.errors import ConflictError

if TYPE_CHECKING:
    from cloudkit.model.app import AppSpec
    from cloudkit.model.mount import Mount

__all__ = [
    "attempt_name",
    "claim_of",
    "claims_of",
    "in_order",
    "numbered_name",
    "ordinal_in",
    "ordinal_mounts",
    "ordinal_name",
    "refuse_alike",
    "refuse_other_kind",
    "refuse_volumes_of_others",
    "unheld",
]

_ALIKE = frozenset({"service", "worker"})
"""Kinds that are one object on every engine, so that one becomes the other by an ordinary change."""


def refuse_other_kind(before: AppSpec | None, wanted: AppSpec) -> None:
    """Raise ``ConflictError`` where an app that is there would become another kind of work.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.reference import Reference
    >>> db = AppSpec(name="db", image=Reference.parse("db:1"))
    >>> refuse_other_kind(db, db.replace(kind="worker"))
    >>> refuse_other_kind(db, db.replace(kind="stateful"))
    Traceback (most recent call last):
    cloudkit.errors.ConflictError: app 'db' has the kind service; it cannot take the kind stateful
      try: kind service as it is, cloudkit delete db first (its volumes stay), or another name
    """
    if before is None or before.kind == wanted.kind or {before.kind, wanted.kind} == _ALIKE:
        return
    message = f"app {wanted.name!r} has the kind {before.kind}; it cannot take the kind {wanted.kind}"
    hint = f"kind {before.kind} as it is, cloudkit delete {wanted.name} first (its volumes stay), or another name"
    raise ConflictError(message, hint=hint)


def refuse_alike(spec: AppSpec, others: Mapping[str, str]) -> None:
    """Raise ``ConflictError`` where an app would have the name of a stateful app's replica, or the other way round.

    On one network a name leads to one of the two at random.

    Args:
        spec: The app that is to be made.
        others: The kinds of the other apps, by name.
    """
    for name, kind in sorted(others.items()):
        if spec.kind == "stateful" and ordinal_in(spec.name, name) is not None:
            raise _alike(spec.name, name, spec.name)
        if kind == "stateful" and ordinal_in(name, spec.name) is not None:
            raise _alike(name, spec.name, spec.name)


def _alike(stateful: str, app: str, new: str) -> ConflictError:
    message = f"the stateful app {stateful!r} names its replicas so that one would be {app!r}, as another app is called"
    return ConflictError(message, hint=f"another name than {new}")


def ordinal_name(app: str, ordinal: int) -> str:
    """Return the name that a stateful replica keeps.

    >>> ordinal_name("db", 0)
    'db-0'
    """
    return f"{app}-{ordinal}"


def attempt_name(app: str, revision: int, number: int, run: str = "") -> str:
    """Return the name of a job's replica, or of a cron's in one run; no stateful app has one that is alike.

    >>> attempt_name("migrate", 2, 0), attempt_name("backup", 2, 0, "29453910")
    ('migrate-2-n0', 'backup-29453910-n0')
    """
    return f"{app}-{run or revision}-n{number}"


def numbered_name(spec: AppSpec, revision: int, number: int, run: str = "") -> str:
    """Return the name of a replica that has a number: a stateful app's keeps it, a job's counts its tries."""
    if spec.kind == "stateful":
        return ordinal_name(spec.name, number)
    return attempt_name(spec.name, revision, number, run)


def ordinal_in(app: str, name: str) -> int | None:
    """Return the ordinal in a stateful replica's name; None where the name is none of the app's.

    >>> ordinal_in("db", "db-12"), ordinal_in("db", "db-2-x7k4m")
    (12, None)
    """
    number = name.removeprefix(f"{app}-")
    return int(number) if number != name and number.isascii() and number.isdigit() else None


def in_order(app: str, name: str) -> tuple[bool, int, str]:
    """Return what replicas' names are sorted by: a stateful app's by ordinal, others by name.

    >>> sorted(["db-10", "db-9"], key=lambda name: in_order("db", name))
    ['db-9', 'db-10']
    """
    ordinal = ordinal_in(app, name)
    return ordinal is None, ordinal or 0, name


def claim_of(volume: str, app: str, ordinal: int) -> str:
    """Return the name of the volume that one stateful replica has in place of a mount's.

    >>> claim_of("data", "db", 0)
    'data-db-0'
    """
    return f"{volume}-{ordinal_name(app, ordinal)}"


def ordinal_mounts(spec: AppSpec, ordinal: int) -> tuple[Mount, ...]:
    """Return a stateful replica's mounts: each volume is its own."""
    return tuple(
        replace(one, source=claim_of(one.source, spec.name, ordinal)) if one.kind == "volume" else one
        for one in spec.mounts
    )


def claims_of(spec: AppSpec) -> Sequence[str]:
    """Return the names of all volumes that a spec's replicas have; each replica of a stateful app has its own.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.mount import Mount
    >>> from cloudkit.model.reference import Reference
    >>> mounts = (Mount(source="data", target="/data"),)
    >>> spec = AppSpec(name="db", image=Reference.parse("db:1"), kind="stateful", mounts=mounts, replicas=2)
    >>> claims_of(spec), claims_of(spec.replace(kind="service"))
    (['data-db-0', 'data-db-1'], ['data'])
    """
    volumes = [one.source for one in spec.mounts if one.kind == "volume"]
    if spec.kind != "stateful":
        return volumes if spec.replicas else []
    return [claim_of(volume, spec.name, ordinal) for ordinal in range(spec.replicas) for volume in volumes]


def refuse_volumes_of_others(spec: AppSpec, owners: Mapping[str, str]) -> None:
    """Raise ``ConflictError`` where a replica of a stateful app would have another app's volume, which is called alike.

    Args:
        spec: What is wanted.
        owners: Of the volumes that are there and are a stateful replica's, whose app that is.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.mount import Mount
    >>> from cloudkit.model.reference import Reference
    >>> mounts = (Mount(source="a", target="/data"),)
    >>> spec = AppSpec(name="b-c", image=Reference.parse("db:1"), kind="stateful", mounts=mounts)
    >>> refuse_volumes_of_others(spec, {"a-b-c-0": "b-c"})
    >>> refuse_volumes_of_others(spec, {"a-b-c-0": "c"})
    Traceback (most recent call last):
    cloudkit.errors.ConflictError: volume 'a-b-c-0' is that of a replica of app 'c', and app 'b-c' would have it too
      try: another name for the volume, such as volumes="a2:/data", or for the app
    """
    if spec.kind != "stateful":
        return
    for ordinal in range(spec.replicas):
        for mount in (one for one in spec.mounts if one.kind == "volume"):
            name = claim_of(mount.source, spec.name, ordinal)
            if owners.get(name, spec.name) != spec.name:
                message = f"volume {name!r} is that of a replica of app {owners[name]!r}, and app {spec.name!r} would"
                hint = f'another name for the volume, such as volumes="{mount.source}2:{mount.target}", or for the app'
                raise ConflictError(f"{message} have it too", hint=hint)


def unheld(spec: AppSpec, volume: str) -> str:
    """Return what one machine does not hold of what a volume asks for, in words; empty where it asks for nothing.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.mount import Mount
    >>> from cloudkit.model.reference import Reference
    >>> mounts = (Mount(source="data", target="/data", size="10Gi"),)
    >>> unheld(AppSpec(name="db", image=Reference.parse("db:1"), mounts=mounts), "data")
    'not held on one machine: size 10Gi'
    """
    mine = [one for one in spec.mounts if one.kind == "volume" and _is_of(spec, one, volume)]
    asked = [("size", one.size) for one in mine] + [("class", one.storage_class) for one in mine]
    words = dict.fromkeys(f"{name} {value}" for name, value in asked if value)
    return f"not held on one machine: {', '.join(words)}" if words else ""


def _is_of(spec: AppSpec, mount: Mount, volume: str) -> bool:
    """Tell whether a volume is a mount's, or that of a replica that has one of its own."""
    own = re.escape(f"{mount.source}-{spec.name}-") + "[0-9]+"
    return volume == mount.source or re.fullmatch(own, volume) is not None
