"""What a workspace holds: people, channels, messages, views, files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Channel", "Document", "Message", "Opened", "User"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person, as ``users.info`` tells of them.

    Args:
        id: What names them; a name does not.
        name: What they are called.
        team: Their workspace.
        guest: True for a guest of this workspace.
        stranger: True for somebody of another workspace in a shared channel.
        bot: True for a bot.
        groups: The user groups that they are in.
    """

    id: str
    name: str
    team: str
    guest: bool = False
    stranger: bool = False
    bot: bool = False
    groups: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """Return what ``users.info`` says."""
        restricted = {"is_restricted": self.guest, "is_ultra_restricted": False, "is_stranger": self.stranger}
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "deleted": False,
            "is_bot": self.bot,
        } | restricted


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A place for messages.

    Args:
        id: What names it.
        name: What it is called.
        member: True where the bot is a member, so that it may post.
        public: True where it may post without being one.
        direct: The user, where it is a direct message.
        shared: True where another workspace shares it.
    """

    id: str
    name: str
    member: bool = True
    public: bool = True
    direct: str = ""
    shared: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """A message, as it is seen now.

    Args:
        channel: Where.
        ts: What names it there.
        text: Its plain text.
        blocks: Its blocks, as they were sent.
        thread: The message that it answers; empty outside a thread.
        seen_by: The only user who sees it; empty where all do.
        edits: How often it was changed.
        said: Each text that it has had, the first one first.
        deleted: True once it is gone.
        documents: The files that it shows.
        streaming: True while more of it may come.
    """

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread: str = ""
    seen_by: str = ""
    edits: int = 0
    said: list[str] = field(default_factory=list)
    deleted: bool = False
    documents: list[Document] = field(default_factory=list)
    streaming: bool = False

    @property
    def kinds(self) -> list[str]:
        """The types of its blocks."""
        return [block["type"] for block in self.blocks]


@dataclass(slots=True, kw_only=True)
class Document:
    """A file that was uploaded."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""
    channel: str = ""
    thread: str = ""


@dataclass(slots=True, kw_only=True)
class Opened:
    """A view that is open.

    Args:
        id: What names it.
        view: What it shows.
        user: Who sees it.
        hash: Changes with each change, so that two do not write over each other.
    """

    id: str
    view: dict[str, Any]
    user: str
    hash: str
