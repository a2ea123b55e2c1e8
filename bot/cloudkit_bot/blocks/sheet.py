"""A message while it is made: what fits is a block, what does not is a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from slackblocks import Block

from cloudkit_bot import limits
from cloudkit_bot.blocks.text import Redaction, bare, cut, escaped, units

__all__ = ["Answer", "Attached", "Look", "Sheet", "resolved"]

ROOM = 12_000  # characters of all blocks; Slack refuses beyond about 13,000
KEPT = 4  # blocks that are left for the buttons at the end
SUMMARY = 3_000  # characters of the plain text
NAME = 100  # characters of a file's name
SECRET = 500  # characters of the longest secret: a part of one at the end of what is looked at is no secret to be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that goes with a message.

    Args:
        name: Its name.
        text: What it holds.
        title: What is shown above it.
        content: What it holds in place of a text, such as a picture.
    """

    name: str
    text: str = ""
    title: str = ""
    content: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A message, ready to be sent.

    Args:
        text: Its plain text, for notifications, screen readers and clients without blocks.
        blocks: Its blocks as JSON has them.
        attached: What did not fit.
    """

    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    attached: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How messages look here.

    Args:
        classic: True sends only blocks that every client knows.
        room: Characters that all blocks of a message may have together.
        program: What stands before a line, such as ``/cloud``.
        redact: Takes secrets out of a text.
    """

    classic: bool = False
    room: int = ROOM
    program: str = "/cloud"
    redact: Callable[[str], str] = field(default_factory=Redaction)

    def line(self, text: str) -> str:
        """Return a line of a shell as one of the chat.

        >>> Look().line("cloudkit logs web; or cloudkit events web")
        '/cloud logs web; or /cloud events web'
        """
        return text.replace("cloudkit ", f"{self.program} ")

    def smaller(self) -> Look:
        """Return one with half the room, for a message that Slack found too long."""
        return replace(self, room=self.room // 2)


class Sheet:
    """Collects the blocks of one message.

    Args:
        look: How it looks.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.room = look.room
        self.tables = self.charts = 0
        self._blocks: list[dict[str, Any]] = []
        self._words: list[str] = []
        self._attached: list[Attached] = []

    def clean(self, text: str, most: int | None = None) -> str:
        """Return a text of others without secrets and controls, cut where it is too long."""
        if most is None:
            return self.look.redact(text)
        taken = text[: 8 * most + 4_000]
        seen = bare(taken)
        kept = seen[: 4 * most + 2 * SECRET]
        found = self.look.redact(kept)
        whole = len(taken) == len(text) and len(kept) == len(seen)
        return cut(found if whole else f"{found[: max(0, len(found) - SECRET)]}\u2026", most)

    def words(self, text: str, most: int) -> str:
        """Return a text of others for where Slack takes no empty one."""
        found = self.clean(text, most)
        return found if found.strip() else "-"

    def say(self, text: str) -> None:
        """Add a line to the plain text."""
        self._words.append(self.clean(text))

    def add(self, *blocks: Block, last: bool = False) -> bool:
        """Add blocks, all or none; return False where there is no room for them.

        Args:
            blocks: What to add.
            last: True for what ends the message, which may use the blocks that are kept for it.
        """
        made = [resolved(block) for block in blocks]
        needed = sum(map(weight, made))
        most = limits.BLOCKS if last else limits.BLOCKS - KEPT
        if needed > self.room or len(self._blocks) + len(made) > most:
            return False
        self.room -= needed
        self._blocks += made
        return True

    def attach(self, name: str, lines: Sequence[str], title: str = "") -> None:
        """Add a file of lines."""
        named = self.words(name.replace("\n", " "), NAME)
        titled = self.words((title or name).replace("\n", " "), NAME)
        self._attached.append(Attached(name=named, text=self.clean("\n".join(lines)), title=titled))

    def attach_picture(self, name: str, content: bytes) -> None:
        """Add a picture."""
        self._attached.append(Attached(name=name, content=content, title=name))

    def answer(self) -> Answer:
        """Return the message; it always has a text."""
        text = cut(escaped("\n".join(self._words)).strip() or "done", SUMMARY)
        return Answer(text=text, blocks=tuple(self._blocks), attached=tuple(self._attached))


def resolved(block: Block) -> dict[str, Any]:
    """Return a block as JSON has it."""
    found: dict[str, Any] = json.loads(repr(block))
    return found


def weight(block: dict[str, Any]) -> int:
    """What a block takes of the room: as it is sent, a data table by its text."""
    if block["type"] == "data_table":
        return 200 + sum(units(cell.get("text", "")) for row in block["rows"] for cell in row)
    return units(json.dumps(block, separators=(",", ":"), ensure_ascii=False)) + 1
