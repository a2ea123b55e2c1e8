"""Read a Dockerfile: instructions with their lines, flags, arguments, heredocs and stages.

Source: https://docs.docker.com/reference/dockerfile/ (format, parser directives, escape, here-documents). It is for
telling people about their file; what a build does is decided by the engine's own reading.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Dockerfile", "Instruction", "parse_dockerfile"]

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*\Z")
_COMMENT = re.compile(r"\s*#")
_HEREDOC = re.compile(
    r"(?<![<\w])\d*<<(?P<dash>-?)\s*(?P<quote>[\"']?)(?P<name>[A-Za-z0-9_.-]+)(?P=quote)(?=\s|\Z|[;&|>)])"
    r"|\"(?:\\.|[^\"\\])*\"|'[^']*'"
)
"""A here-document's beginning, or quoted text, in which none begins."""
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})
_FLAG = re.compile(r"--[a-z][a-z0-9-]*(?:=(?:\"[^\"]*\"|'[^']*'|\S)*)?(?=\s|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction.

    Args:
        keyword: In capitals, such as ``COPY``.
        flags: Such as ``--from=build``.
        arguments: What follows, continued lines joined.
        heredocs: The bodies of its here-documents.
        line: Its first line, from 1.
        stage: The stage it belongs to, from 0; -1 before the first FROM.
    """

    keyword: str
    flags: tuple[str, ...] = ()
    arguments: str = ""
    heredocs: tuple[str, ...] = ()
    line: int = 1
    stage: int = -1

    @property
    def text(self) -> str:
        """The instruction on one line."""
        return " ".join(part for part in (self.keyword, *self.flags, self.arguments) if part)

    @property
    def listed(self) -> tuple[str, ...] | None:
        """The arguments of the JSON form; None for the shell form."""
        try:
            values = json.loads(self.arguments) if self.arguments.startswith("[") else None
        except ValueError:
            return None
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            return None
        return tuple(values)

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments one by one, in either form."""
        if (listed := self.listed) is not None:
            return listed
        try:
            return tuple(shlex.split(self.arguments))
        except ValueError:
            return tuple(self.arguments.split())

    def flag(self, name: str) -> str | None:
        """Return a flag's value; empty for one without, None when it is not there."""
        for flag in self.flags:
            key, _, value = flag.removeprefix("--").partition("=")
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A whole file.

    Args:
        instructions: All of them, in order.
        directives: The parser directives, such as ``syntax`` and ``escape``.
    """

    instructions: tuple[Instruction, ...] = ()
    directives: Mapping[str, str] = field(default_factory=dict)

    @property
    def stages(self) -> tuple[tuple[str, ...], ...]:
        """Of each stage, what it is known by: its number, and its name where it has one."""
        found: list[tuple[str, ...]] = []
        for instruction in self.of("FROM"):
            words = instruction.words
            name = words[2].lower() if len(words) > 2 and words[1].lower() == "as" else None
            found.append((str(len(found)), name) if name else (str(len(found)),))
        return tuple(found)

    def of(self, *keywords: str, stage: int | None = None) -> Iterator[Instruction]:
        """Yield the instructions of these keywords, of one stage or of all."""
        for instruction in self.instructions:
            if instruction.keyword in keywords and stage in {None, instruction.stage}:
                yield instruction

    def at(self, line: int | None) -> str:
        """Return the instruction that begins on a line; empty when none does."""
        return next((step.text for step in self.instructions if step.line == line), "")

    def stage_of(self, name: str | None) -> int:
        """Return the number of a stage by number or name; of the last one for None, -1 when there is none such."""
        if name is None:
            return len(self.stages) - 1
        return next((number for number, names in enumerate(self.stages) if name.lower() in names), -1)

    def lineage(self, stage: int) -> tuple[int, ...]:
        """Return a stage and, from near to far, those that it builds upon."""
        chain = [stage]
        bases = [instruction.words[0].lower() if instruction.words else "" for instruction in self.of("FROM")]
        while 0 <= chain[-1] < len(bases):
            above = (number for number in range(chain[-1]) if bases[chain[-1]] in self.stages[number][1:])
            base = next(above, None)
            if base is None:
                break
            chain.append(base)
        return tuple(chain)


def parse_dockerfile(text: str) -> Dockerfile:
    r"""Read a Dockerfile.

    >>> [(step.line, step.text) for step in parse_dockerfile("FROM a\nRUN x \\\n  && y\nCMD [\"z\"]").instructions]
    [(1, 'FROM a'), (2, 'RUN x && y'), (4, 'CMD ["z"]')]
    """
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
    directives = _directives(lines)
    escape = re.escape(directives.get("escape", "\\"))
    continued = re.compile(rf"(?:(?<!{escape})|\A){escape}[ \t]*\Z")
    instructions: list[Instruction] = []
    stage, position = -1, 0
    while position < len(lines):
        start = position
        logical, position = _joined(lines, start, continued)
        if not logical:
            continue
        keyword, flags, arguments = _split(logical)
        bodies, position = _heredocs(keyword, arguments, lines, position)
        stage += keyword == "FROM"
        instructions.append(
            Instruction(keyword=keyword, flags=flags, arguments=arguments, heredocs=bodies, line=start + 1, stage=stage)
        )
    return Dockerfile(instructions=tuple(instructions), directives=directives)


def _directives(lines: list[str]) -> dict[str, str]:
    """Return the directives: comments at the very top of the form ``# name=value``."""
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if match is None:
            break
        found.setdefault(match[1].lower(), match[2])
    return found


def _joined(lines: list[str], start: int, continued: re.Pattern[str]) -> tuple[str, int]:
    """Return one logical line and where the next one begins; comments and blank lines inside it do not count."""
    parts: list[str] = []
    position = start
    while position < len(lines):
        line = lines[position]
        position += 1
        if _COMMENT.match(line) or not line.strip():
            if not parts:
                break
            continue
        body, count = continued.subn("", line)
        parts.append(body.strip())
        if not count:
            break
    return " ".join(part for part in parts if part), position


def _split(logical: str) -> tuple[str, tuple[str, ...], str]:
    """Return keyword, flags and arguments."""
    keyword, _, rest = logical.partition(" ") if " " in logical else logical.partition("\t")
    rest, flags = rest.strip(), []
    while match := _FLAG.match(rest):
        flags.append(match[0])
        rest = rest[match.end() :].strip()
    return keyword.upper(), tuple(flags), rest


def _heredocs(keyword: str, arguments: str, lines: list[str], position: int) -> tuple[tuple[str, ...], int]:
    """Return the bodies of the here-documents that a line opens, and where they end."""
    nested = arguments.split(None, 1)[0].upper() if keyword == "ONBUILD" and arguments else keyword
    bodies: list[str] = []
    if nested in _WITH_HEREDOCS:
        for match in filter(lambda match: match["name"], _HEREDOC.finditer(arguments)):
            body: list[str] = []
            while position < len(lines):
                line = lines[position].lstrip("\t") if match["dash"] else lines[position]
                position += 1
                if line == match["name"]:
                    break
                body.append(line)
            bodies.append("\n".join(body))
    return tuple(bodies), position
