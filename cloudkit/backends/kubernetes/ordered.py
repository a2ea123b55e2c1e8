"""The steps of a stateful app's roll and the claims of its replicas, as a plan says them: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cloudkit.backends.kinds import claims_of, ordinal_name
from cloudkit.backends.kubernetes.blocked import standing
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.records import Record
from cloudkit.backends.ordered import played
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Action, ActionKind

__all__ = ["claim_actions", "ordered_actions", "refuse_other_volumes"]

_CLAIMS = "persistentvolumeclaims"


def ordered_actions(wanted: AppSpec, revision: int, pods: Sequence[Pod]) -> Iterator[Action]:
    """Yield the steps of a roll, every replica that starts taken for ready.

    Args:
        wanted: What is wanted.
        revision: Its revision.
        pods: The app's pods; one that ends anyway is none of the steps.
    """
    living = [one for one in pods if one.metadata.deletion_timestamp is None]
    names = {one.metadata.uid: one.metadata.name for one in living}
    for act in played(
        0 if wanted.stopped else wanted.replicas, revision, [standing(wanted.name, one) for one in living]
    ):
        if act.kind == "start":
            name, detail = ordinal_name(wanted.name, act.ordinal), f"revision {revision}"
            yield Action(kind=ActionKind.START, object="replica", name=name, detail=detail)
        elif act.kind == "retire":
            yield Action(kind=ActionKind.DRAIN, object="replica", name=names[act.id])


def claim_actions(wanted: AppSpec, present: Collection[tuple[str, str]]) -> Iterator[Action]:
    """Yield the volumes that the cluster makes for replicas which have none yet."""
    for name in claims_of(wanted):
        if (_CLAIMS, name) not in present:
            yield Action(kind=ActionKind.CREATE, object="volume", name=name)


def refuse_other_volumes(record: Record | None, wanted: AppSpec) -> None:
    """Raise ``UnsupportedError`` where a stateful app that is there would mount other volumes: a StatefulSet cannot."""
    before = _volumes(record.spec) if record is not None else _volumes(wanted)
    if before == _volumes(wanted):
        return
    there = ", ".join(sorted(" ".join(filter(None, one)) for one in before)) or "none"
    message = f"the stateful app {wanted.name!r} has the volumes {there}; a StatefulSet cannot change them"
    hint = f"cloudkit delete {wanted.name} first (its volumes stay), then deploy it with the others"
    raise UnsupportedError(message, capability="stateful", hint=hint)


def _volumes(spec: AppSpec) -> set[tuple[str, ...]]:
    """Return what tells volumes apart as a StatefulSet makes them: their names, sizes and classes."""
    made = (one for one in spec.mounts if one.kind == "volume")
    return {(one.source, one.size or "", one.storage_class, "shared" * one.shared) for one in made}
