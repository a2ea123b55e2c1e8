"""The bot as a command, and what is seen of it from outside."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bot.conftest import Scene

import cloudkit_bot
from cloudkit import ConfigError
from cloudkit.model.secret import Secret
from cloudkit.testing import cloud
from cloudkit_bot.bot import Bot
from cloudkit_bot.doctor import examine
from cloudkit_bot.listeners import listen
from cloudkit_bot.manifest import SCOPES, manifest
from cloudkit_bot.settings import Settings
from cloudkit_bot.testing import Person, Workspace
from cloudkit_bot.testing.methods import SCOPES as NEEDED

PROGRAM = Path(sys.executable).with_name("cloudkit-bot")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def got(scene: Scene, path: str) -> tuple[int, str]:
    """Return what the bot answers to a GET."""
    url = f"http://127.0.0.1:{scene.service.port}{path}"
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.status, response.read().decode()


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_healthy_bot_says_so(scene: Scene) -> None:
    """By both ways in which Slack reaches it."""
    assert got(scene, "/healthz") == (200, "ok\n")


def test_what_is_done_is_counted(scene: Scene) -> None:
    """Deliveries and how fast they are acknowledged, operations and how they end."""
    alice = scene.person()

    alice.command("scale web 3")
    scene.slack.until(lambda: [one for one in scene.slack.seen() if "done after" in one.text])
    _, text = got(scene, "/metrics")

    assert 'cloudkit_bot_deliveries_total{kind="command",outcome="taken"} 1.0' in text
    assert 'cloudkit_operations_total{backend="memory",outcome="ok",verb="scale"} 1.0' in text


SOURCE = Path(cloudkit_bot.__file__).parent
CALL = re.compile(
    r"client\.((?:apps|auth|chat|bots|conversations|files|reactions|usergroups|users|views)_[A-Za-z_0-9]+)"
)
OF_EVENTS = {"app_mention": "app_mentions:read", "message": "im:history", "command": "commands", "shortcut": "commands"}
NO_SCOPE = {"app_home_opened", "app_uninstalled", "tokens_revoked"}
IN_TWO_CALLS = {"files.upload.v2": "files.getUploadURLExternal"}


class Registrar:
    """Writes down what a bot listens to, in place of bolt's app."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Any]] = {}

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def keep(constraint: Any, *_more: Any) -> Callable[[Any], Any]:
            self.heard.setdefault(kind, []).append(constraint)
            return lambda listener: listener

        return keep


def listened(bot: Bot) -> dict[str, list[Any]]:
    """Return what a bot listens to, by kind."""
    app = Registrar()
    listen(app, bot)  # type: ignore[arg-type]  # it takes the same calls
    return app.heard


def called_methods() -> set[str]:
    """Return the methods of the Web API that the bot's source calls."""
    texts = [path.read_text("utf-8") for path in SOURCE.rglob("*.py") if "testing" not in path.parts]
    names = {name.replace("_", ".") for text in texts for name in CALL.findall(text)}
    return {IN_TWO_CALLS.get(name, name) for name in names}


def test_the_manifest_asks_for_what_is_called_and_no_more(scene: Scene) -> None:
    """Each scope is that of a method that the source calls, or of something that a listener listens to."""
    heard = listened(scene.service.bot)
    listeners = {OF_EVENTS[event] for event in heard["event"] if event not in NO_SCOPE}
    listeners |= {OF_EVENTS[kind] for kind in ("command", "shortcut") if heard.get(kind)}
    methods = {NEEDED[method] for method in called_methods()} - {""}

    assert set(SCOPES) | {"usergroups:read"} == methods | listeners
    assert set(manifest(groups=True)["oauth_config"]["scopes"]["bot"]) == {*SCOPES, "usergroups:read"}


def test_every_listener_stands_in_the_manifest(scene: Scene) -> None:
    """Each event, command and shortcut; an action, a menu or a form needs interactivity."""
    made, heard = manifest(), listened(scene.service.bot)
    named = {event: "message.im" if event == "message" else event for event in heard["event"]}

    assert set(made["settings"]["event_subscriptions"]["bot_events"]) == set(named.values())
    assert [one["command"] for one in made["features"]["slash_commands"]] == heard["command"]
    assert {one["callback_id"] for one in made["features"]["shortcuts"]} == set(heard["shortcut"])
    assert made["settings"]["interactivity"]["is_enabled"] == bool(heard["action"])


def test_the_manifest_for_many_workspaces_has_what_installations_need() -> None:
    """Where the browser comes back to, tokens that expire, and the events that tell that the app is gone."""
    made = manifest(url="https://bot.example/slack/events", install="https://bot.example/")

    assert made["oauth_config"]["redirect_urls"] == ["https://bot.example/slack/oauth_redirect"]
    assert made["settings"]["token_rotation_enabled"]
    assert {"app_uninstalled", "tokens_revoked"} <= set(made["settings"]["event_subscriptions"]["bot_events"])
    assert manifest()["settings"]["token_rotation_enabled"] is False


def test_the_manifest_is_for_the_way_that_is_chosen() -> None:
    """Socket Mode without an address; with one, every address is it."""
    url = "https://bot.example/slack/events"

    sockets, http = manifest(), manifest(url=url, command="/ops")

    assert sockets["settings"]["socket_mode_enabled"]
    assert "request_url" not in sockets["settings"]["event_subscriptions"]
    assert (
        http["features"]["slash_commands"][0] | {"url": url, "command": "/ops"} == http["features"]["slash_commands"][0]
    )
    assert http["settings"]["interactivity"]["message_menu_options_url"] == url


