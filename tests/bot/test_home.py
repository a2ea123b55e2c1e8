"""The Home tab, and the summaries at set times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bot.conftest import Everybody, Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, ConfigError
from cloudkit.testing import Program, cloud, world_of
from cloudkit_bot.bot import Bot
from cloudkit_bot.home.digest import Digest
from cloudkit_bot.serving import Service
from cloudkit_bot.store.requests import Request
from cloudkit_bot.testing import Person, Workspace

MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC).timestamp()  # nine o'clock in Berlin


@pytest.fixture
def scene(slack: Workspace, memory: Cloud) -> Iterator[Scene]:
    """A running bot that watches."""
    ops = slack.channel("ops")
    bot = Bot(settings_of(slack, alerts_channel=ops.id, alerts_pause=0.02), memory, policy=Everybody())
    with Service(bot, CollectorRegistry()) as service:
        yield Scene(slack=slack, cloud=memory, service=service, ops=ops)


def opened(person: Person, tab: str = "home") -> None:
    """Open the bot's page."""
    person.event({"type": "app_home_opened", "tab": tab, "channel": "D1"})


def shown(scene: Scene, person: Person) -> dict[str, Any]:
    """Return somebody's Home tab, once it is there."""
    view: dict[str, Any] = scene.slack.until(lambda: scene.slack.homes.pop(person.user.id, None))
    return view


def test_the_tab_shows_what_runs_and_what_needs_attention(scene: Scene) -> None:
    """Made anew each time that it is opened."""
    alice = scene.person()
    opened(alice)
    calm = json.dumps(shown(scene, alice))
    world_of(scene.cloud).program("loop:1", Program(exits=1, exit_code=3))
    scene.cloud.deploy("loop", "loop:1", wait=False)
    world_of(scene.cloud).clock.advance(30)
    scene.slack.until(scene.service.bot.store.incidents.open)

    opened(alice)
    view = shown(scene, alice)

    assert "What runs: 1 app" in calm
    assert "nothing" in calm
    sent = json.dumps(view)
    assert "What runs: 2 apps" in sent
    assert "loop: crash loop" in sent
    assert "nobody has taken it on" in sent
    button = next(block["accessory"] for block in view["blocks"] if "accessory" in block)
    assert button["value"] == "status loop"


def test_the_tab_shows_what_waits_for_an_approval(scene: Scene) -> None:
    """First what one may approve, then what one has asked for oneself."""
    alice, bob = scene.person(), scene.person("bob")
    store = scene.service.bot.store.requests
    for number, person in enumerate((alice, bob)):
        store.add(request(scene, f"r{number}", person))

    opened(alice)
    rows = [block for block in shown(scene, alice)["blocks"] if "delete web" in json.dumps(block)]

    (first, *_, may), (second, *_) = (row["elements"][0]["elements"][1:] for row in rows)
    assert first == {"type": "user", "user_id": bob.user.id}
    assert may == {"type": "text", "text": ": you may approve it"}
    assert second == {"type": "text", "text": "you"}


def request(scene: Scene, name: str, person: Person) -> Request:
    """Return what somebody asks for."""
    return Request(
        name=name, line="delete web", said="delete web", verb="delete", app="web", digest="d", asker=person.user.id,
        team=scene.slack.team, channel=scene.ops.id, asked=1.0, until=1e10,
    )  # fmt: skip


def test_who_may_not_look_sees_nothing(scene: Scene) -> None:
    """A guest's tab says why."""
    guest = scene.person("guest", guest=True)

    opened(guest)

    text = json.dumps(shown(scene, guest))
    assert "you may not apps: members only" in text
    assert "web" not in text


def test_another_tab_of_the_page_shows_nothing(scene: Scene) -> None:
    """The messages are Slack's own."""
    alice = scene.person()

    opened(alice, "messages")
    opened(alice)

    shown(scene, alice)
    assert sum("views.publish" in method for method, *_ in scene.slack.calls) == 1


def test_a_workspace_without_the_newest_blocks_has_its_tab(memory: Cloud) -> None:
    """Drawn again with the classics."""
    with Workspace(without=("data_table",)) as slack:
        bot = Bot(settings_of(slack), memory, policy=Everybody())
        with Service(bot, CollectorRegistry()) as service:
            scene = Scene(slack=slack, cloud=memory, service=service, ops=slack.channel("ops"))
            alice = scene.person()
            opened(alice)

            kinds = {block["type"] for block in shown(scene, alice)["blocks"]}

    assert "rich_text" in kinds
    assert "data_table" not in kinds


class Clock:
    """A time that a test sets."""

    now = MONDAY - 60

    def __call__(self) -> float:
        """Return it."""
        return self.now


def digest_of(scene: Scene, clock: Clock, **more: str) -> Digest:
    """Return what posts a summary at nine on working days."""
    bot = scene.service.bot
    given = {"digest": "0 9 * * 1-5", "digest_channel": scene.ops.id, "timezone": "Europe/Berlin"}
    settings = settings_of(scene.slack, **(given | more))
    return Digest(settings, bot.desk, bot.store, ZoneInfo("Europe/Berlin"), clock)


def test_a_summary_is_posted_when_it_is_due_and_once(scene: Scene) -> None:
    """By one of two bots; not again the same day."""
    clock = Clock()
    first, second = (digest_of(scene, clock) for _ in range(2))
    first.turn()
    assert scene.slack.seen(scene.ops) == []

    clock.now = MONDAY + 30
    first.turn()
    second.turn()
    clock.now = MONDAY + 3_600
    first.turn()

    (message,) = scene.slack.seen(scene.ops)
    assert message.text.startswith("1 of 1 apps are well; since 2026-11-27 09:00:00 CET: 0 incidents")
    assert message.kinds[0] == "header"


def test_a_summary_tells_what_was_changed_and_what_is_not_well(scene: Scene) -> None:
    """Since the time before."""
    clock = Clock()
    clock.now = datetime.now(UTC).timestamp()
    digest = digest_of(scene, clock, digest="@yearly")
    world_of(scene.cloud).program("loop:1", Program(exits=1, exit_code=3))
    scene.cloud.deploy("loop", "loop:1", wait=False)
    world_of(scene.cloud).clock.advance(30)
    scene.slack.until(scene.service.bot.store.incidents.open)

    summary = digest.summary(datetime.now(UTC))

    assert [one.app for one in summary.entries] == ["loop", "web"]
    assert [one.sign.app for one in summary.incidents] == ["loop"]
    assert {app.name: app.phase.value for app in summary.apps} == {"loop": "failed", "web": "ready"}


@pytest.mark.parametrize(("setting", "value"), [("digest", "0 0 30 2 *"), ("quiet", "night"), ("timezone", "Mars")])
def test_a_setting_that_means_nothing_is_refused(slack: Workspace, setting: str, value: str) -> None:
    """When the bot is made."""
    given = {"alerts_channel": "C1", setting: value}

    with pytest.raises(ConfigError):
        Bot(settings_of(slack, **given), cloud())


def test_a_summary_without_a_channel_is_refused(slack: Workspace) -> None:
    """As nobody would see it."""
    with pytest.raises(ConfigError, match="no channel is named"):
        Bot(settings_of(slack, digest="@daily"), cloud())
