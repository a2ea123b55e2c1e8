"""Why somebody may do something, or may not: which rule decides, and what would have to be so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from cloudkit_bot.policy.rules import Part, Rule, naming, parts_of
from cloudkit_bot.policy.verdict import Asker, Policy, Verdict, Wanted

__all__ = ["Explains", "Explanation", "Reading", "explained", "explanation"]

NEAREST = 5  # rules that are told of
NAMELESS = "guests, bots and people of other workspaces may do only what a rule permits to them by name"
Holding = Callable[[tuple[Rule, ...]], frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one rule says to a question.

    Args:
        rule: Its name.
        permits: False for a rule that forbids.
        met: What is so of what it asks for.
        unmet: What is not so; empty for a rule that applies.
    """

    rule: str
    permits: bool
    met: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one line."""
        name = self.rule if self.rule.startswith("rule ") else f'rule "{self.rule}"'
        if not self.permits:
            return f"{name} forbids it{said(' where ', self.met)}"
        return f"{name} would permit it if{said(' ', self.unmet)}" if self.unmet else f"{name} permits it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A verdict with its reasons.

    Args:
        verdict: What the policy says.
        readings: The rules that decide, then those that come nearest to another answer.
        note: What else one must know; empty for nothing.
    """

    verdict: Verdict
    readings: tuple[Reading, ...] = ()
    note: str = ""

    def lines(self) -> Iterator[str]:
        """Yield it line by line.

        >>> list(Explanation(verdict=Verdict(allowed=True), readings=(Reading(rule="ops", permits=True),)).lines())
        ['rule "ops" permits it']
        """
        yield from map(str, self.readings)
        if self.note or not self.readings:
            yield self.note or self.verdict.reason or "it is permitted"


@runtime_checkable
class Explains(Protocol):
    """A policy that gives its reasons."""

    def explain(self, asker: Asker, wanted: Wanted) -> Explanation:
        """Say which rule decides, and what would have to be so for another answer."""
        ...


def explained(policy: Policy, asker: Asker, wanted: Wanted) -> Explanation:
    """Return the reasons of a policy; of one that gives none, its verdict."""
    return (
        policy.explain(asker, wanted)
        if isinstance(policy, Explains)
        else Explanation(verdict=policy.decide(asker, wanted))
    )


def explanation(rules: Sequence[Rule], asker: Asker, verdict: Verdict, holding: Holding) -> Explanation:
    """Explain a verdict.

    Args:
        rules: All rules of the policy.
        asker: Who asks; who is no member is told of those rules alone that forbid it to them or name them.
        verdict: What they say.
        holding: Tells which of some rules apply.
    """
    own = naming(rules, asker)
    parts = {rule.key: tuple(parts_of(rule)) for rule in own}
    held = holding(tuple(part.rule for found in parts.values() for part in found))
    read = [(parts[rule.key], reading(rule, parts[rule.key], held)) for rule in own]
    applying = [found for _, found in read if not found.unmet]
    deciding = tuple(found for found in applying if found.permits is verdict.allowed)
    if any(found.permits for found in applying):
        return Explanation(verdict=verdict, readings=deciding)
    near = [found for inner, found in read if found.permits and about(inner, held, who=not asker.member)]
    near.sort(key=lambda found: len(found.unmet))
    why = "" if asker.member and near else "no rule permits it to anybody" if asker.member else NAMELESS
    return Explanation(verdict=verdict, readings=(*deciding, *near[:NEAREST]), note=why)


def reading(rule: Rule, parts: Sequence[Part], held: frozenset[str]) -> Reading:
    met = tuple(part.words for part in parts if part.rule.key in held)
    unmet = tuple(part.words for part in parts if part.rule.key not in held)
    return Reading(rule=rule.name, permits=rule.permits, met=met, unmet=unmet)


def about(parts: Sequence[Part], held: frozenset[str], *, who: bool) -> bool:
    """Tell whether a rule is about the verb that is asked for; with ``who``, about who asks, too."""
    asked = {"action", *(["principal"] if who else [])}
    return all(part.rule.key in held for part in parts if part.scope in asked)


def said(before: str, words: Sequence[str]) -> str:
    return f"{before}{', and '.join(words)}" if words else ""
