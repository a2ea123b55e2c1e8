"""A workspace of Slack on loopback: its Web API, its people, and what they see.

>>> from slack_sdk import WebClient
>>> with Workspace() as slack:
...     ops = slack.channel("ops")
...     client = WebClient(slack.bot_token, base_url=slack.base_url)
...     _ = client.chat_postMessage(channel=ops.id, text="hello")
...     slack.seen(ops)[0].text
'hello'
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from threading import Condition
from types import TracebackType
from typing import Any, Self, TypeVar

from cloudkit_bot.testing.clock import Clock, machine_clock
from cloudkit_bot.testing.rates import Rates
from cloudkit_bot.testing.records import Channel, Document, Message, Opened, User
from cloudkit_bot.testing.registration import Issued, Registration
from cloudkit_bot.testing.server import Server
from cloudkit_bot.testing.sockets import Sockets
from cloudkit_bot.testing.triggers import Addresses, Triggers
from cloudkit_bot.testing.trouble import Trouble, Troubles

__all__ = ["Workspace"]

T = TypeVar("T")


class Workspace:
    """Slack, as far as a bot of one workspace meets it; enforces what Slack documents, and keeps what it was sent.

    Args:
        clock: The time that limits, triggers and answers go by.
        without: Blocks that this workspace does not know yet.
        scopes: What the bot's token may; all where None.
        lasting: Seconds that tokens are good for which are given out by an installation; None for ever.
        beside: Another workspace of the same Slack, for which the same app is made; it has not installed it yet.
        host: The address that is listened on, for a bot that runs in a container.
    """

    def __init__(
        self,
        *,
        clock: Clock = machine_clock,
        without: Iterable[str] = (),
        scopes: Iterable[str] | None = None,
        lasting: int | None = None,
        beside: Workspace | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.clock = clock
        self.without = frozenset(without)
        self.scopes = None if scopes is None else frozenset(scopes)
        self.team, self.enterprise = named("T"), ""
        self.registration: Registration = beside.registration if beside else Registration(clock, lasting)
        self.registration.workspaces.append(self)
        self.app_token, self.signing_secret = self.registration.app_token, self.registration.signing_secret
        self.bot_token = ""
        self.rates, self.triggers, self.addresses = Rates(clock), Triggers(clock), Addresses(clock)
        self.troubles: Troubles = Troubles()
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.views: dict[str, Opened] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, Document] = {}
        self.calls: list[tuple[str, dict[str, Any], str]] = []
        self.changed = Condition()
        self.bot = self.user("cloud", bot=True)
        self.bot_id = named("B")
        if beside is None:
            self.bot_token = f"xoxb-{secrets.token_hex(16)}"
            self.registration.tokens[self.bot_token] = Issued(slack=self)
        self.server: Server = beside.server if beside else Server(self, host)
        self.sockets: Sockets = beside.sockets if beside else Sockets(self, host)
        self._host = beside is None

    def __enter__(self) -> Self:
        if self._host:
            self.server.start()
            self.sockets.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.troubles.end()
        if self._host:
            self.sockets.stop()
            self.server.stop()

    def uninstall(self) -> None:
        """Take the app's tokens away; the events that tell of it are sent by a person."""
        self.registration.revoke(self)

    @property
    def base_url(self) -> str:
        """What a client takes as its ``base_url``."""
        return f"{self.server.url}/api/"

    def user(
        self,
        name: str,
        *,
        team: str = "",
        groups: Iterable[str] = (),
        guest: bool = False,
        stranger: bool = False,
        bot: bool = False,
    ) -> User:
        """Let somebody in."""
        kind = {"guest": guest, "stranger": stranger, "bot": bot}
        user = User(id=named("U"), name=name, team=team or self.team, groups=tuple(groups), **kind)
        self.users[user.id] = user
        return user

    def channel(
        self, name: str, *, member: bool = True, public: bool = True, direct: str = "", shared: bool = False
    ) -> Channel:
        """Make a channel, or the direct messages of a user and the bot."""
        found = Channel(
            id=named("D" if direct else "C"), name=name, member=member, public=public, direct=direct, shared=shared
        )
        self.channels[found.id] = found
        return found

    def direct(self, user: str) -> Channel:
        """Return the direct messages of a user and the bot."""
        there = next((one for one in self.channels.values() if one.direct == user), None)
        return there or self.channel("directmessage", direct=user)

    def trouble(self, methods: str, **what: Any) -> Trouble:  # noqa: ANN401 # the fields of a Trouble
        """Let calls go wrong: ``slack.trouble("chat.*", error="fatal_error", times=2)``."""
        return self.troubles.make(Trouble(methods=methods, **what))

    def stamp(self) -> str:
        """Return a new message's ``ts``: the time, and unlike any other."""
        return f"{self.clock():.0f}.{len(self.messages) + 1:06d}"

    def post(self, message: Message) -> Message:
        """Show a message."""
        message.said.append(message.text)
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()
        return message

    def edit(self, message: Message, text: str, blocks: list[dict[str, Any]]) -> None:
        """Change a message."""
        with self.changed:
            message.text, message.blocks = text, blocks
            message.edits += 1
            message.said.append(text)
            self.changed.notify_all()

    def noticed(self) -> None:
        """Wake who waits for something to be seen."""
        with self.changed:
            self.changed.notify_all()

    def find(self, channel: str, ts: str) -> Message | None:
        """Return a message that all see."""
        return next((one for one in self.messages if (one.channel, one.ts) == (channel, ts) and not one.deleted), None)

    def seen(self, channel: Channel | None = None, by: User | None = None, thread: str | None = None) -> list[Message]:
        """Return what is seen of a channel, by all or by one user, outside threads or in one."""
        return [
            one
            for one in self.messages
            if not one.deleted
            and (channel is None or one.channel == channel.id)
            and (one.seen_by in ("", by.id if by else ""))
            and (thread is None or one.thread == thread)
        ]

    def until(self, look: Callable[[], T | None], *, seconds: float = 30.0) -> T:
        """Return what a look finds, as soon as it finds something.

        Raises:
            AssertionError: Nothing was found in time; the error tells what is there.
        """
        ends = time.monotonic() + seconds
        with self.changed:
            while True:
                found = look()
                if found:
                    return found
                if not self.changed.wait(max(0.0, min(0.2, ends - time.monotonic()))) and time.monotonic() >= ends:
                    raise AssertionError(f"not seen within {seconds} s; seen: {[one.text for one in self.messages]}")


def named(kind: str) -> str:
    """Return a new identifier, such as ``C0123456789``."""
    return f"{kind}0{secrets.token_hex(5).upper()}"
