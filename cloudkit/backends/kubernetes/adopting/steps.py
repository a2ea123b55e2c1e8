"""The steps of an adoption as a plan shows them: who lets go, which pods stay, and what is made around them; pure."""

from __future__ import annotations

from collections.abc import Iterator

from cloudkit.backends.kubernetes.adopting.survey import Surveyed
from cloudkit.backends.kubernetes.owners import owner_word
from cloudkit.backends.kubernetes.plan import plan_actions
from cloudkit.model.plan import Action, ActionKind, Plan

__all__ = ["plan_of"]

_ABOUT_PODS = frozenset({"replica", "revision"})


def plan_of(found: Surveyed) -> Plan:
    """Return the plan of an adoption."""
    adoption = found.adoption
    return Plan(
        app=adoption.spec.name,
        backend="kubernetes",
        generation=0,
        before=None,
        after=adoption.spec,
        actions=tuple(_actions(found)),
        adopts=str(adoption.origin),
    )


def _actions(found: Surveyed) -> Iterator[Action]:
    adoption, spec = found.adoption, found.adoption.spec
    for maker in adoption.makers:
        word = maker.resource.removesuffix("s")
        yield Action(kind=ActionKind.REMOVE, object=word, name=maker.name, detail="its pods stay")
    word, count = owner_word(spec), f"{spec.replicas} replica{'s' * (spec.replicas != 1)}"
    detail = f"goes on with what was begun, {count}" if adoption.goes_on else count
    yield Action(kind=ActionKind.RECORD, object="revision", name=str(adoption.revision), detail="generation 1")
    yield Action(kind=ActionKind.CREATE, object=word, name=spec.name, detail=detail)
    for pod in found.pods:
        yield Action(kind=ActionKind.ADOPT, object="replica", name=pod.metadata.name, detail="is not restarted")
    for service in found.services:
        yield Action(kind=ActionKind.KEEP, object="service", name=service.metadata.name, detail=str(service))
    if found.situation.record is None:
        for action in plan_actions(found.situation, spec):
            if action.object not in _ABOUT_PODS | {word}:
                yield action
    for path in found.lost:
        detail = "is not carried: it goes with the next revision"
        yield Action(kind=ActionKind.REMOVE, object="field", name=path, detail=detail)
