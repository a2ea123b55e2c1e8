"""What the bot is told: tokens, where it listens, what it runs on. The environment goes before the file.

The file is TOML, with the names of ``Settings`` as they are; ``CLOUDKIT_BOT_CONFIG`` names it. In the environment they
are written ``CLOUDKIT_BOT_PORT``; Slack's own tokens are ``SLACK_BOT_TOKEN``, ``SLACK_SIGNING_SECRET`` and
``SLACK_APP_TOKEN``. ``..._FILE`` names a file that holds the value, as engines and clusters mount secrets.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from cloudkit.errors import ConfigError
from cloudkit.model.secret import Secret

__all__ = ["Settings"]

SLACK = {"bot_token": "SLACK_BOT_TOKEN", "signing_secret": "SLACK_SIGNING_SECRET", "app_token": "SLACK_APP_TOKEN"}
PREFIX = "CLOUDKIT_BOT_"
CHANNELS = ("audit",)  # which, of many workspaces, are written with the workspace: ``T0123:C0456,T0789:C0123``
NONE = Secret("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The bot's configuration.

    Args:
        bot_token: ``xoxb-...``, from the app's page at Slack.
        signing_secret: What Slack signs its requests with; needed for HTTP.
        app_token: ``xapp-...``, for Socket Mode; without it the bot listens by HTTP.
        client_id: The app's, by which workspaces install it; without it the bot token is that of the one workspace.
        client_secret: The app's, for installations.
        workspaces: Those that may install it, such as ``T0123,T0456``; ``*`` for any.
        url: Where browsers reach the bot, such as ``https://bot.example``, for installations.
        config_token: ``xoxe.xoxp-...``, an app configuration token, with which doctor reads the app's manifest.
        command: The slash command.
        policy: The policy file; without it nobody may change anything.
        store: The bot's own database: a file, or ``postgresql://...`` for several bots; beside the journal where empty.
        audit: The channel that is told who did what, by its identifier; none where empty.
        expires: Seconds for which an approval can be given, where the policy says nothing.
        dry_run: True answers everything with its plan and what the policy says, and changes nothing.
        backend: What runs the apps; what cloudkit finds where empty.
        context: A docker context's or a kubeconfig's name.
        namespace: What keeps its apps apart from others.
        registry: Where images go that a cluster's nodes are to pull.
        host: The address that is listened on.
        port: The port that is listened on; 0 takes a free one.
        workers: How many requests are worked on at once.
        grace: Seconds that work has to come to its end when the bot is stopped.
        alerts_channel: The channel that incidents are told in; they are not looked for where empty.
        alerts_token: What proves an Alertmanager, as its bearer token or its password; none is heard where empty.
        alerts_user: Its user, for basic authentication.
        alerts_pause: Seconds between two looks at the apps.
        alerts_calm: Seconds without a sign after which an incident is over.
        alerts_most: Cards of new incidents within ten minutes; the others are told in one.
        quiet: Hours in which only what is grave is posted, such as ``22:00-07:00``.
        digest: When a summary is posted, as a line of cron such as ``0 9 * * 1-5``; never where empty.
        digest_channel: Where; the channel of incidents where empty.
        timezone: Whose time of day that is, and is shown.
        classic: True sends no block that older clients do not know.
        base_url: Slack's Web API.
    """

    bot_token: Secret = NONE
    signing_secret: Secret = NONE
    app_token: Secret = NONE
    client_id: str = ""
    client_secret: Secret = NONE
    workspaces: str = ""
    url: str = ""
    config_token: Secret = NONE
    command: str = "/cloud"
    policy: str = ""
    store: str = field(default="", repr=False)  # it may hold a password
    audit: str = ""
    expires: float = 3_600.0
    dry_run: bool = False
    backend: str = ""
    context: str = ""
    namespace: str = ""
    registry: str = ""
    host: str = "127.0.0.1"
    port: int = 3000
    workers: int = 16
    grace: float = 25.0
    alerts_channel: str = ""
    alerts_token: Secret = NONE
    alerts_user: str = "alertmanager"
    alerts_pause: float = 10.0
    alerts_calm: float = 120.0
    alerts_most: int = 10
    quiet: str = ""
    digest: str = ""
    digest_channel: str = ""
    timezone: str = "UTC"
    classic: bool = False
    base_url: str = "https://slack.com/api/"

    @classmethod
    def read(cls, environ: Mapping[str, str], file: Path | None = None) -> Settings:
        """Read the settings of an environment and a file.

        Raises:
            ConfigError: A value is not what it should be, or a name is not known.
        """
        named = file or (Path(environ[f"{PREFIX}CONFIG"]) if environ.get(f"{PREFIX}CONFIG") else None)
        written = from_file(named) if named else {}
        kinds = get_type_hints(cls)
        given = {}
        for one in fields(cls):
            value = from_environment(environ, one.name)
            value = written.get(one.name) if value is None else value
            if value is not None:
                given[one.name] = converted(one.name, value, kinds[one.name])
        return cls(**given)

    @property
    def sockets(self) -> bool:
        """True for Socket Mode."""
        return bool(self.app_token.reveal())

    @property
    def shared_secret(self) -> str:
        """What all bots of one app have, and nobody else."""
        return self.signing_secret.reveal() or self.app_token.reveal() or self.bot_token.reveal()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no text may hold."""
        held = (
            self.bot_token,
            self.signing_secret,
            self.app_token,
            self.client_secret,
            self.config_token,
            self.alerts_token,
        )
        return tuple(filter(None, (one.reveal() for one in held)))

    @property
    def named_workspaces(self) -> frozenset[str]:
        """The workspaces that may install the app."""
        return frozenset(listed(self.workspaces))

    def of_workspace(self, team: str, token: Secret) -> Settings:
        """Return the settings of the bot of one workspace among many: its token, and the channels that are its own."""
        own: dict[str, Any] = {name: channel_of(getattr(self, name), team) for name in CHANNELS}
        return replace(self, bot_token=token, **own)

    @property
    def stray(self) -> tuple[str, ...]:
        """The settings that name a channel without its workspace, where there are many."""
        return tuple(name for name in CHANNELS if any(":" not in one for one in listed(getattr(self, name))))


def listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def channel_of(text: str, team: str) -> str:
    """Return the channel of a workspace; empty where it has none.

    >>> channel_of("T1:C1,T2:C2", "T2")
    'C2'
    """
    return dict(one.split(":", 1) for one in listed(text) if ":" in one).get(team, "")


def from_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {path}: {error}", hint=f"mend the file, or unset {PREFIX}CONFIG") from error
    known = [one.name for one in fields(Settings)]
    strange = sorted(set(content) - set(known))
    if strange:
        raise ConfigError(f"{path} has {strange[0][:80]!r}, which is not known; known are: {', '.join(known)}")
    return content


def from_environment(environ: Mapping[str, str], name: str) -> str | None:
    variable = SLACK.get(name, f"{PREFIX}{name.upper()}")
    if environ.get(variable):
        return environ[variable]
    file = environ.get(f"{variable}_FILE")
    if not file:
        return None
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{variable}_FILE names {file!r}, which cannot be read: {error}") from error


def converted(name: str, value: Any, kind: type[Any]) -> Any:  # noqa: ANN401 # what the field says
    try:
        if kind is Secret:
            return Secret(str(value))
        if kind is bool and isinstance(value, str):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
        return kind(value)
    except (KeyError, ValueError) as error:
        wanted = {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, kind.__name__)
        raise ConfigError(f"the setting {name} is {str(value)[:40]!r}; allowed is {wanted}") from error
