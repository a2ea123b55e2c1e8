"""Changes before they happen, of as many apps as it takes: to look at, to keep, and to make."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, overload

from cloudkit.errors import ConfigError, ConflictError, NotFoundError, UsageError
from cloudkit.model.plan import Plan, Risk
from cloudkit.model.refusal import shown
from cloudkit.model.rows import Rows, mimebundle, pretty
from cloudkit.model.secret import Secret
from cloudkit.model.state import AppState
from cloudkit.session import Session

if TYPE_CHECKING:
    from cloudkit.model.planfile import Place

__all__ = ["Plans", "load_plans"]

SHORTEST = 12  # characters of a digest that still names one plan
Secrets = Mapping[str, str | Secret | Path]


class Plans(Sequence[Plan]):
    """What verbs would do: a plan for each app, in the order in which they were first named.

    Several verbs on one app are one plan, from what is there to what the last of them wants.

    >>> from cloudkit.testing import cloud
    >>> memory = cloud()
    >>> web = memory.deploy("web", "web:1")
    >>> with memory.planning() as plans:
    ...     _ = web.scale(3).deploy(env={"A": "1"})
    >>> plans
    <Plans web>
    >>> plans.apply()[0].spec.replicas
    3
    """

    __slots__ = ("_plans", "_session")

    def __init__(self, session: Session, plans: Sequence[Plan]) -> None:
        self._session = session
        self._plans = plans

    _repr_pretty_ = pretty
    _repr_mimebundle_ = mimebundle

    def __repr__(self) -> str:
        return f"<Plans {', '.join(plan.app for plan in self._plans) or 'of nothing'}>"

    def __str__(self) -> str:
        """Return each plan's heading and steps."""
        return "\n".join(map(str, self._plans)) or "nothing to do"

    def __len__(self) -> int:
        return len(self._plans)

    @overload
    def __getitem__(self, index: int) -> Plan: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Plan | Self:
        """Return the plan of that place, or several."""
        if isinstance(index, slice):
            return type(self)(self._session, tuple(self._plans[index]))
        return self._plans[index]

    def __iter__(self) -> Iterator[Plan]:
        return iter(tuple(self._plans))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plans) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(plan.app for plan in self._plans))

    @property
    def place(self) -> Place:
        """Where they were made."""
        from cloudkit.model.planfile import Place

        backend = self._session.backend
        return Place(backend=backend.name, endpoint=backend.endpoint, namespace=backend.namespace)

    @property
    def empty(self) -> bool:
        """True when applying them does nothing."""
        return all(plan.empty for plan in self._plans)

    @property
    def digest(self) -> str:
        """What names all of it: sha256 over the plans' own digests, in hexadecimal."""
        from cloudkit.model.planfile import digest_of_plans

        return digest_of_plans(self._session.backend.namespace, self)

    @property
    def risks(self) -> tuple[Risk, ...]:
        """What they may cost, all together."""
        return tuple(risk for risk in Risk if any(risk in plan.risks for plan in self._plans))

    def diff(self) -> str:
        """Return the fields that change, a line for each value before and after; secrets are ``***``."""
        return "\n".join(filter(None, (plan.diff() for plan in self._plans)))

    def only(self, *apps: str) -> Self:
        """Return the plans of some apps.

        Raises:
            NotFoundError: There is no plan of an app of that name.
        """
        there = [plan.app for plan in self._plans]
        for app in apps:
            if app not in there:
                raise NotFoundError(f"there is no plan of app {app!r}; there are: {', '.join(there) or 'none'}")
        return type(self)(self._session, tuple(plan for plan in self._plans if plan.app in apps))

    def checked(self, digest: str | None) -> Self:
        """Return the same plans where they are those of a digest, or of its beginning from 12 characters on.

        Args:
            digest: What was approved; None asks for nothing.

        Raises:
            ConflictError: They are not.
        """
        if digest is None or (len(digest) >= SHORTEST and self.digest.startswith(digest)):
            return self
        message = f"these plans have the digest {self.digest[:SHORTEST]}..., not {shown(digest)}: nothing was done"
        raise ConflictError(message, hint="look at them again, and approve what they are now")

    def apply(
        self, *, secrets: Secrets | None = None, wait: bool = True, timeout: float | None = None
    ) -> Rows[AppState]:
        """Make them true, one app after the other, each from what its plan was made from.

        All are looked at before the first is made. What is true already is not done again.

        Args:
            secrets: Values that plans out of a file have not got, by ``NAME`` or ``app:NAME``.
            wait: Return when all is as wanted.
            timeout: Seconds at the most for each app; without it its own rollout deadline.

        Returns:
            What is there now of the apps that stay.

        Raises:
            ConflictError: An app is no longer what its plan was made from.
            ConfigError: A secret is new and not given.
        """
        from cloudkit.model.given import GivenSecrets

        if self._session.plans is not None and self._session.plans is self._plans:
            raise UsageError("plans are applied when they are made", hint="apply() after the with block")
        given = GivenSecrets(secrets, os.environ)
        return Rows(tuple(self._session.apply(tuple(self), given=given, wait=wait, timeout=timeout)), AppState)

    def save(self, path: str | Path) -> Path:
        """Write them to a file, whole or not at all; no value of a secret stands there."""
        from cloudkit.model.planfile import plans_text
        from cloudkit.model.writing import write_whole

        return write_whole(Path(path), plans_text(self.place, tuple(self)))


def load_plans(session: Session, path: str | Path) -> Plans:
    """Return the plans of a file.

    Raises:
        NotFoundError: It is not there.
        ConfigError: It is no file of plans, not whole, changed, from a newer version, or made elsewhere.
    """
    from cloudkit.model.planfile import plans_from
    from cloudkit.model.writing import read_whole

    place, plans = plans_from(read_whole(Path(path)), f"plan {str(path)!r}")
    found = Plans(session, plans)
    if place != found.place:
        evidence = (f"made: {place}", f"here: {found.place}")
        raise ConfigError(f"plan {str(path)!r} was made elsewhere: nothing was done", evidence=evidence)
    return found
