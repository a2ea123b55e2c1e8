"""The rules of a policy, taken apart: whom each names, and what must be so for it to apply."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cedarpy

from cloudkit_bot.policy.verdict import Asker

__all__ = ["Part", "Rule", "naming", "parts_of", "rules_of"]

ANYTHING: Mapping[str, Any] = {"op": "All"}
_TEXT_OR_GROUP = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w])\(([\w.]+(?:\("(?:[^"\\]|\\.)*"\))?)\)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Args:
        key: Its place in the file.
        name: Its ``@id``, else its place, in words.
        body: The rule, as Cedar has it in JSON.
    """

    key: str
    name: str
    body: Mapping[str, Any]

    @property
    def permits(self) -> bool:
        """True for a rule that permits, False for one that forbids."""
        return bool(self.body["effect"] == "permit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the things that must be so for a rule to apply.

    Args:
        words: What, in words.
        rule: A rule that permits when it is so.
        scope: Which part of its head says so; empty for a condition.
    """

    words: str
    rule: Rule
    scope: str = ""


def rules_of(text: str) -> tuple[Rule, ...]:
    """Return the rules of a file."""
    found: Mapping[str, Any] = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    keys = sorted(found, key=lambda key: int(key.removeprefix("policy")))
    return tuple(
        Rule(key=key, name=found[key].get("annotations", {}).get("id") or f"rule {place}", body=found[key])
        for place, key in enumerate(keys, start=1)
    )


def naming(rules: Sequence[Rule], asker: Asker) -> tuple[Rule, ...]:
    """Return the rules that count for somebody: all for a member; for others those that name them, and that forbid.

    A group names who is in it. A workspace names the people of another one, never this one's guests.
    """
    if asker.member:
        return tuple(rules)
    kinds = {"User", "Group"} | ({"Workspace"} if asker.stranger else set())
    return tuple(rule for rule in rules if not rule.permits or whom(rule.body["principal"]) in kinds)


def whom(scope: Mapping[str, Any]) -> str:
    """Return the kind of what a rule names as who asks; empty where it names nobody."""
    found = scope.get("in", {}) if scope["op"] == "is" else scope
    return str(found.get("entity", {}).get("type", ""))


def parts_of(rule: Rule) -> Iterator[Part]:
    """Yield all that must be so for a rule to apply."""
    for scope, words in (("principal", "you are"), ("action", "it is"), ("resource", "the app is")):
        limit = rule.body[scope]
        if limit["op"] != "All":
            yield part(rule, f"{words} {scoped(limit)}", scope=scope, **{scope: limit})
    for condition in rule.body["conditions"]:
        kind = condition["kind"]
        for body in clauses(condition["body"], "&&" if kind == "when" else "||"):
            clause = {"kind": kind, "body": body}
            yield part(rule, f"{'' if kind == 'when' else 'not: '}{written(body)}", conditions=[clause])


def part(rule: Rule, words: str, *, scope: str = "", **body: object) -> Part:
    whole = {"effect": "permit", "principal": ANYTHING, "action": ANYTHING, "resource": ANYTHING, "conditions": []}
    key = f"{rule.key}/{words}"
    return Part(words=words, rule=Rule(key=key, name=rule.name, body=whole | body), scope=scope)


def clauses(body: Mapping[str, Any], word: str) -> Iterator[Mapping[str, Any]]:
    """Yield what is joined by one word."""
    if word in body:
        yield from clauses(body[word]["left"], word)
        yield from clauses(body[word]["right"], word)
    else:
        yield body


def scoped(scope: Mapping[str, Any]) -> str:
    """Return what the head of a rule says, as it is written there."""
    names = [
        f'{one["type"]}::"{one["id"]}"' for one in (*scope.get("entities", ()), *filter(None, [scope.get("entity")]))
    ]
    if scope["op"] == "is":
        inside = f" {scoped(scope['in'] | {'op': 'in'})}" if "in" in scope else ""
        return f"a {scope['entity_type']}{inside}"
    return " or ".join(names) if scope["op"] == "==" else f"in {' or '.join(names)}"


def written(body: Mapping[str, Any]) -> str:
    """Return a condition as it is written, without the brackets that say nothing."""
    rule = {"effect": "permit", "principal": ANYTHING, "action": ANYTHING, "resource": ANYTHING}
    policy = {"one": rule | {"conditions": [{"kind": "when", "body": body}]}}
    text = cedarpy.policies_from_json_str(json.dumps({"templates": {}, "templateLinks": [], "staticPolicies": policy}))
    found = text.partition("when {")[2].rpartition("}")[0].strip()
    while (fewer := _TEXT_OR_GROUP.sub(lambda match: match[1] or match[0], found)) != found:
        found = fewer
    return found.removeprefix("(").removesuffix(")") if re.fullmatch(r"\([^()]*\)", found) else found
