"""Foreign text made safe to look at."""

from __future__ import annotations

import re

__all__ = ["plain"]

_ACTIVE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    r"""Return a line in which every character that could steer a terminal or turn text round is written out.

    >>> plain("a\tb \x1b[31mred")
    'a\tb \\x1b[31mred'
    """
    return _ACTIVE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
