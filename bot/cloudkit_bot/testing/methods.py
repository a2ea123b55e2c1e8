"""The methods of the Web API that a bot calls."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cloudkit_bot import limits
from cloudkit_bot.testing.kit import check_blocks, check_view
from cloudkit_bot.testing.records import Channel, Document, Message, Opened
from cloudkit_bot.testing.refusal import Refusal

if TYPE_CHECKING:
    from cloudkit_bot.testing.workspace import Workspace

__all__ = ["METHODS", "SCOPES", "shown"]

Given = Mapping[str, Any]
Method = Callable[["Workspace", Given], dict[str, Any]]
METHODS: dict[str, Method] = {}
SCOPES: dict[str, str] = {}


def method(name: str, scope: str = "") -> Callable[[Method], Method]:
    """Make a function a method of the Web API; ``scope`` is what the token needs for it."""

    def keep(function: Method) -> Method:
        METHODS[name] = function
        SCOPES[name] = scope
        return function

    return keep


@method("auth.test")
def auth_test(slack: Workspace, _given: Given) -> dict[str, Any]:
    return {"url": "https://example.slack.com/", "team": "example", "user": slack.bot.name} | {
        "team_id": slack.team, "user_id": slack.bot.id, "bot_id": slack.bot_id, "is_enterprise_install": False,
    } | ({"enterprise_id": slack.enterprise} if slack.enterprise else {})  # fmt: skip


@method("auth.revoke")
def auth_revoke(slack: Workspace, _given: Given) -> dict[str, Any]:
    slack.uninstall()
    return {"revoked": True}


@method("bots.info", "users:read")
def bots_info(slack: Workspace, given: Given) -> dict[str, Any]:
    if given.get("bot") != slack.bot_id:
        raise Refusal("bot_not_found")
    return {"bot": {"id": slack.bot_id, "app_id": "A1", "user_id": slack.bot.id, "name": slack.bot.name}}


@method("apps.manifest.export")
def manifest_export(slack: Workspace, given: Given) -> dict[str, Any]:
    if given.get("app_id") != "A1" or slack.registration.manifest is None:
        raise Refusal("invalid_app_id")
    return {"manifest": slack.registration.manifest}


@method("apps.connections.open")
def connections_open(slack: Workspace, _given: Given) -> dict[str, Any]:
    return {"url": slack.sockets.ticket()}


@method("users.info", "users:read")
def users_info(slack: Workspace, given: Given) -> dict[str, Any]:
    user = slack.users.get(given.get("user", ""))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": user.told()}


@method("usergroups.users.list", "usergroups:read")
def group_users(slack: Workspace, given: Given) -> dict[str, Any]:
    return {"users": [user.id for user in slack.users.values() if given.get("usergroup") in user.groups]}


@method("conversations.open", "im:write")
def conversations_open(slack: Workspace, given: Given) -> dict[str, Any]:
    if given.get("users") not in slack.users:
        raise Refusal("user_not_found")
    return {"channel": {"id": slack.direct(given["users"]).id}}


@method("chat.postMessage", "chat:write")
def post_message(slack: Workspace, given: Given) -> dict[str, Any]:
    channel = writable(slack, given)
    slack.rates.count("chat.postMessage", channel.id)
    text, blocks = content(slack, given)
    message = Message(
        channel=channel.id, ts=slack.stamp(), text=text, blocks=blocks, thread=given.get("thread_ts") or ""
    )
    if message.thread and slack.find(channel.id, message.thread) is None:
        raise Refusal("thread_not_found")
    slack.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": {"text": text, "ts": message.ts}}


@method("chat.update", "chat:write")
def update(slack: Workspace, given: Given) -> dict[str, Any]:
    message = slack.find(given.get("channel", ""), given.get("ts", ""))
    if message is None or message.seen_by:
        raise Refusal("message_not_found")
    text, blocks = content(slack, given)
    slack.edit(message, text, blocks)
    return {"channel": message.channel, "ts": message.ts, "text": text}


@method("chat.delete", "chat:write")
def delete(slack: Workspace, given: Given) -> dict[str, Any]:
    message = slack.find(given.get("channel", ""), given.get("ts", ""))
    if message is None:
        raise Refusal("message_not_found")
    message.deleted = True
    slack.noticed()
    return {"channel": message.channel, "ts": message.ts}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(slack: Workspace, given: Given) -> dict[str, Any]:
    channel = writable(slack, given)
    if given.get("user") not in slack.users:
        raise Refusal("user_not_in_channel")
    text, blocks = content(slack, given)
    message = Message(
        channel=channel.id,
        ts=slack.stamp(),
        text=text,
        blocks=blocks,
        seen_by=given["user"],
        thread=given.get("thread_ts") or "",
    )
    slack.post(message)
    return {"message_ts": message.ts}


@method("views.open")
def views_open(slack: Workspace, given: Given) -> dict[str, Any]:
    check_view(given.get("view"), "modal")
    return {"view": opened(slack, given, slack.triggers.use(given.get("trigger_id", "")))}


@method("views.push")
def views_push(slack: Workspace, given: Given) -> dict[str, Any]:
    return views_open(slack, given)


@method("views.update")
def views_update(slack: Workspace, given: Given) -> dict[str, Any]:
    there = slack.views.get(given.get("view_id", ""))
    if there is None:
        raise Refusal("not_found")
    if given.get("hash") not in (None, there.hash):
        raise Refusal("hash_conflict")
    check_view(given.get("view"), "modal")
    there.view, there.hash = given["view"], secrets.token_hex(8)
    slack.noticed()
    return {"view": {"id": there.id, "hash": there.hash}}


@method("views.publish")
def views_publish(slack: Workspace, given: Given) -> dict[str, Any]:
    check_view(given.get("view"), "home", without=slack.without)
    slack.homes[given.get("user_id", "")] = given["view"]
    slack.noticed()
    return {"view": {"id": f"V{given.get('user_id')}"}}


@method("files.getUploadURLExternal", "files:write")
def upload_url(slack: Workspace, given: Given) -> dict[str, Any]:
    name, length = given.get("filename"), int(given.get("length") or 0)
    if not name or length < 1:
        raise Refusal("invalid_arguments", "filename and a length above 0 are needed")
    document = Document(id=f"F0{secrets.token_hex(5).upper()}", name=str(name), length=length)
    slack.documents[document.id] = document
    return {"upload_url": f"{slack.server.url}/upload/{document.id}", "file_id": document.id}


@method("files.completeUploadExternal", "files:write")
def complete_upload(slack: Workspace, given: Given) -> dict[str, Any]:
    files = [complete(slack, one) for one in given.get("files") or ()]
    if given.get("channel_id"):
        channel = writable(slack, {"channel": given["channel_id"]})
        message = Message(
            channel=channel.id,
            ts=slack.stamp(),
            text=given.get("initial_comment") or "",
            blocks=[],
            thread=given.get("thread_ts") or "",
            documents=files,
        )
        slack.post(message)
    return {"files": [{"id": one.id, "title": one.title} for one in files]}


def complete(slack: Workspace, given: Given) -> Document:
    document = slack.documents.get(given.get("id", ""))
    if document is None:
        raise Refusal("file_not_found")
    if document.content is None:
        raise Refusal("file_update_failed", "nothing was uploaded")
    document.title = given.get("title") or document.name
    return document


def writable(slack: Workspace, given: Given) -> Channel:
    """Return the channel that is named, where the bot may post."""
    channel = slack.channels.get(given.get("channel", ""))
    if channel is None:
        raise Refusal("channel_not_found")
    open_to_all = channel.public and (slack.scopes is None or "chat:write.public" in slack.scopes)
    if not channel.member and not channel.direct and not open_to_all:
        raise Refusal("not_in_channel" if channel.public else "channel_not_found")
    return channel


def content(slack: Workspace, given: Given) -> tuple[str, list[dict[str, Any]]]:
    """Return text and blocks, checked; a message has its plain text."""
    text, blocks = given.get("text") or "", given.get("blocks") or []
    if not text:
        raise Refusal("no_text", "a message needs a text for notifications and screen readers")
    if len(text) > limits.TEXT:
        raise Refusal("msg_too_long")
    check_blocks(blocks, "message", without=slack.without)
    return text, blocks


def opened(slack: Workspace, given: Given, user: str) -> dict[str, Any]:
    view = Opened(id=f"V0{secrets.token_hex(5).upper()}", view=given["view"], user=user, hash=secrets.token_hex(8))
    slack.views[view.id] = view
    slack.noticed()
    return {"id": view.id, "hash": view.hash}


def shown(slack: Workspace, token: str, given: Given) -> None:
    """Show what was sent to a ``response_url``."""
    place = slack.addresses.use(token)
    there = slack.find(place.channel, place.message) if place.message else None
    if given.get("delete_original") and there:
        there.deleted = True
        slack.noticed()
        return
    text, blocks = content(slack, given)
    if given.get("replace_original") and there:
        slack.edit(there, text, blocks)
        return
    alone = "" if given.get("response_type") == "in_channel" else place.user
    thread = given.get("thread_ts") or ""
    slack.post(Message(channel=place.channel, ts=slack.stamp(), text=text, blocks=blocks, seen_by=alone, thread=thread))
