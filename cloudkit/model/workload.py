"""Whatever runs beside the apps, too: one row for each thing that somebody has asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cloudkit.model.frozen import chosen
from cloudkit.model.plain import plain
from cloudkit.model.rows import pretty

__all__ = ["Workload"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Something that runs, whoever has made it.

    Args:
        kind: ``app`` on one machine and on the twin, where there are ``container`` and ``compose`` (a service of a
            project), too; on a cluster ``deployment``, ``replicaset``, ``rc``, ``statefulset``, ``daemonset``,
            ``job``, ``cronjob`` or ``pod``.
        name: Its name; ``project/service`` for a service of compose.
        namespace: Where it is; empty on an engine for what has none.
        ready: How many of it are ready, or have ended well where that is what they are for.
        wanted: How many there should be.
        images: What it runs, as it was asked for.
        owner: Who keeps it: ``cloudkit``, ``helm release web``, a controller such as ``Rollout web``, or what its
            label ``app.kubernetes.io/managed-by`` says; empty where nobody says so.
        created_at: When it was made; None where that is not told.
        message: What is wrong; empty where nothing is.
        observed_at: When this was seen.

    >>> from datetime import UTC
    >>> print(Workload(kind="rc", name="legacy", ready=1, wanted=2, images=("web:1",), observed_at=datetime.now(UTC)))
    rc/legacy 1/2 ready, web:1
    """

    kind: str
    name: str
    namespace: str = ""
    ready: int = 0
    wanted: int = 1
    images: tuple[str, ...] = ()
    owner: str = ""
    created_at: datetime | None = None
    message: str = ""
    observed_at: datetime

    __repr__ = chosen
    _repr_pretty_ = pretty

    def __str__(self) -> str:
        """Return one line: what it is, how many are ready, whose it is, images, what is wrong."""
        whose = f"of {self.owner}" if self.owner else ""
        parts = (f"{self.kind}/{self.name} {self.ready}/{self.wanted} ready", whose, *self.images, self.message)
        return plain(", ".join(filter(None, parts)))
