"""What a spec asks for that a backend may lack."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cloudkit.backends.protocol import Capability
from cloudkit.backends.schedule import check_schedule
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.placement import Placement

__all__ = ["needed_of", "refuse_beyond"]

_KINDS = {kind.value: kind for kind in (Capability.DAEMON, Capability.STATEFUL, Capability.JOB, Capability.CRON)}


def needed_of(spec: AppSpec) -> Iterator[tuple[Capability, str]]:
    """Return what a spec needs besides the contract, each with its words.

    >>> from cloudkit.model.reference import Reference
    >>> list(needed_of(AppSpec(name="db", image=Reference.parse("db:1"), kind="stateful")))
    [(<Capability.STATEFUL: 'stateful'>, "kind='stateful'")]
    """
    if spec.kind in _KINDS:
        yield _KINDS[spec.kind], f"kind={spec.kind!r}"
    if spec.autoscale is not None:
        yield Capability.AUTOSCALE, "autoscale"
    if spec.placement != Placement():
        yield Capability.PLACEMENT, "a placement"
    if spec.config or spec.secrets:
        yield Capability.FILES, "config and secret files"
    if spec.hosts:
        yield Capability.HOSTS, "a host name"


def refuse_beyond(spec: AppSpec, backend: str, capabilities: Collection[Capability]) -> None:
    """Raise ``UnsupportedError`` for the first thing that a spec asks for and a backend has not got.

    A schedule that is never due is a ``UsageError``.
    """
    for capability, words in needed_of(spec):
        if capability not in capabilities:
            message = f"app {spec.name!r} asks for {words}, which the backend {backend} has not got"
            raise UnsupportedError(message, capability=capability.value, hint="cloudkit deploy without it")
    if spec.schedule is not None:
        check_schedule(spec.schedule)
