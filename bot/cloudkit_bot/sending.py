"""Messages to Slack: each by the way that is open, drawn again where Slack refuses how it looks.

An answer to one person goes to the ``response_url`` while it takes any, then by the Web API. One that all see goes by
the Web API, so that it can be edited; where the bot may not post, by the ``response_url``.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from cloudkit_bot import limits
from cloudkit_bot.ask import Ask
from cloudkit_bot.blocks.sheet import Answer, Attached, Look

__all__ = ["Draw", "Place", "Sender", "Unsent", "called", "passing"]

Draw = Callable[[Look], Answer]
CLOSED = frozenset({"channel_not_found", "is_archived", "not_in_channel", "restricted_action", "user_not_in_channel"})
LONG = frozenset({"msg_blocks_too_long", "msg_too_long", "too_long"})
GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})
PASSING = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"})
PAUSES = (0.5, 2.0, 5.0)  # seconds after each try of a last edit
KEPT = 1_000  # addresses whose uses are remembered; one that is used up says so, too
MARGIN = 5.0  # seconds before an address expires at which it is used no more


class Unsent(Exception):  # noqa: N818 # what became of a message
    """Slack did not take a message; ``word`` is Slack's own, or what failed on the way."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message is; with no ``ts`` it cannot be edited."""

    channel: str
    ts: str = ""


