"""Cases that a policy must decide as they say, in a file that people read.

The file is TOML. ``[people]`` and ``[places]`` give names to identifiers; ``[cases]`` says, of somebody somewhere who
sends a line, what becomes of it::

    [people]
    carol = { user = "U012CAROL", groups = ["S012OPS"] }

    [places]
    ops = { channel = "C012OPS", namespace = "prod", backend = "kubernetes" }

    [cases]
    "carol in ops: scale web 3" = "allowed: operators"
    "carol in ops: scale web 11" = "refused: at most 10"

After the colon stands a rule that must be among those that decide, or words of the reason.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudkit.command import Call, Grammar
from cloudkit.errors import ConfigError, UsageError
from cloudkit_bot.policy.explaining import Explanation, explained
from cloudkit_bot.policy.verdict import Asker, Policy, Wanted
from cloudkit_bot.words.grammar import Wishes
from cloudkit_bot.words.line import split

__all__ = ["Case", "Outcome", "cases_in", "outcome"]

TEAM = "T0HOME"  # the workspace of people of whom nothing else is said
PERSON = {"user": str, "team": str, "groups": list, "guest": bool, "stranger": bool, "bot": bool}
NOWHERE: Mapping[str, Any] = {"channel": "", "direct": False, "backend": "", "namespace": ""}
PLACE = {"channel": str, "backend": str, "namespace": str, "direct": bool}
_SENTENCE = re.compile(r"(?P<who>\S+) in (?P<where>\S+): (?P<line>.+)", re.DOTALL)
_EXPECTED = re.compile(r"(?P<answer>allowed|refused)(?:: (?P<why>.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case.

    Args:
        name: As it stands in the file.
        asker: Who asks.
        wanted: What for.
        allowed: Whether they may.
        why: A rule that decides, or words of the reason; empty where the file does not say.
    """

    name: str
    asker: Asker
    wanted: Wanted
    allowed: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a policy says to a case."""

    case: Case
    found: Explanation

    @property
    def ok(self) -> bool:
        """True when it is what the case says."""
        verdict = self.found.verdict
        said = self.case.why in verdict.by or (self.case.why in verdict.reason)
        return verdict.allowed is self.case.allowed and said

    def lines(self) -> Iterator[str]:
        """Yield what is to be told: one line when it is well, else what is there, and why."""
        verdict = self.found.verdict
        yield f"{'ok    ' if self.ok else 'FAILED'}  {self.case.name}"
        if not self.ok:
            yield f"        expected: {answer(self.case.why, allowed=self.case.allowed)}"
            yield f"        found: {answer(', '.join(verdict.by) or verdict.reason, allowed=verdict.allowed)}"
            yield from (f"        {line}" for line in self.found.lines())


def answer(why: str = "", *, allowed: bool) -> str:
    return f"{'allowed' if allowed else 'refused'}{f': {why}' if why else ''}"


def cases_in(path: Path, grammar: Grammar) -> tuple[Case, ...]:
    """Read a file of cases.

    Raises:
        ConfigError: It cannot be read, or a case says nothing that can be asked.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read the cases {path}: {error}") from error
    strange = sorted(set(content) - {"people", "places", "cases"})
    if strange or not content.get("cases"):
        what = f"has {strange[0]!r}" if strange else "has no [cases]"
        raise ConfigError(f"{path} {what}; a file of cases has [people], [places] and [cases]")
    people = {name: person(path, name, told) for name, told in content.get("people", {}).items()}
    places = {name: {**NOWHERE, **known(path, name, told, PLACE)} for name, told in content.get("places", {}).items()}
    return tuple(case(path, grammar, (people, places), *entry) for entry in content["cases"].items())


def person(path: Path, name: str, told: object) -> Asker:
    given = {"team": TEAM, "user": "", **known(path, name, told, PERSON)}
    groups = frozenset(map(str, given.pop("groups", ())))
    return Asker(id=given.pop("user"), groups=groups, **given)


def known(path: Path, name: str, told: object, fields: Mapping[str, type[Any]]) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise ConfigError(f"{path}: {name} is no table of {', '.join(fields)}")
    for key, value in told.items():
        if not isinstance(value, fields.get(key, ())):
            raise ConfigError(f"{path}: {name} has {key} = {value!r}; known are: {', '.join(fields)}")
    return dict(told)


def case(
    path: Path, grammar: Grammar, named: tuple[Mapping[str, Asker], Mapping[str, Any]], sentence: str, said: object
) -> Case:
    """Read one case, by the people and the places that have names."""
    people, places = named
    asked, expected = _SENTENCE.fullmatch(sentence), _EXPECTED.fullmatch(str(said))
    if asked is None or expected is None or asked["who"] not in people or asked["where"] not in places:
        raise ConfigError(
            f"{path}: nobody can be asked {sentence!r} = {said!r}",
            hint='"PERSON in PLACE: LINE" = "allowed", or "refused: RULE", with PERSON and PLACE from the file',
        )
    try:
        meant = grammar.parse(split(asked["line"], grammar.program), Wishes())
    except UsageError as error:
        raise ConfigError(f"{path}: {sentence!r}: {error.summary}", hint=error.hint) from error
    if not isinstance(meant, Call):
        raise ConfigError(f"{path}: {sentence!r} asks for a text, not for a verb")
    wanted = Wanted.of(meant, **places[asked["where"]])
    allowed = expected["answer"] == answer(allowed=True)
    return Case(name=sentence, asker=people[asked["who"]], wanted=wanted, allowed=allowed, why=expected["why"] or "")


def outcome(policy: Policy, case: Case) -> Outcome:
    """Ask a policy for a case."""
    return Outcome(case=case, found=explained(policy, case.asker, case.wanted))
