"""Who did what: in the journal with Slack's identifiers, and in a channel that the settings choose."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from slackblocks import RichText, RichTextBlock, RichTextChannel, RichTextUser
from slackblocks import RichTextSection as Plain

from cloudkit.cloud import Cloud
from cloudkit.command import Call
from cloudkit.errors import CloudkitError
from cloudkit.journal.asking import acting
from cloudkit.model.caller import LONGEST, Caller, Origin
from cloudkit_bot import limits
from cloudkit_bot.ask import Ask
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.policy.verdict import named
from cloudkit_bot.sending import Sender, Unsent

__all__ = ["Audit", "source_of_ask"]

LOGGER = logging.getLogger("cloudkit_bot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Notes and tells.

    Args:
        cloud: Makes a cloud, whose journal it is.
        sender: Sends to the channel.
        channel: The channel; empty for none.
    """

    cloud: Callable[[], Cloud]
    sender: Sender
    channel: str = ""

    def acting(self, ask: Ask, **more: str) -> AbstractContextManager[None]:
        """Let what this thread does in the block be done for who asks, as the journal has it."""
        source = {**source_of_ask(ask), **more}
        return acting(Caller(identity=clean(ask.user), origin=Origin.CHAT, source=source))

    def looked(self, ask: Ask, call: Call, error: CloudkitError | None = None) -> None:
        """Note a call that changes nothing, or was refused; a refusal is told, too."""
        app = call.target or named(call)
        self.note(ask, call.verb.name, app, arguments=call.arguments, error=error)

    def note(
        self,
        ask: Ask,
        verb: str,
        app: str = "",
        *,
        arguments: Mapping[str, object] | None = None,
        error: CloudkitError | None = None,
    ) -> None:
        """Note what was asked for; that it cannot be noted is told to the log, as nothing was changed."""
        outcome, said = (error.code, error.summary) if error else ("ok", "")
        try:
            with self.acting(ask):
                self.cloud().note(verb, app, outcome=outcome, error=said, arguments=arguments)
        except CloudkitError as failure:
            LOGGER.error("the journal could not note %s of %s: %s", verb, ask.user, failure)  # noqa: TRY400 # the text says all

    def tell(self, ask: Ask, words: str) -> None:
        """Tell the channel who did what; that it could not be told is told to the log."""
        if not self.channel:
            return
        try:
            self.sender.put(self.channel, lambda look: told(ask, words, look))
        except Unsent as unsent:
            LOGGER.warning("the channel %s was not told of %s: %s", self.channel, words, unsent.word)


def source_of_ask(ask: Ask) -> dict[str, str]:
    """Return what names a request of Slack's, as far as it has it.

    >>> source_of_ask(Ask(user="U1", team="T1", channel="C1", delivery="1.2.a"))
    {'team': 'T1', 'channel': 'C1', 'delivery': '1.2.a'}
    """
    named = {"team": ask.team, "enterprise": ask.enterprise, "channel": ask.channel, "thread": ask.thread}
    named |= {"message": ask.message, "delivery": ask.delivery}
    return {name: clean(value) for name, value in named.items() if value}


def clean(identifier: str) -> str:
    """Return an identifier as the journal takes it, also one that is none."""
    return "".join(one for one in identifier if one.isprintable())[:LONGEST]


def told(ask: Ask, words: str, look: Look) -> Answer:
    sheet = Sheet(look)
    sheet.say(f"{ask.user} in {ask.channel or 'a form'}: {words}")
    where = [RichText(" in "), RichTextChannel(ask.channel)] if ask.channel.startswith(("C", "G")) else []
    said = RichText(f": {sheet.words(words, limits.SECTION)}")
    sheet.add(RichTextBlock(Plain([RichTextUser(ask.user), *where, said])))
    return sheet.answer()
