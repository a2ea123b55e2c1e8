"""What rules say of approvals, by annotations: ``@approval("1")`` and ``@expires("30m")``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cloudkit.errors import UsageError
from cloudkit.model.duration import seconds
from cloudkit_bot.policy.verdict import Approval

__all__ = ["ANNOTATIONS", "OWN", "approval_of", "wrong_annotations"]

ANNOTATIONS = ("id", "approval", "expires")
OWN = "own"
MOST, LONGEST = 9, 7 * 86_400.0  # people, seconds


def approval_of(rules: Iterable[Mapping[str, Any]]) -> Approval | None:
    """Return what rules ask for that permit something together: the most people and the shortest time of them all.

    >>> approval_of([{"annotations": {"approval": "own", "expires": "1h"}}, {"annotations": {"approval": "2"}}, {}])
    Approval(others=2, expires=3600.0)
    """
    asking = [notes for notes in (rule.get("annotations", {}) for rule in rules) if "approval" in notes]
    if not asking:
        return None
    spans = [seconds("expires", notes["expires"]) for notes in asking if "expires" in notes]
    return Approval(others=max(map(others, asking)), expires=min(spans, default=None))


def others(notes: Mapping[str, str]) -> int:
    return 0 if notes["approval"] == OWN else int(notes["approval"])


def wrong_annotations(rules: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the annotations of rules; one that is not known may be a misspelt one."""
    for rule in rules:
        notes = rule.get("annotations", {})
        for name in sorted(set(notes) - set(ANNOTATIONS)):
            yield f"@{name} is not known; known are: {', '.join(f'@{one}' for one in ANNOTATIONS)}"
        if "approval" in notes and rule["effect"] != "permit":
            yield "@approval stands on a forbid, which nobody can approve"
        if "approval" in notes and notes["approval"] != OWN and notes["approval"] not in map(str, range(1, MOST + 1)):
            yield f'@approval is {str(notes["approval"])[:40]!r}; allowed is 1 to {MOST}, or "{OWN}"'
        if "expires" in notes:
            yield from wrong_span(notes)


def wrong_span(notes: Mapping[str, str]) -> Iterator[str]:
    if "approval" not in notes:
        yield "@expires stands on a rule that has no @approval"
    try:
        if not 1 <= seconds("expires", notes["expires"]) <= LONGEST:
            yield f"@expires is {notes['expires']!r}; allowed is 1s to 7d"
    except UsageError as error:
        yield f"@{error.summary}"
