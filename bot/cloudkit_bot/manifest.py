"""The app manifest: what Slack is asked for, and no more.

Source: docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cloudkit_bot.listeners import MESSAGE_SHORTCUT, SHORTCUT

__all__ = ["EVENTS", "GONE", "REDIRECT", "SCOPES", "drift", "manifest", "manifest_text", "scopes"]

SCOPES = {
    "app_mentions:read": "lines that begin with the bot's name",
    "chat:write": "answers",
    "commands": "the slash command and the shortcuts",
    "files:write": "what is too long for a message",
    "im:history": "lines in direct messages",
    "im:write": "answers where the bot is no member",
    "users:read": "who is a guest",
}
GROUPS = "usergroups:read"


REDIRECT = "/slack/oauth_redirect"
EVENTS = ("app_home_opened", "app_mention", "message.im")
GONE = ("app_uninstalled", "tokens_revoked")


def scopes(*, groups: bool = False) -> list[str]:
    """Return the scopes of the bot's token.

    Args:
        groups: True where the policy names user groups, so that their members must be read.
    """
    return sorted([*SCOPES, *([GROUPS] if groups else [])])


def manifest(
    *, command: str = "/cloud", name: str = "Cloud", url: str = "", groups: bool = False, install: str = ""
) -> dict[str, Any]:
    """Return the manifest of the bot's app.

    Args:
        command: The slash command.
        name: What the bot is called.
        url: Where Slack's requests are taken; Socket Mode where empty.
        groups: True where the policy names user groups, so that their members must be read.
        install: Where browsers reach the bot, for an app that many workspaces install; its tokens expire.
    """
    hint = "scale web 3"
    slash = {"command": command, "description": "Run, scale, roll and explain apps", "usage_hint": hint}
    events = {"bot_events": [*EVENTS, *(GONE if install else ())]}
    redirect = {"redirect_urls": [f"{install.rstrip('/')}{REDIRECT}"]} if install else {}
    addressed = {"request_url": url} if url else {}
    return {
        "display_information": {"name": name, "description": "The verbs of cloudkit as chat commands"},
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name.lower(), "always_online": True},
            "shortcuts": [shortcut(SHORTCUT, "global"), shortcut(MESSAGE_SHORTCUT, "message")],
            "slash_commands": [{**slash, "should_escape": True, **({"url": url} if url else {})}],
        },
        "oauth_config": {**redirect, "scopes": {"bot": scopes(groups=groups)}},
        "settings": {
            "event_subscriptions": events | addressed,
            "interactivity": {"is_enabled": True}
            | ({"request_url": url, "message_menu_options_url": url} if url else {}),
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": bool(install),
        },
    }


def shortcut(callback: str, kind: str) -> dict[str, str]:
    return {
        "name": "Run a command",
        "type": kind,
        "callback_id": callback,
        "description": "Choose a command and its options",
    }


PARTS: dict[str, Callable[[Mapping[str, Any]], Iterable[str]]] = {
    "scopes": lambda made: made["oauth_config"]["scopes"]["bot"],
    "bot events": lambda made: made["settings"]["event_subscriptions"]["bot_events"],
    "commands": lambda made: [one["command"] for one in made["features"]["slash_commands"]],
    "shortcuts": lambda made: [one["callback_id"] for one in made["features"]["shortcuts"]],
    "switches": lambda made: [name for name, value in switches(made).items() if value],
}


def switches(made: Mapping[str, Any]) -> dict[str, bool]:
    """Return what a manifest turns on."""
    settings = made["settings"]
    names = ("socket_mode_enabled", "token_rotation_enabled", "org_deploy_enabled")
    return {name: bool(settings.get(name)) for name in names} | {
        "interactivity": settings["interactivity"]["is_enabled"]
    }


def drift(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """Return where a manifest is not as it should be, in words; names and addresses are whose app it is.

    >>> here = manifest()
    >>> here["settings"]["event_subscriptions"]["bot_events"].append("reaction_added")
    >>> drift(manifest(), here)
    ['bot events: reaction_added is not needed']
    """
    found = []
    for name, part in PARTS.items():
        try:
            has = set(part(there))
        except (KeyError, TypeError):
            has = set()
        needs = set(part(wanted))
        found += [f"{name}: {one} is missing" for one in sorted(needs - has)]
        found += [f"{name}: {one} is not needed" for one in sorted(has - needs)]
    return found


def manifest_text(**given: Any) -> str:  # noqa: ANN401 # those of manifest
    """Return the manifest as JSON, as Slack's page takes it."""
    return json.dumps(manifest(**given), indent=2)
