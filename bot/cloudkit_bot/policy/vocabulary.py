"""The words of a policy, read from the catalogue: actions with their roles, and what each of them is given.

``Action::"scale" in Action::"operator"`` holds for whatever an operator may do, so for what a viewer may do, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloudkit.model.verb import Role
from cloudkit.verbs import Catalogue
from cloudkit_bot.policy.terms import FLAG, STRING, Term, term_of

__all__ = ["ACKNOWLEDGE", "APPROVE", "OWN", "SILENCE", "held", "schema_of", "schema_text"]

APPROVE = "approve"  # the action of who approves what another has asked for
ACKNOWLEDGE, SILENCE = "acknowledge", "silence"
OWN: Mapping[str, Role] = {ACKNOWLEDGE: Role.OPERATOR, SILENCE: Role.OPERATOR}  # what the bot does itself, of incidents
PLACES: Mapping[str, Mapping[str, Any]] = {
    "User": {
        "memberOfTypes": ["Group", "Workspace"],
        "shape": {"type": "Record", "attributes": {"guest": FLAG, "stranger": FLAG, "bot": FLAG}},
    },
    "Group": {},
    "Workspace": {},
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


def schema_text(catalogue: Catalogue) -> str:
    """Return the schema as a file that editors read, ``policy.cedarschema.json``."""
    return json.dumps(schema_of(catalogue), indent=2)


def action(catalogue: Catalogue, name: str) -> dict[str, Any]:
    attributes = {one: {**term.schema, "required": needed} for one, (term, needed) in terms_of(catalogue, name).items()}
    context = {"arguments": {"type": "Record", "attributes": attributes}}
    role = OWN.get(name) or catalogue[name].mark.role
    return {"memberOf": [{"id": role.value}], "appliesTo": applied(context)}


def approving() -> dict[str, Any]:
    """The action of approving: no role has it, as who may do something may not approve it for others."""
    return {"memberOf": [], "appliesTo": applied({"verb": STRING})}


def applied(context: Mapping[str, Any]) -> dict[str, Any]:
    place = {"channel": STRING, "direct": FLAG}
    return {
        "principalTypes": ["User"],
        "resourceTypes": ["App", "Namespace"],
        "context": {"type": "Record", "attributes": {**place, **context}},
    }


def terms_of(catalogue: Catalogue, name: str) -> dict[str, tuple[Term, bool]]:
    """Return the arguments of a verb that a policy can compare, and whether they are always there."""
    verb = catalogue.get(name)
    if verb is None:
        return {}
    found = {one.name: (term_of(one), one.required) for one in verb.parameters}
    return {one: (term, needed) for one, (term, needed) in found.items() if term}


def held(catalogue: Catalogue, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given, as Cedar holds it.

    Raises:
        UsageError: A value is none that the verb takes.
    """
    terms = terms_of(catalogue, name)
    return {one: terms[one][0].hold(value) for one, value in arguments.items() if one in terms}
