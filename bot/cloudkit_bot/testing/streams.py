"""Messages that grow while they are streamed: ``chat.startStream``, ``chat.appendStream``, ``chat.stopStream``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cloudkit_bot import limits
from cloudkit_bot.testing.kit import check_blocks
from cloudkit_bot.testing.methods import method, writable
from cloudkit_bot.testing.records import Message
from cloudkit_bot.testing.refusal import Refusal

if TYPE_CHECKING:
    from cloudkit_bot.testing.workspace import Workspace

__all__ = ["start_stream"]

Given = Mapping[str, Any]
KINDS = frozenset({"blocks", "markdown_text", "plan_update", "task_update"})


@method("chat.startStream", "chat:write")
def start_stream(slack: Workspace, given: Given) -> dict[str, Any]:
    """Begin a message that grows."""
    channel = writable(slack, given)
    if not given.get("thread_ts") or slack.find(channel.id, given["thread_ts"]) is None:
        raise Refusal("thread_not_found")
    for needed in ("recipient_user_id", "recipient_team_id") if not channel.direct else ():
        if not given.get(needed):
            raise Refusal(f"missing_{needed}")
    text, blocks = chunks(slack, given)
    message = Message(channel=channel.id, ts=slack.stamp(), text=text, blocks=blocks, thread=given["thread_ts"])
    message.streaming = True
    slack.post(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", "chat:write")
def append_stream(slack: Workspace, given: Given) -> dict[str, Any]:
    message = grown(slack, given)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.stopStream", "chat:write")
def stop_stream(slack: Workspace, given: Given) -> dict[str, Any]:
    message = grown(slack, given)
    message.streaming = False
    slack.noticed()
    return {"channel": message.channel, "ts": message.ts}


def streaming(slack: Workspace, given: Given) -> Message:
    """Return the message that is streamed."""
    message = slack.find(given.get("channel", ""), given.get("ts", ""))
    if message is None:
        raise Refusal("message_not_found")
    if not message.streaming:
        raise Refusal("message_not_in_streaming_state")
    return message


def chunks(slack: Workspace, given: Given) -> tuple[str, list[dict[str, Any]]]:
    """Return the text and the blocks of what is streamed."""
    sent = given.get("chunks") or []
    if any(one.get("type") not in KINDS for one in sent):
        raise Refusal("invalid_chunks")
    blocks = [block for one in sent if one["type"] == "blocks" for block in one["blocks"]]
    text = (given.get("markdown_text") or "") + "".join(one["text"] for one in sent if one["type"] == "markdown_text")
    if len(text) > limits.MARKDOWN:
        raise Refusal("msg_too_long")
    check_blocks(blocks, "message", without=slack.without)
    return text, blocks


def grown(slack: Workspace, given: Given) -> Message:
    """Return the message that is streamed, with what came; as a whole it holds to what holds for any."""
    message = streaming(slack, given)
    text, blocks = chunks(slack, given)
    whole = [*message.blocks, *blocks]
    check_blocks(whole, "message", without=slack.without)
    if text or blocks:
        slack.edit(message, message.text + text, whole)
    return message
