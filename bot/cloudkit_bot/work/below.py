"""Lines in the thread of a message: streamed where Slack takes it, else a message that grows by edits.

A stream takes blocks as its chunks, so that what a program prints stands in rich text, where no mark is markup.
Source: docs.slack.dev/reference/methods/chat.startStream, chat.appendStream, chat.stopStream.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from slackblocks import RichText, RichTextBlock
from slackblocks import RichTextCodeBlock as Code

from cloudkit_bot import limits
from cloudkit_bot.ask import Ask
from cloudkit_bot.blocks.sheet import resolved, weight
from cloudkit_bot.blocks.text import cut, escaped
from cloudkit_bot.sending import Place, Sender, Unsent, called, passing

__all__ = ["Below"]

CHUNK = 2_500  # characters that are told at once
ROOM = 10_000  # characters of a message; then the next one begins
FULL = limits.BLOCKS - 10  # blocks of a message, likewise


class Below:
    """Tells lines in the thread of a message.

    Args:
        sender: Sends them.
        ask: For whom.
        place: The message.
    """

    def __init__(self, sender: Sender, ask: Ask, place: Place) -> None:
        self.sender = sender
        self.ask = ask
        self.place = place
        self.thread = ask.thread or place.ts
        self._streams = not sender.look.classic
        self._ts = ""
        self._held: list[dict[str, Any]] = []

    def tell(self, lines: Sequence[str]) -> None:
        """Show some lines more.

        Raises:
            Unsent: Slack takes nothing now; they can be told again later.
        """
        text = cut(self.sender.look.redact("\n".join(lines)), CHUNK)
        block = resolved(RichTextBlock(Code(RichText(text if text.strip() else "-"))))
        if len(self._held) >= FULL or sum(map(weight, [*self._held, block])) > ROOM:
            self.end()
        if self._streams:
            try:
                self._stream(block)
            except Unsent as unsent:
                if passing(unsent):
                    raise
                self.end()
                self._streams = False
        if not self._streams:
            self._grow(block, text)
        self._held.append(block)

    def end(self) -> None:
        """Take that the message is whole; the next line begins another."""
        if self._ts and self._streams:
            with suppress(Unsent):  # Slack ends a stream by itself that nobody goes on with
                called(self.sender.client.chat_stopStream, channel=self.place.channel, ts=self._ts)
        self._ts, self._held = "", []

    def _stream(self, block: dict[str, Any]) -> None:
        given = {"channel": self.place.channel, "chunks": [{"type": "blocks", "blocks": [block]}]}
        if self._ts:
            try:
                called(self.sender.client.chat_appendStream, ts=self._ts, **given)
            except Unsent as unsent:
                if passing(unsent):
                    raise
                self.end()  # it was ended meanwhile, or deleted
            else:
                return
        who = {"recipient_user_id": self.ask.user, "recipient_team_id": self.ask.team}
        begun = called(self.sender.client.chat_startStream, thread_ts=self.thread, **who, **given)
        self._ts = str(begun["ts"])

    def _grow(self, block: dict[str, Any], text: str) -> None:
        message = {"text": cut(escaped(text).strip() or "-", limits.SECTION), "blocks": [*self._held, block]}
        if self._ts:
            called(self.sender.client.chat_update, channel=self.place.channel, ts=self._ts, **message)
        else:
            place = {"channel": self.place.channel, "thread_ts": self.thread}
            self._ts = str(called(self.sender.client.chat_postMessage, **place, **message)["ts"])