class Sender:
    """Sends messages.

    Args:
        client: Slack's Web API.
        look: How they look, until Slack says otherwise.
        clock: Seconds.
    """

    def __init__(self, client: WebClient, look: Look, clock: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self.look = look
        self.clock = clock
        self._uses: OrderedDict[str, int] = OrderedDict()

    def whisper(self, ask: Ask, draw: Draw) -> None:
        """Show something to who asks alone."""
        answer = self._first(
            draw,
            lambda message: self._respond(ask, message, "ephemeral"),
            lambda message: self._ephemeral(ask, message),
            lambda message: self._direct(ask.user, message),
        )
        if answer.attached:
            opened = called(self.client.conversations_open, users=ask.user)
            self._upload(answer.attached, Place(channel=opened["channel"]["id"]))

    def post(self, ask: Ask, draw: Draw) -> Place:
        """Show something to everybody where it was asked, and return where it is."""
        found = Place(channel=ask.channel)

        def by_api(message: Mapping[str, Any]) -> None:
            nonlocal found
            sent = called(self.client.chat_postMessage, channel=ask.channel, thread_ts=ask.thread or None, **message)
            found = Place(channel=sent["channel"], ts=sent["ts"])

        ways = (by_api, lambda message: self._respond(ask, message, "in_channel"))
        answer = self._first(draw, *ways, lambda message: self._direct(ask.user, message))
        self._upload(answer.attached, replace(found, ts=ask.thread or found.ts))
        return found

    def put(self, channel: str, draw: Draw) -> Place:
        """Show something in a channel that nobody there has asked for, and return where it is."""
        sent: dict[str, str] = {}

        def send(message: Mapping[str, Any]) -> None:
            sent.update(called(self.client.chat_postMessage, channel=channel, **message).data)

        answer = self._drawn(draw, send)
        place = Place(channel=sent["channel"], ts=sent["ts"])
        self._upload(answer.attached, place)
        return place

    def publish(self, user: str, draw: Draw) -> None:
        """Show something on somebody's Home tab."""

        def send(message: Mapping[str, Any]) -> None:
            words = {"type": "section", "text": {"type": "plain_text", "text": message["text"]}}
            view = {"type": "home", "blocks": message.get("blocks") or [words]}
            called(self.client.views_publish, user_id=user, view=view)

        self._drawn(draw, send)

    def edit(self, place: Place, draw: Draw) -> None:
        """Change a message."""
        answer = self._drawn(
            draw, lambda message: called(self.client.chat_update, channel=place.channel, ts=place.ts, **message)
        )
        self._upload(answer.attached, place)

    def finish(self, ask: Ask, place: Place, draw: Draw) -> None:
        """Change a message for the last time: tried again, and at last a message of its own, so that it is told."""
        for pause in PAUSES if place.ts else ():
            try:
                self.edit(place, draw)
                return
            except Unsent as unsent:
                if unsent.word in GONE:
                    break
                time.sleep(pause)
        self.post(ask, draw)

    def _first(self, draw: Draw, *ways: Callable[[Mapping[str, Any]], object]) -> Answer:
        """Send by the first way that is open."""
        for way in ways[:-1]:
            try:
                return self._drawn(draw, way)
            except Unsent as unsent:
                if unsent.word not in CLOSED:
                    raise
        return self._drawn(draw, ways[-1])

    def _drawn(self, draw: Draw, send: Callable[[Mapping[str, Any]], object]) -> Answer:
        """Send a message as it looks; one that Slack finds wrong or too long is drawn again, at last as text."""
        look = self.look
        for _ in range(4):
            answer = draw(look)
            try:
                send(message_of(answer))
                return answer
            except Unsent as unsent:
                if unsent.word in LONG:
                    look = look.smaller()
                elif unsent.word.startswith("invalid_blocks") and not look.classic:
                    look = self.look = replace(self.look, classic=True)
                else:
                    raise
        answer = draw(look)
        send(message_of(answer) | {"blocks": []})
        return answer

    def _respond(self, ask: Ask, message: Mapping[str, Any], kind: str) -> None:
        """Use the ``response_url``, where it takes one more."""
        uses = self._uses.get(ask.response_url, 0)
        late = self.clock() - ask.at > limits.RESPONSE_SECONDS - MARGIN
        if not ask.response_url or uses >= limits.RESPONSES or late:
            raise Unsent("user_not_in_channel")
        self._uses[ask.response_url] = uses + 1
        while len(self._uses) > KEPT:
            self._uses.popitem(last=False)
        thread = {"thread_ts": ask.thread} if ask.thread else {}
        sent = {"response_type": kind, "replace_original": False, **thread, **message}
        try:
            answered = WebhookClient(ask.response_url, timeout=15, retry_handlers=self.client.retry_handlers).send_dict(
                sent
            )
        except (OSError, HTTPException) as error:
            raise Unsent("user_not_in_channel") from error
        if answered.status_code != 200:
            raise Unsent("user_not_in_channel" if answered.status_code == 404 else answered.body)

    def _ephemeral(self, ask: Ask, message: Mapping[str, Any]) -> None:
        if not ask.channel or ask.direct:
            raise Unsent("user_not_in_channel")
        called(
            self.client.chat_postEphemeral,
            channel=ask.channel,
            user=ask.user,
            thread_ts=ask.thread or None,
            **message,
        )

    def _direct(self, user: str, message: Mapping[str, Any]) -> None:
        opened = called(self.client.conversations_open, users=user)
        called(self.client.chat_postMessage, channel=opened["channel"]["id"], **message)

    def _upload(self, attached: tuple[Attached, ...], place: Place) -> None:
        """Send files below a message; that they could not be sent is said, not raised."""
        for one in attached:
            try:
                called(
                    self.client.files_upload_v2,
                    filename=one.name.replace("/", "-"),
                    title=one.title,
                    content=one.content or one.text or "\n",
                    channel=place.channel,
                    thread_ts=place.ts or None,
                )
            except Unsent as unsent:
                text = f"{one.name} could not be uploaded: {unsent.word}"
                with suppress(Unsent):
                    called(self.client.chat_postMessage, channel=place.channel, thread_ts=place.ts or None, text=text)


def called(method: Callable[..., Any], **given: Any) -> Any:  # noqa: ANN401 # Slack's own answers
    """Call Slack.

    Raises:
        Unsent: It did not take it.
    """
    try:
        return method(**given)
    except SlackApiError as error:
        raise Unsent(str(error.response.get("error", "unknown"))) from error
    except (SlackClientError, OSError, HTTPException) as error:
        raise Unsent(f"{type(error).__name__}: {error}") from error


def passing(unsent: Unsent) -> bool:
    """Tell whether what went wrong may go well a little later: Slack is busy, or was not reached."""
    return unsent.word in PASSING or ":" in unsent.word


def message_of(answer: Answer) -> dict[str, Any]:
    """Return a message as Slack takes it: nothing in its plain text is read as markup, a link or a name."""
    quiet = {"unfurl_links": False, "unfurl_media": False, "mrkdwn": False, "parse": "none", "link_names": False}
    return {"text": answer.text, "blocks": list(answer.blocks), **quiet}
