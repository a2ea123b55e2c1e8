"""What is there and what is missing: tokens, scopes, the cloud, the policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from slack_sdk import WebClient

from cloudkit.cloud import Cloud
from cloudkit.errors import CloudkitError
from cloudkit.model.check import Check
from cloudkit.model.secret import Secret
from cloudkit_bot.bot import client_of
from cloudkit_bot.manifest import GROUPS, SCOPES, drift, manifest
from cloudkit_bot.policy.file import PolicyFile
from cloudkit_bot.sending import Unsent, called
from cloudkit_bot.settings import Settings
from cloudkit_bot.store.store import open_store
from cloudkit_bot.words.grammar import chat_catalogue
from cloudkit_bot.workspaces.workspaces import check_settings

__all__ = ["examine"]

APPS = "https://api.slack.com/apps"


def examine(settings: Settings, cloud: Callable[[], Cloud]) -> tuple[Check, ...]:
    """Look at all that the bot needs.

    Args:
        settings: Its configuration.
        cloud: Makes the cloud that it works on.
    """
    policy, groups = examined_policy(settings)
    tokens = (
        examined_installations(settings, cloud, groups) if settings.client_id else examined_tokens(settings, groups)
    )
    return (*tokens, examined_cloud(cloud), policy)


def examined_installations(settings: Settings, cloud: Callable[[], Cloud], groups: tuple[str, ...]) -> Iterator[Check]:
    """Look at what installations need, and at the token of each workspace that has installed the app."""
    try:
        check_settings(settings)
        with closing(open_store(settings.store, cloud().config.journal)) as store:
            found = [store.installations.find_installation(team_id=team) for team in store.installations.teams()]
            where = store.database.where
    except CloudkitError as error:
        yield check("installations", "", error.summary)
        return
    yield check("installations", f"{len(found)} workspaces, kept in {where}")
    for one in filter(None, found):
        yield from examined_tokens(settings.of_workspace(one.team_id or "", Secret(one.bot_token or "")), groups)


def examined_tokens(settings: Settings, groups: tuple[str, ...]) -> Iterator[Check]:
    client = client_of(settings)
    try:
        told = called(client.auth_test)
    except Unsent as unsent:
        yield check("bot token", "", f"{unsent.word}; install the app at {APPS} and set SLACK_BOT_TOKEN")
        return
    yield check("bot token", f"workspace {told['team_id']}, user {told['user_id']}")
    headers = {name.lower(): str(value) for name, value in told.headers.items()}
    granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()}
    yield from examined_scopes(granted, groups)
    yield examined_way(settings, client)
    if settings.config_token.reveal():
        yield examined_manifest(settings, client, str(told["bot_id"]), groups=bool(groups))


def examined_manifest(settings: Settings, client: WebClient, bot: str, *, groups: bool) -> Check:
    """Look whether the app's manifest at Slack is still the one that the bot needs."""
    try:
        app = called(client.bots_info, bot=bot)["bot"]["app_id"]
        token = settings.config_token.reveal()
        there = called(client.apps_manifest_export, app_id=app, token=token)["manifest"]
    except Unsent as unsent:
        return check("manifest", "", f"{unsent.word}; an app configuration token of {APPS} lasts twelve hours")
    install = settings.url if settings.client_id else ""
    wanted = manifest(
        command=settings.command, url="" if settings.sockets else "https://", groups=groups, install=install
    )
    found = drift(wanted, there)
    return check("manifest", "" if found else "as cloudkit-bot manifest prints it", "; ".join(found))


def examined_scopes(granted: set[str], groups: tuple[str, ...]) -> Iterator[Check]:
    wanted = {*SCOPES, *([GROUPS] if groups else [])}
    missing, more = sorted(wanted - granted), sorted(granted - wanted)
    if not granted:
        yield check("scopes", "Slack did not say which there are")
    elif missing:
        yield check("scopes", "", f"add {', '.join(missing)} and install the app again: cloudkit-bot manifest has them")
    else:
        yield check("scopes", ", ".join(sorted(granted & wanted)))
    if more:
        yield check("more scopes", "", f"not needed: {', '.join(more)}; the manifest has drifted")


def examined_way(settings: Settings, client: WebClient) -> Check:
    """Look whether Slack can reach the bot."""
    if not settings.sockets:
        secret = bool(settings.signing_secret.reveal())
        return check(
            "HTTP", f"listens at {settings.host}:{settings.port}" if secret else "", "set SLACK_SIGNING_SECRET"
        )
    try:
        called(client.apps_connections_open, app_token=settings.app_token.reveal())
    except Unsent as unsent:
        return check("Socket Mode", "", f"{unsent.word}; set SLACK_APP_TOKEN to a token with connections:write")
    return check("Socket Mode", "Slack opens a connection")


def examined_cloud(cloud: Callable[[], Cloud]) -> Check:
    try:
        made = cloud()
        return check("cloud", f"{made!r}, {len(made.backend.apps())} apps".strip("<>"))
    except CloudkitError as error:
        return check("cloud", "", error.summary)


def examined_policy(settings: Settings) -> tuple[Check, tuple[str, ...]]:
    if not settings.policy:
        return check("policy", "none: members may look, and nobody may change anything"), ()
    try:
        found = PolicyFile(Path(settings.policy), chat_catalogue())
    except CloudkitError as error:
        return check("policy", "", "; ".join([error.summary, *error.evidence])), ()
    return check("policy", settings.policy), found.groups


def check(name: str, seen: str, missing: str = "") -> Check:
    """A check that is well where something was seen."""
    given: dict[str, Any] = {"detail": seen} if seen else {"detail": "missing", "fix": missing}
    return Check(name=name, ok=bool(seen), **given)
