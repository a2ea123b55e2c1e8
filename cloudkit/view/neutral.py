"""Text of others made harmless: what a program printed must not drive the terminal that shows it.

Source: CVE-2021-25743 (terminal escapes in names and messages), CVE-2021-42574 (bidirectional controls).
"""

from __future__ import annotations

import re

from cloudkit.model.plain import plain

__all__ = ["neutral", "neutral_line"]

_COLOUR = re.compile(r"\x1b\[[0-9;:]{0,64}m")


def neutral(text: str) -> str:
    r"""Return the text without colours, each other character that steers a terminal written out.

    >>> neutral("\x1b[31mred\x1b[0m \x1b]0;title\x07")
    'red \\x1b]0;title\\x07'
    """
    return "\n".join(plain(line) for line in _COLOUR.sub("", text).split("\n"))


def neutral_line(text: str) -> str:
    r"""Return the text in one line.

    >>> neutral_line("one\ntwo")
    'one\\ntwo'
    """
    return plain(_COLOUR.sub("", text))
