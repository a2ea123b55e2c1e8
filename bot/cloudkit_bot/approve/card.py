"""The message of an approval: what would be done, what it risks, who asks; then what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from slackblocks import ActionsBlock, Button, RichText, RichTextBlock, RichTextUser
from slackblocks import RichTextSection as Plain

from cloudkit.model.plan import Plan
from cloudkit_bot import limits
from cloudkit_bot.blocks.parts import said
from cloudkit_bot.blocks.results import Shown, draw
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.blocks.text import units
from cloudkit_bot.policy.verdict import Approval
from cloudkit_bot.store.requests import Request

__all__ = ["APPROVE", "DENY", "Asking", "Ending", "bare"]

APPROVE, DENY = "approve", "deny"  # the action_id of the buttons
ROOM = 1_000  # characters that are kept for what becomes of it
UNTOLD = "its steps cannot be told before it is done: the line is approved as it stands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A card that asks.

    Args:
        request: What is asked for.
        approval: Who must approve.
        plans: What would be done; empty where it cannot be told.
        summary: What the verb does.
        again: Why it is asked again; empty for the first time.
    """

    request: Request
    approval: Approval
    plans: Sequence[Plan]
    summary: str
    again: str = ""

    def __call__(self, look: Look) -> Answer:
        """Draw it."""
        sheet = Sheet(replace(look, room=max(look.room - ROOM, ROOM)))
        request = self.request
        words = f"{request.said}. {self.summary.replace('``', '')}"
        sheet.say(f"{self.again}{request.asker} asks for approval: {words}")
        asks = RichText(sheet.words(f" asks for approval: {words}", limits.SECTION))
        sheet.add(RichTextBlock(Plain([RichTextUser(request.asker), asks])))
        for line in self.lines():
            sheet.say(line)
            sheet.add(said(sheet, line))
        for plan in self.plans:
            draw(plan, sheet, Shown(plan))
        sheet.add(buttons(request.name), last=True)
        return sheet.answer()

    def lines(self) -> Iterator[str]:
        """Yield what is to be known beside the plan."""
        if self.again:
            yield self.again
        yield f"{needs(self.approval)} within {int((self.request.until - self.request.asked) / 60) or 1} min."
        risks = sorted({str(risk) for plan in self.plans for risk in plan.risks})
        if risks:
            yield f"Risk: {', '.join(risks)}."
        if not self.plans:
            yield f"{UNTOLD}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A card that says what became of it.

    Args:
        request: What was asked for.
        words: What became of it; a user is named by their identifier.
        people: Who decided.
        live: True while it can be approved.
    """

    request: Request
    words: str
    people: Sequence[str] = ()
    live: bool = False

    def __call__(self, look: Look) -> Answer:
        """Draw it: what was shown stays."""
        sheet = Sheet(look)
        by = " and ".join(self.people)
        sheet.say(f"{self.request.said}: {self.words}{f' by {by}' if by else ''}")
        parts: list[RichText | RichTextUser] = [RichText(sheet.words(self.words, limits.SECTION))]
        for index, user in enumerate(self.people):
            parts += [RichText(" and " if index else " by "), RichTextUser(user)]
        sheet.add(RichTextBlock(Plain(list(parts))))
        if self.live:
            sheet.add(buttons(self.request.name), last=True)
        made = sheet.answer()
        return replace(made, blocks=(*json.loads(self.request.card), *made.blocks))


def needs(approval: Approval) -> str:
    """Say who must approve.

    >>> needs(Approval()), needs(Approval(others=2))
    ('Who asks, or another who may, approves it', '2 others must approve it')
    """
    if not approval.others:
        return "Who asks, or another who may, approves it"
    return f"{approval.others} other{'s' * (approval.others > 1)} must approve it"


def buttons(name: str) -> ActionsBlock:
    return ActionsBlock(
        [
            Button("Approve", action_id=APPROVE, value=name, style="primary"),
            Button("Deny", action_id=DENY, value=name, style="danger"),
        ]
    )


def bare(answer: Answer) -> str:
    """Return the blocks of a card without its buttons, as JSON."""
    blocks = [block for block in answer.blocks if block["type"] != "actions"]
    text = json.dumps(blocks)
    return text if units(text) <= 4 * limits.MARKDOWN else "[]"
