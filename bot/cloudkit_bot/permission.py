"""What the policy says to who asks, in words: why not, why, and what would have been."""

from __future__ import annotations

from collections.abc import Sequence

from slackblocks import Button

from cloudkit.command import Call
from cloudkit.errors import AccessError, CloudkitError
from cloudkit_bot import limits
from cloudkit_bot.blocks.results import Shown
from cloudkit_bot.policy.explaining import explained
from cloudkit_bot.policy.verdict import Asker, Policy, Verdict, Wanted
from cloudkit_bot.words.written import plain, written

__all__ = ["WHY", "RefusedError", "reasons", "refusal", "refused", "tried"]

WHY = "why"  # the action_id of the button that asks for the reason


class RefusedError(AccessError):
    """The policy says no."""


def refused(verdict: Verdict, wanted: Sequence[Wanted]) -> RefusedError:
    """Return the error of what is not allowed."""
    apps = ", ".join(one.app for one in wanted if one.app)
    summary = f"you may not {' '.join(filter(None, (wanted[0].verb, apps)))}: {verdict.reason}"
    return RefusedError(summary, evidence=verdict.by, hint="the same line with --why says what would have to be so")


def refusal(error: CloudkitError, call: Call) -> Shown:
    """Return what is shown of a refusal: the reason, and a button that asks for more of it.

    There is no button where its value would hold what may be secret, or does not fit.
    """
    value = f"--{WHY} {written(call)}"
    there = plain(call) and len(value) <= limits.BUTTON_VALUE
    return Shown(error, ending=(Button("Why?", action_id=WHY, value=value),) if there else ())


def reasons(policy: Policy, asker: Asker, wanted: Sequence[Wanted]) -> Shown:
    """Return why a policy lets somebody do something, or why not."""
    lines: list[str] = []
    for one in wanted:
        found = explained(policy, asker, one)
        may = "you may" if found.verdict.allowed else "you may not"
        approval = ", once it is approved" if found.verdict.approval else ""
        lines += [f"{may} {' '.join(filter(None, (one.verb, one.app)))}{approval}:", *found.lines()]
    return Shown("\n".join(lines), name=WHY)


def tried(verdict: Verdict) -> str:
    """Return what is said above a plan that is not carried out.

    >>> tried(Verdict(allowed=True, by=("operators",)))
    'dry run, nothing was done; the policy allows it: operators'
    """
    by = f": {', '.join(verdict.by)}" if verdict.by else ""
    approval = "; it would have to be approved" if verdict.approval else ""
    return f"dry run, nothing was done; the policy allows it{by}{approval}"
