"""Who asks, from where, and how they can be answered."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Ask", "ask_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing that somebody has typed, pressed or sent. People and places are identifiers, never names.

    Args:
        user: Who.
        team: Their workspace.
        enterprise: The organisation of the workspace; empty for none.
        channel: Where; empty where it was in no channel.
        thread: The message that the answer goes under; empty outside a thread.
        message: The message that was pressed; empty for none.
        trigger: What opens one view within three seconds; empty where there is none.
        response_url: Takes five answers within thirty minutes; empty where there is none.
        delivery: What names this delivery and its repetitions.
        shared: True where the channel is shared with another workspace.
        direct: True in the direct messages of the user and the bot.
        at: When it came, in seconds of a clock that only goes on.
    """

    user: str
    team: str
    enterprise: str = ""
    channel: str = ""
    thread: str = ""
    message: str = ""
    trigger: str = ""
    response_url: str = ""
    delivery: str = ""
    shared: bool = False
    direct: bool = False
    at: float = field(default_factory=time.monotonic, compare=False)


def ask_of(body: Mapping[str, Any]) -> Ask:
    """Read who asks from any payload of Slack: a command, an event, an interaction.

    >>> ask_of({"team_id": "T1", "user_id": "U1", "channel_id": "C1", "trigger_id": "1.2.a"}).delivery
    '1.2.a'
    """
    if isinstance(body.get("event"), Mapping):
        return of_event(body, body["event"])
    if "command" in body:
        return of_command(body)
    return of_interaction(body)


def of_command(body: Mapping[str, Any]) -> Ask:
    return Ask(
        user=body["user_id"],
        team=body["team_id"],
        enterprise=body.get("enterprise_id") or "",
        channel=body["channel_id"],
        trigger=body["trigger_id"],
        response_url=body.get("response_url", ""),
        delivery=body["trigger_id"],
        direct=body["channel_id"].startswith("D"),
    )


def of_event(body: Mapping[str, Any], event: Mapping[str, Any]) -> Ask:
    direct = event.get("channel_type") == "im"
    return Ask(
        user=event.get("user", ""),
        team=event.get("user_team") or event.get("team") or body.get("team_id", ""),
        enterprise=body.get("enterprise_id") or "",
        channel=event.get("channel", ""),
        thread=event.get("thread_ts", "") or ("" if direct else event.get("ts", "")),
        delivery=body.get("event_id", ""),
        shared=bool(body.get("is_ext_shared_channel")),
        direct=direct,
    )


def of_interaction(body: Mapping[str, Any]) -> Ask:
    user, container, message = body.get("user") or {}, body.get("container") or {}, body.get("message") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id", "")
    trigger = body.get("trigger_id", "")
    return Ask(
        user=user.get("id", ""),
        team=user.get("team_id") or (body.get("team") or {}).get("id", ""),
        enterprise=(body.get("enterprise") or {}).get("id", "") or "",
        channel=channel,
        thread=message.get("thread_ts") or container.get("thread_ts") or "",
        message=container.get("message_ts") or body.get("message_ts") or "",
        trigger=trigger,
        response_url=body.get("response_url", ""),
        delivery=trigger,
        direct=channel.startswith("D"),
    )
