"""The words of a policy, read from the catalogue: actions with their roles, and what each of them is given.

``Action::"scale" in Action::"operator"`` holds for whatever an operator may do, so for what a viewer may do, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudkit.model.verb import Role
from cloudkit.verbs import Arity, Catalogue, Kind, Parameter

__all__ = ["ACKNOWLEDGE", "APPROVE", "OWN", "SILENCE", "argument_kinds", "schema_of"]

TYPES: Mapping[type[Any], str] = {int: "Long", str: "String", bool: "Boolean"}
APPROVE = "approve"  # the action of who approves what another has asked for
ACKNOWLEDGE, SILENCE = "acknowledge", "silence"
OWN: Mapping[str, Role] = {ACKNOWLEDGE: Role.OPERATOR, SILENCE: Role.OPERATOR}  # what the bot does itself, of incidents
FLAG = {"type": "Boolean"}
PLACES: Mapping[str, Mapping[str, Any]] = {
    "User": {
        "memberOfTypes": ["Group"],
        "shape": {"type": "Record", "attributes": {"guest": FLAG, "stranger": FLAG}},
    },
    "Group": {},
    "App": {"memberOfTypes": ["Namespace"]},
    "Namespace": {"memberOfTypes": ["Backend"]},
    "Backend": {},
}


def schema_of(catalogue: Catalogue) -> dict[str, Any]:
    """Return the Cedar schema that a policy file is checked against."""
    ranks = list(Role)
    roles = {
        rank.value: {"memberOf": [{"id": higher.value} for higher in ranks[index + 1 :][:1]]}
        for index, rank in enumerate(ranks)
    }
    verbs = {name: action(catalogue, name) for name in (*catalogue, *OWN)}
    return {"": {"entityTypes": dict(PLACES), "actions": roles | verbs | {APPROVE: approving()}}}


def action(catalogue: Catalogue, name: str) -> dict[str, Any]:
    attributes = {
        one: {"type": kind, "required": needed} for one, (kind, needed) in argument_kinds(catalogue, name).items()
    }
    context = {"arguments": {"type": "Record", "attributes": attributes}}
    role = OWN.get(name) or catalogue[name].mark.role
    return {"memberOf": [{"id": role.value}], "appliesTo": applied(context)}


def approving() -> dict[str, Any]:
    """The action of approving: no role has it, as who may do something may not approve it for others."""
    return {"memberOf": [], "appliesTo": applied({"verb": {"type": "String"}})}


def applied(context: Mapping[str, Any]) -> dict[str, Any]:
    place = {"channel": {"type": "String"}, "direct": {"type": "Boolean"}}
    return {
        "principalTypes": ["User"],
        "resourceTypes": ["App", "Namespace"],
        "context": {"type": "Record", "attributes": {**place, **context}},
    }


def argument_kinds(catalogue: Catalogue, name: str) -> dict[str, tuple[str, bool]]:
    """Return the arguments of a verb that a policy can compare: their Cedar type, and whether they are always there."""
    verb = catalogue.get(name)
    if verb is None:
        return {}
    found = {parameter.name: (kind_of(parameter), parameter.required) for parameter in verb.parameters}
    return {one: (kind, needed) for one, (kind, needed) in found.items() if kind}


def kind_of(parameter: Parameter) -> str:
    shape = parameter.shape
    if shape is None or shape.arity is not Arity.ONE or parameter.kind is Kind.VARIADIC:
        return ""
    if shape.choices and not shape.kinds and all(isinstance(choice, str) for choice in shape.choices):
        return "String"
    return TYPES.get(shape.kinds[0], "") if len(shape.kinds) == 1 and not shape.choices else ""
