"""A line of chat, split into words: what a keyboard or Slack has made of it is undone first.

Source: docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
import shlex

from cloudkit.errors import UsageError

__all__ = ["plain_line", "split"]

LONGEST = 8_000  # characters of a line
_ESCAPED = re.compile(r"<([@#!]?)([^<>|]{1,3000})(?:\|([^<>]{0,3000}))?>")
_LONG_DASH = re.compile(r"(?<!\S)[\u2014\u2015](?=\w)")
_DASH = re.compile(r"(?<!\S)[\u2010-\u2013\u2212](?=\w)")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_QUOTES = str.maketrans(
    {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u00ab": '"', "\u00bb": '"'}
    | {"\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'"}
    | {"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u200b": None, "\ufeff": None, "\u2026": "..."}
)


def plain_line(text: str) -> str:
    """Return what was typed: quotes and dashes as a shell has them, mentions and links as they were written.

    >>> plain_line("deploy web <http://registry.example/web:2|registry.example/web:2> \u2014env \u201cA=b c\u201d")
    'deploy web registry.example/web:2 --env "A=b c"'
    >>> plain_line("ask <@U123|bob> in <#C123|ops> &amp; wait")
    'ask @U123 in #C123 & wait'
    """
    text = _ESCAPED.sub(written, text[:LONGEST]).translate(_QUOTES)
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return _DASH.sub(one_dash, _LONG_DASH.sub("--", text)).strip()


def written(match: re.Match[str]) -> str:
    """A mention by its identifier, as a name can be anybody's; a link as it was typed, where it still leads there."""
    kind, target, label = match[1], match[2], match[3] or ""
    if kind in ("@", "#"):
        return f"{kind}{target}"
    if kind == "!":
        return f"@{target.removeprefix('subteam^')}"
    typed = target.partition("://")[2] or target.removeprefix("mailto:")
    return label if label and label.rstrip("/") == typed.rstrip("/") else target


def one_dash(match: re.Match[str]) -> str:
    """A shorter dash before a word is an option's; before one letter a short option's."""
    rest = match.string[match.end() :]
    return "--" if len(re.split(r"[\s=]", rest, maxsplit=1)[0]) > 1 else "-"


def split(text: str, program: str) -> list[str]:
    """Return the words of a line, split as a shell splits it.

    Raises:
        UsageError: A quote is not closed.

    >>> split('scale web "3"', "/cloud")
    ['scale', 'web', '3']
    """
    line = plain_line(text)
    try:
        return shlex.split(line)
    except ValueError as error:
        mark = '"' if line.count('"') % 2 else "'"
        message = f"a {mark} is opened and not closed"
        raise UsageError(message, hint=f"{program} {line}{mark}") from error
