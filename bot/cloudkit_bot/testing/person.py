"""Somebody who uses the bot: what they type and press reaches it as Slack would send it, really signed."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from cloudkit_bot.testing.browser import Browser, Page
from cloudkit_bot.testing.records import Channel, Message, Opened, User
from cloudkit_bot.testing.triggers import Place

if TYPE_CHECKING:
    from cloudkit_bot.testing.workspace import Workspace

__all__ = ["Acknowledged", "Person", "signed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """How the bot answered a delivery.

    Args:
        status: The HTTP status; 200 for an envelope that was answered, 504 for one that was not.
        body: What the answer holds.
        seconds: How long it took.
    """

    status: int
    body: Any
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user in a channel.

    Args:
        slack: The workspace.
        user: Who.
        channel: Where.
        url: Where the bot listens, such as ``http://127.0.0.1:3000/slack/events``; empty for Socket Mode.
    """

    slack: Workspace
    user: User
    channel: Channel
    url: str = ""

    def command(self, text: str, *, command: str = "/cloud", trigger: str = "") -> Acknowledged:
        """Type a slash command."""
        form = self.place() | {"command": command, "text": text, "trigger_id": trigger or self.trigger()}
        form |= {
            "user_id": self.user.id,
            "user_name": self.user.name,
            "response_url": self.address(),
            "api_app_id": "A1",
        }
        return self.deliver("slash_commands", form)

    def mention(self, text: str, *, thread: str = "", name: str = "", retry: int = 0) -> Acknowledged:
        """Write a message that begins with the bot's name, in a thread where one is named."""
        said = f"<@{self.slack.bot.id}> {text}"
        message = self.wrote(said, thread)
        told = {"type": "app_mention", "text": said, "ts": message.ts, "channel": self.channel.id}
        return self.event(told | ({"thread_ts": thread} if thread else {}), name=name, retry=retry)

    def direct(self, text: str, *, name: str = "", retry: int = 0) -> Acknowledged:
        """Write to the bot alone."""
        message = self.wrote(text, "")
        told = {"type": "message", "channel_type": "im", "text": text, "ts": message.ts, "channel": self.channel.id}
        return self.event(told, name=name, retry=retry)

    def event(self, event: Mapping[str, Any], *, name: str = "", retry: int = 0) -> Acknowledged:
        """Let an event happen; its name given again is another delivery of the same one."""
        body = {
            "type": "event_callback",
            "team_id": self.user.team,
            "api_app_id": "A1",
            "event_id": name or f"Ev0{secrets.token_hex(5).upper()}",
            "event_time": int(time.time()),
            "is_ext_shared_channel": self.channel.shared,
            "event": {"user": self.user.id, "team": self.user.team, **event},
        }
        return self.deliver("events_api", body, retry=retry)

    def install(self, url: str) -> Page:
        """Install the app from its page: follow the link to Slack, agree there, and return what the app shows then."""
        browser = Browser({self.slack.server.url.removeprefix("http://"): {"d": self.user.id}})
        page = browser.get(url)
        agreed = browser.get(page.link or page.leads)
        return browser.get(agreed.leads) if agreed.leads else agreed

    def shortcut(self, callback: str, message: Message | None = None) -> Acknowledged:
        """Choose a shortcut, of the workspace or of a message."""
        payload = self.who() | {"type": "shortcut", "callback_id": callback, "trigger_id": self.trigger()}
        if message is not None:
            about = {"ts": message.ts, "text": message.text} | ({"thread_ts": message.thread} if message.thread else {})
            place = {
                "channel": {"id": message.channel, "name": "there"},
                "response_url": self.address(),
                "message": about,
            }
            payload |= {"type": "message_action", "message_ts": message.ts} | place
        return self.deliver("interactive", payload)

    def press(self, message: Message, label: str, *, value: str | None = None) -> Acknowledged:
        """Press a button of a message, or choose an option of a menu, by what it says.

        Args:
            message: Where it is.
            label: Its text.
            value: What is sent in place of its value, as a forger would.
        """
        action = found(message.blocks, label)
        if value is not None:
            action |= {"value": value}
        container: dict[str, Any] = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        container |= {"is_ephemeral": bool(message.seen_by)} | ({"thread_ts": message.thread} if message.thread else {})
        payload = self.who() | {
            "type": "block_actions",
            "trigger_id": self.trigger(),
            "response_url": self.address(message.ts),
            "channel": {"id": message.channel, "name": "there"},
            "container": container,
            "message": {"ts": message.ts, "text": message.text, "blocks": message.blocks},
            "actions": [action | {"action_ts": f"{time.time():.6f}"}],
        }
        return self.deliver("interactive", payload)

    def choose(self, view: Opened, label: str) -> Acknowledged:
        """Choose something in a modal that acts at once."""
        payload = self.who() | {
            "type": "block_actions",
            "trigger_id": self.trigger(),
            "container": {"type": "view", "view_id": view.id},
            "view": self.told(view),
            "actions": [found(view.view["blocks"], label)],
        }
        return self.deliver("interactive", payload)

    def suggest(self, action: str, typed: str = "", view: Opened | None = None) -> list[str]:
        """Open an external menu, and return what it offers for what was typed."""
        payload = self.who() | {"type": "block_suggestion", "action_id": action, "block_id": "", "value": typed}
        payload |= {"view": self.told(view)} if view else {}
        body = self.deliver("interactive", payload).body or {}
        grouped = [one for group in body.get("option_groups", ()) for one in group["options"]]
        return [one["value"] for one in (*body.get("options", ()), *grouped)]

    def submit(self, view: Opened, **values: Any) -> Acknowledged:  # noqa: ANN401 # what the elements hold
        """Send a modal, with values by the ``block_id`` of their inputs."""
        told = self.told(view) | {"state": {"values": dict(filled(view.view["blocks"], values))}}
        payload = self.who() | {"type": "view_submission", "trigger_id": self.trigger(), "view": told}
        return self.deliver("interactive", payload)

    def place(self) -> dict[str, str]:
        """Return where, as slash commands tell it."""
        enterprise = {"enterprise_id": self.slack.enterprise} if self.slack.enterprise else {}
        return {
            "team_id": self.user.team,
            "channel_id": self.channel.id,
            "channel_name": self.channel.name,
        } | enterprise

    def who(self) -> dict[str, Any]:
        """Return who, as interactions tell it."""
        return {
            "user": {"id": self.user.id, "name": self.user.name, "team_id": self.user.team},
            "team": {"id": self.user.team, "domain": "example"},
            "api_app_id": "A1",
        }

    def told(self, view: Opened) -> dict[str, Any]:
        """Return a view, as interactions tell it."""
        return view.view | {"id": view.id, "hash": view.hash, "state": {"values": {}}, "team_id": self.slack.team}

    def trigger(self) -> str:
        """Return a new ``trigger_id``."""
        return self.slack.triggers.make(self.user.id)

    def address(self, message: str = "") -> str:
        """Return a new ``response_url``."""
        place = Place(channel=self.channel.id, user=self.user.id, message=message)
        return f"{self.slack.server.url}/response/{self.slack.addresses.make(place)}"

    def wrote(self, text: str, thread: str) -> Message:
        """Show what the user wrote."""
        stamp = self.slack.stamp()
        return self.slack.post(Message(channel=self.channel.id, ts=stamp, text=text, blocks=[], thread=thread))

    def deliver(self, kind: str, payload: dict[str, Any], *, retry: int = 0) -> Acknowledged:
        """Send something to the bot, by HTTP or by Socket Mode."""
        began = time.perf_counter()
        if not self.url:
            answer = self.slack.sockets.deliver(kind, payload, retry=retry)
            took = time.perf_counter() - began
            return Acknowledged(status=200 if answer else 504, body=(answer or {}).get("payload"), seconds=took)
        content, body = encoded(kind, payload)
        headers = signed(self.slack.signing_secret, body, int(time.time())) | {"Content-Type": content}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        status, answered = posted(self.url, body, headers)
        return Acknowledged(status=status, body=answered, seconds=time.perf_counter() - began)


