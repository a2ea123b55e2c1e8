"""The call that is being typed: which function, which argument, and what of it is there already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

__all__ = ["OpenCall", "open_call"]

LONGEST = 20_000  # characters before the cursor that are looked at
PAIRS = {"(": ")", "[": "]", "{": "}"}
CALLEE = re.compile(r"(?:[^\W\d]\w*(?:\([^()]*\))?\s*\.\s*)*[^\W\d]\w*\Z")
KEYWORD = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)\s*")
STRING = re.compile(r"(?i:[rbuf]{0,2})(\"\"\"|'''|\"|')")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """A call whose bracket is open at the cursor.

    Args:
        callee: What stands before the bracket, such as ``cloud.app("web").scale``.
        before: The arguments that are complete, as they are written.
        keyword: The name of the argument that is being typed; empty for one by position.
        fragment: What of its value is there already, without its quote.
        quote: The quote that is open; empty where none is.
    """

    callee: str
    before: tuple[str, ...] = ()
    keyword: str = ""
    fragment: str = ""
    quote: str = ""


@dataclass(slots=True)
class Bracket:
    """An open bracket: which one, where, and where its arguments begin."""

    kind: str
    place: int
    starts: list[int]


def open_call(source: str) -> OpenCall | None:
    """Return the call that is open at the end of a source, None where the innermost bracket is no call's.

    >>> open_call('web.scale(2, wait=Tr').keyword
    'wait'
    >>> open_call('cloud.deploy("web", "no')
    OpenCall(callee='cloud.deploy', before=('"web"',), keyword='', fragment='no', quote='"')
    """
    text = source[-LONGEST:]
    brackets, quoted = scanned(text)
    if not brackets or brackets[-1].kind != "(":
        return None
    bracket = brackets[-1]
    callee = CALLEE.search(text[: bracket.place])
    if callee is None:
        return None
    ends = [*(start - 1 for start in bracket.starts[1:])]
    before = tuple(text[start:end].strip() for start, end in zip(bracket.starts, ends, strict=False))
    return typed(OpenCall(callee=callee[0], before=before), text, bracket.starts[-1], quoted)


def typed(call: OpenCall, text: str, start: int, quoted: tuple[int, str] | None) -> OpenCall | None:
    """Add the argument that is being typed."""
    keyword = KEYWORD.match(text, start)
    named = replace(call, keyword=keyword[1]) if keyword else call
    begins = keyword.end() if keyword else start
    if quoted is None:
        return replace(named, fragment=text[begins:].lstrip())
    place, quote = quoted
    opening = text[begins:place]
    if STRING.fullmatch(opening.strip()) is None:
        return None  # a string inside of a larger expression
    return replace(named, fragment=text[place:], quote=quote)


def scanned(text: str) -> tuple[list[Bracket], tuple[int, str] | None]:
    """Return the brackets that are open at the end, and where an open string's content begins, with its quote."""
    brackets: list[Bracket] = []
    for place, token in tokens(text):
        if token in PAIRS:
            brackets.append(Bracket(token, place, [place + 1]))
        elif token == "," and brackets:
            brackets[-1].starts.append(place + 1)
        elif brackets and token == PAIRS[brackets[-1].kind]:
            brackets.pop()
        elif token[0] in "\"'":
            return brackets, (place, token)
    return brackets, None


def tokens(text: str) -> Iterator[tuple[int, str]]:
    """Yield brackets and commas with their places; an open string as its quote, with its content's place."""
    place = 0
    while place < len(text):
        character = text[place]
        opening = re.compile(r"\"\"\"|'''|\"|'").match(text, place)
        if opening:
            closing = closed(text, opening.end(), opening[0])
            if closing is None:
                yield opening.end(), opening[0]
                return
            place = closing
            continue
        if character == "#":
            place = text.find("\n", place) + 1 or len(text)
            continue
        if character in "()[]{},":
            yield place, character
        place += 1


def closed(text: str, place: int, quote: str) -> int | None:
    """Return where a string ends; a line's end ends one of a single line, which then is broken code."""
    while place < len(text):
        if text[place] == "\\":
            place += 2
        elif text.startswith(quote, place):
            return place + len(quote)
        elif text[place] == "\n" and len(quote) == 1:
            return place
        else:
            place += 1
    return None
