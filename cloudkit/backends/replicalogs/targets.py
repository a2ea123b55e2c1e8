"""The replicas whose logs are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloudkit.errors import NotFoundError
from cloudkit.model.log import LogQuery

__all__ = ["Target", "chosen"]


@dataclass(frozen=True, slots=True)
class Target:
    """A replica that is to be read.

    Args:
        id: Its identifier, which is never used again.
        name: Its name as people see it.
        part: Which part of it is read, where it may have several; empty for the only one.
    """

    id: str
    name: str
    part: str = ""


def chosen(targets: Sequence[Target], query: LogQuery, *, missing_ok: bool = False) -> Sequence[Target]:
    """Return the replicas that a query means.

    >>> chosen([Target("1f", "web-1"), Target("2e", "web-2")], LogQuery(replica="web-2"))
    [Target(id='2e', name='web-2', part='')]
    """
    if query.replica is None:
        return targets
    found = [target for target in targets if query.replica in {target.name, target.id}]
    if not found and not missing_ok:
        names = ", ".join(target.name for target in targets) or "none"
        raise NotFoundError(f"replica {query.replica!r} is not there", evidence=[f"replicas: {names}"])
    return found