def test_the_doctor_names_what_is_missing() -> None:
    """A scope, a wrong policy, a token."""
    with Workspace(scopes=set(SCOPES) - {"files:write"}) as slack:
        settings = Settings(bot_token=Secret(slack.bot_token), base_url=slack.base_url, policy="/nowhere.cedar")
        found = {check.name: check for check in examine(settings, cloud)}

    assert found["bot token"].ok
    assert "files:write" in found["scopes"].fix
    assert found["HTTP"].fix == "set SLACK_SIGNING_SECRET"
    assert not found["policy"].ok
    assert found["cloud"].ok


@pytest.mark.parametrize("drifted", [True, False])
def test_the_doctor_compares_the_manifest_at_slack(*, drifted: bool) -> None:
    """Where there is a token that may read it: what is missing and what is not needed is named."""
    with Workspace(scopes=SCOPES) as slack:
        slack.registration.manifest = manifest()
        if drifted:
            slack.registration.manifest["settings"]["event_subscriptions"]["bot_events"] = [
                "app_mention",
                "reaction_added",
            ]
        settings = Settings(
            bot_token=Secret(slack.bot_token),
            app_token=Secret(slack.app_token),
            config_token=Secret(slack.registration.config_token),
            base_url=slack.base_url,
        )
        found = {check.name: check for check in examine(settings, cloud)}

    assert found["manifest"].ok is not drifted
    assert ("message.im is missing" in (found["manifest"].fix or "")) is drifted
    assert ("reaction_added is not needed" in (found["manifest"].fix or "")) is drifted


@pytest.mark.parametrize("mode", ["http", "sockets"])
def test_a_running_bot_ends_its_work_when_it_is_told_to_stop(slack: Workspace, mode: str, tmp_path: Path) -> None:
    """As engines stop a container: what goes on comes to its end, the exit code is 0, no secret is told."""
    (tmp_path / "policy.cedar").write_text("permit(principal, action, resource);")
    port = free_port()
    environ = {
        "CLOUDKIT_BOT_BACKEND": "memory", "CLOUDKIT_BOT_BASE_URL": slack.base_url, "CLOUDKIT_BOT_PORT": str(port),
        "SLACK_BOT_TOKEN": slack.bot_token, "SLACK_SIGNING_SECRET": slack.signing_secret, "PATH": "",
        "CLOUDKIT_BOT_POLICY": str(tmp_path / "policy.cedar"), "CLOUDKIT_BOT_STORE": str(tmp_path / "bot.sqlite"),
        "PYTHONUNBUFFERED": "1", **({"SLACK_APP_TOKEN": slack.app_token} if mode == "sockets" else {}),
    }  # fmt: skip
    url = "" if mode == "sockets" else f"http://127.0.0.1:{port}/slack/events"
    alice = Person(slack=slack, user=slack.user("alice"), channel=slack.channel("ops"), url=url)

    process = subprocess.Popen(
        [PROGRAM, "run"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    first = next(line for line in process.stdout if line.startswith("listening by"))
    alice.command("deploy web web:1 --port 3000 --replicas 3")
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "stopping" in said
    assert [one for one in slack.seen() if "deploy web web:1: done after" in one.text]
    assert not [secret for secret in (slack.bot_token, slack.signing_secret, slack.app_token) if secret in first + said]


def test_the_console_is_the_same_bot_in_a_terminal() -> None:
    """With no Slack at hand."""
    lines = "/cloud deploy web web:1 --port 3000 --replicas 2\nscale web 3\nscal web 4\n"

    done = subprocess.run(
        [PROGRAM, "console"], input=lines, env={"CLOUDKIT_BOT_BACKEND": "memory", "COLUMNS": "100", "PATH": ""},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert "3/3 ready" in done.stdout
    assert "try: /cloud scale web 4" in done.stdout


def test_a_setting_comes_from_the_environment_before_the_file(tmp_path: Path) -> None:
    """A secret may stand in a file of its own."""
    file, secret = tmp_path / "bot.toml", tmp_path / "token"
    file.write_text('port = 4000\nnamespace = "shop"\n')
    secret.write_text("xoxb-1\n")

    settings = Settings.read({"CLOUDKIT_BOT_PORT": "5000", "SLACK_BOT_TOKEN_FILE": str(secret)}, file)

    assert (settings.port, settings.namespace, settings.bot_token.reveal()) == (5000, "shop", "xoxb-1")


@pytest.mark.parametrize("content", ['colour = "red"', "port = 'many'", "port ="])
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, content: str) -> None:
    """With what is wrong in it."""
    file = tmp_path / "bot.toml"
    file.write_text(content)

    with pytest.raises(ConfigError):
        Settings.read({}, file)


def test_nothing_is_served_that_nothing_proves(slack: Workspace) -> None:
    """Without a secret and without Socket Mode anybody could be Slack."""
    settings = Settings(bot_token=Secret(slack.bot_token), base_url=slack.base_url, port=0)

    with pytest.raises(ConfigError, match="proved by a secret"):
        Bot(settings, cloud())


def test_the_command_prints_the_manifest() -> None:
    """As Slack's page takes it."""
    done = subprocess.run([PROGRAM, "manifest"], capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(done.stdout) == manifest()
