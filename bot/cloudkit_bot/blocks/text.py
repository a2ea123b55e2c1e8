"""Text of others made harmless in a chat: no colour, no control character, no secret, no more than fits.

Source: docs.slack.dev/messaging/formatting-message-text for what is escaped; CVE-2021-42574 for bidirectional controls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["Redaction", "bare", "cut", "escaped", "units"]

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"  # colours, the cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"  # titles, links, strings
    r"|\x1b[ -/]{0,4}[0-~]"
)
_CONTROL = re.compile(  # what is not seen, or changes how its neighbours are seen
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SECRETS = re.compile(
    r"""
    xox[a-z]-[0-9A-Za-z-]{8,} | xapp-[0-9A-Za-z-]{8,}                      # Slack
    | gh[pousr]_[0-9A-Za-z]{20,} | glpat-[0-9A-Za-z_-]{16,}                # forges
    | AKIA[0-9A-Z]{16} | eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]*
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----(?:.*?-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|.*)
    """,
    re.VERBOSE | re.DOTALL,
)
_NAMED = re.compile(
    r"""(?i)((?:password|passwd|secret|token|api[_-]?key|private[_-]?key|credential)s?["']?\s{0,3}[=:]\s{0,3})"""
    r"""("[^"\n]{1,400}"|'[^'\n]{1,400}'|[^\s"',;]{1,400})"""
)
_OPTION = re.compile(
    r"""(?i)(--[a-z0-9-]{0,40}(?:password|passwd|secret|token|api-?key|private-?key|credential)s?\s{1,3})"""
    r"""("[^"\n]{1,400}"|'[^'\n]{1,400}'|[^\s"',;-][^\s"',;]{0,400})"""
)
_BEARER = re.compile(r"(?i)\b((?:bearer|basic)\s+)[0-9a-z._~+/=-]{8,}")
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,100}:)[^\s/@]{1,200}(?=@)")


_KEY_END = re.compile(r".*-----END[ ][A-Z ]*PRIVATE[ ]KEY-----")
_KEY_LINE = re.compile(r"[0-9A-Za-z+/=]{24}[ ]?\Z")


def bare(text: str) -> str:
    r"""Return a text without colours, control characters and what turns text round.

    >>> bare("\x1b[31mred\x1b[0m \x07bell \u202eback")
    'red bell back'
    """
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def escaped(text: str) -> str:
    """Return a text in which Slack finds no mention and no link.

    >>> escaped("<!here> & <http://evil|safe>")
    '&lt;!here&gt; &amp; &lt;http://evil|safe&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def units(text: str) -> int:
    """Return the length of a text as Slack's clients count it: what is beyond the first plane counts twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """Return a text of at most so many characters, with an ellipsis where something is missing.

    >>> cut("a long text", 7), cut("short", 7)
    ('a long…', 'short')
    """
    if units(text) <= most:
        return text
    kept = text[:most].encode("utf-16-le", "surrogatepass")[: 2 * (most - 1)]
    return f"{kept.decode('utf-16-le', 'ignore')}…"


# what a text must hold, in lower case, for a pattern to be looked for: most texts hold none of it
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("bearer", "basic"), _BEARER, r"\1***"),
    (("xox", "xapp-", "gh", "glpat-", "akia", "eyj", "-----begin"), _SECRETS, "***"),
    (("--",), _OPTION, r"\1***"),
    (("pass", "secret", "token", "key", "credential"), _NAMED, r"\1***"),
    (("://",), _USERINFO, r"\1***"),
)


class Redaction:
    """Takes secrets out of a text: those that are known, and what looks like one.

    Args:
        known: Values that no text may hold.

    >>> clean = Redaction(["hunter2"])
    >>> clean("login hunter2, DB_PASSWORD=abc123, postgres://app:s3cret@db/app")
    'login ***, DB_PASSWORD=***, postgres://app:***@db/app'
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = sorted(filter(None, known), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return the text with ``***`` in place of each secret, and without what steers a client."""
        text = bare(text)
        for secret in self._known:
            text = text.replace(secret, "***")
        lowered = text.lower()
        for marks, pattern, instead in _PATTERNS:
            if any(mark in lowered for mark in marks):
                text = pattern.sub(instead, text)
        return headless(text) if "-----end" in lowered else text


def headless(text: str) -> str:
    """Return a text without the end of a key whose beginning was cut off."""
    kept: list[str] = []
    for line in text.split("\n"):
        ended = _KEY_END.sub("***", line, count=1)
        while ended != line and kept and _KEY_LINE.search(kept[-1][-25:]):
            kept.pop()
        kept.append(ended)
    return "\n".join(kept)
