"""Docstrings in Google's style, taken apart."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Docstring"]

_SECTION = re.compile(r"(Args|Attributes|Keys|Raises|Returns|Yields|Source|Example|Examples|Note):\s*(.*)\Z")
_ENTRY = re.compile(r"\*{0,2}(\w+)(?:\s*\([^)]*\))?:\s*(.*)\Z")
_ARGUMENTS = {"Args", "Attributes", "Keys"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Docstring:
    """What a docstring says.

    Args:
        summary: Its first paragraph, in one line.
        description: The paragraphs before its first section, without examples.
        arguments: The help of each parameter.

    >>> Docstring.parse("Scale it.\\n\\nArgs:\\n    replicas: How many.\\n").arguments["replicas"]
    'How many.'
    """

    summary: str = ""
    description: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, text: str | None) -> Docstring:
        """Read a docstring; none is an empty one."""
        sections = sections_of(inspect.cleandoc(text or "").splitlines())
        summary, *rest = [*paragraphs(sections.pop("", [])), ""]
        arguments: dict[str, str] = {}
        for name in _ARGUMENTS & sections.keys():
            arguments |= dict(entries(sections[name]))
        return cls(summary=summary, description="\n\n".join(filter(None, rest)), arguments=arguments)


def sections_of(lines: Iterable[str]) -> dict[str, list[str]]:
    """Split into sections; what stands outside them has the empty name."""
    name, sections = "", dict[str, list[str]]()
    for line in lines:
        match = _SECTION.match(line)
        if match or (not line.startswith((" ", "\t")) and line):
            name = match[1] if match else ""
        sections.setdefault(name, []).append(match[2] if match else line)
    return sections


def paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Join lines into paragraphs; an example is none."""
    for block in "\n".join(lines).split("\n\n"):
        if block.strip() and not block.lstrip().startswith(">>>"):
            yield " ".join(line.strip() for line in block.strip().splitlines())


def entries(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Read ``name: text`` entries; a deeper line goes on with the entry before it."""
    held: list[list[str]] = []
    for line in inspect.cleandoc("\n" + "\n".join(lines)).splitlines():
        match = None if line.startswith(" ") else _ENTRY.match(line)
        if match:
            held.append([match[1], match[2]])
        elif line.strip() and held:
            held[-1].append(line.strip())
    for name, *words in held:
        yield name, " ".join(filter(None, words))
