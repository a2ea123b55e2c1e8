"""Read ``.dockerignore`` as the engine does: the last pattern that matches a path or a folder above it decides.

Source: https://docs.docker.com/build/concepts/context/#dockerignore-files, and moby's ``patternmatcher`` for what the
page leaves open.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cloudkit.errors import BuildError

__all__ = ["Ignore", "ignore_file"]

_TOKEN = re.compile(
    r"(?P<any>\*\*+/?)|(?P<star>\*)|(?P<one>\?)|(?P<range>\[\^?(?:\\.|[^\]\\])+\])|\\(?P<escaped>.)|(?P<char>.)",
    re.DOTALL,
)
_WILD = re.compile(r"[*?\[\\]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: what it matches, and whether it excludes or, with ``!``, takes back in."""

    text: str
    expression: re.Pattern[str]
    excludes: bool

    @property
    def literal(self) -> str:
        """The text up to the first wildcard: where below a folder it could match."""
        return _WILD.split(self.text, maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Ignore:
    """The patterns of a ``.dockerignore``, in order.

    >>> ignore = Ignore.parse("node_modules" + chr(10) + "**/*.log" + chr(10) + "!keep.log")
    >>> [ignore.excludes(path) for path in ("node_modules/x/y.js", "a/b.log", "keep.log", "index.js")]
    [True, True, False, False]
    """

    patterns: tuple[Pattern, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the lines of a file; raise ``BuildError`` for a pattern that the engine would refuse."""
        lines = text.removeprefix("\ufeff").split("\n")
        stripped = ((number, line.strip()) for number, line in enumerate(lines, 1) if not line.startswith("#"))
        return cls(tuple(_pattern(line, number) for number, line in stripped if line))

    @classmethod
    def read(cls, file: Path | None) -> Self:
        """Read a file; None ignores nothing."""
        return cls.parse(file.read_text(errors="surrogateescape")) if file else cls()

    def excludes(self, path: str) -> bool:
        """True when the path, relative to the context with ``/``, stays out of the build."""
        parts = path.split("/")
        above = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
        for pattern in reversed(self.patterns):
            if any(pattern.expression.match(candidate) for candidate in above):
                return pattern.excludes
        return False

    def hides(self, folder: str) -> bool:
        """True when nothing at all below an excluded folder can be taken back in, so that it need not be walked."""
        below = f"{folder}/"
        back = (pattern.literal for pattern in self.patterns if not pattern.excludes)
        return not any(literal.startswith(below) or below.startswith(literal) for literal in back)


def ignore_file(context: Path, dockerfile: Path) -> Path | None:
    """Return the file that counts: ``<Dockerfile>.dockerignore`` beside it, else the context's; None when neither."""
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    return next((file for file in (own, context / ".dockerignore") if file.is_file()), None)


def _pattern(line: str, number: int) -> Pattern:
    excludes = not line.startswith("!")
    text = line if excludes else line[1:].strip()
    if not text:
        raise BuildError(f".dockerignore line {number}: '!' alone takes nothing back", step=line, line=number)
    text = posixpath.normpath(text).lstrip("/") or "."
    return Pattern(text=text, expression=_expression(text, number), excludes=excludes)


def _expression(text: str, number: int) -> re.Pattern[str]:
    try:
        return re.compile("".join(_translated(token, text) for token in _TOKEN.finditer(text)) + r"\Z", re.DOTALL)
    except re.error as error:
        message = f".dockerignore line {number}: {text[:80]!r} is no pattern: {error}"
        raise BuildError(message, step=text[:80], line=number) from error


def _translated(token: re.Match[str], text: str) -> str:
    """Return the regular expression for one token of a pattern."""
    match token.lastgroup:
        case "any":
            return ".*" if token.end() == len(text) else "(?:.*/)?"
        case "star":
            return "[^/]*"
        case "one":
            return "[^/]"
        case "range":
            return token[0].replace("[[", "[\\[")
        case "escaped":
            return re.escape(token["escaped"])
        case _:
            return _character(token[0])


def _character(character: str) -> str:
    """Return a character that stands for itself; a bracket without its pair is no pattern."""
    if character in "[\\":
        raise re.error(f"{character!r} has no end")
    return re.escape(character)