def encoded(kind: str, payload: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return a delivery as Slack encodes it over HTTP."""
    if kind == "events_api":
        return "application/json", json.dumps(payload).encode()
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return "application/x-www-form-urlencoded", urlencode(form).encode()


def signed(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Return the headers that prove a request to be Slack's."""
    signature = SignatureVerifier(secret).generate_signature(timestamp=str(timestamp), body=body)
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": signature or ""}


def posted(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Any]:
    """Send a request, and return status and body, JSON where it is."""
    request = urllib.request.Request(url, data=body, headers=dict(headers))  # noqa: S310 # the bot under test
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 # likewise
            status, text = response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
        error.close()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def found(blocks: list[dict[str, Any]], label: str) -> dict[str, Any]:
    """Return the action of what says a label, as Slack reports it."""
    for block in blocks:
        parts = [*block.get("elements", ()), *block.get("actions", ()), block.get("accessory"), block.get("element")]
        for element in filter(lambda part: isinstance(part, dict), parts):
            action = {"type": element["type"], "action_id": element.get("action_id"), "block_id": block.get("block_id")}
            if element.get("text", {}).get("text") == label:
                return action | {"value": element.get("value")}
            for option in options(element):
                if option["text"]["text"] == label:
                    return action | {"selected_option": option}
        if block.get("child_blocks"):
            return found(block["child_blocks"], label)
    raise AssertionError(f"nothing says {label!r}: {json.dumps(blocks)[:2000]}")


def options(element: Mapping[str, Any]) -> list[dict[str, Any]]:
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


def filled(blocks: list[dict[str, Any]], values: Mapping[str, Any]) -> Any:  # noqa: ANN401 # pairs
    """Yield the state of each input: what was given, else what it begins with."""
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            given = values.get(block["block_id"], values.get(block["block_id"].replace("-", "_")))
            yield block["block_id"], {element["action_id"]: {"type": element["type"], **state(element, given)}}


def state(element: Mapping[str, Any], given: Any) -> dict[str, Any]:  # noqa: ANN401 # what the element holds
    """Return what an input holds, as Slack reports it."""
    kind = element["type"]
    if kind == "checkboxes":
        return {"selected_options": element["options"][:1] if given else []}
    if kind in ("static_select", "external_select", "radio_buttons"):
        chosen = {"text": {"type": "plain_text", "text": str(given)}, "value": str(given)}
        return {"selected_option": chosen if given is not None else element.get("initial_option")}
    if kind == "multi_external_select":
        return {"selected_options": [{"value": str(one)} for one in given or ()]}
    if kind == "datetimepicker":
        return {"selected_date_time": given}
    if kind == "datepicker":
        return {"selected_date": given}
    return {"value": element.get("initial_value") if given is None else str(given)}
