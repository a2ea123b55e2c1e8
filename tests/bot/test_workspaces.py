"""Many workspaces install the app; each has its own token, its own bot and its own place in the policy."""

from __future__ import annotations

import json
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from bot.conftest import Everybody
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, ConfigError, Telemetry
from cloudkit.model.secret import Secret
from cloudkit.testing import cloud
from cloudkit_bot.doctor import examine
from cloudkit_bot.policy.verdict import Asker, Verdict, Wanted
from cloudkit_bot.serving import Service
from cloudkit_bot.settings import Settings
from cloudkit_bot.store.store import open_store
from cloudkit_bot.testing import Message, Person, Workspace
from cloudkit_bot.workspaces.workspaces import Workspaces

SHORT = 60  # seconds that a token lasts: less than is left when one is renewed, so that each use renews it


@dataclass
class OneTeam(Everybody):
    """Lets members of one workspace change things, and all look; remembers whose question it was."""

    team: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:
        """Say whether somebody may do something."""
        self.asked.append((asker.team, wanted.verb))
        allowed = asker.team == self.team or not wanted.changes
        return Verdict(allowed=allowed, reason="" if allowed else "this workspace may look")


@dataclass
class Two:
    """Two workspaces, and the bot that both may install."""

    first: Workspace
    second: Workspace
    service: Service
    cloud: Cloud
    policy: OneTeam

    @property
    def workspaces(self) -> Workspaces:
        """The bots."""
        bots = self.service.bot
        assert isinstance(bots, Workspaces)
        return bots

    def person(self, slack: Workspace, name: str = "alice") -> Person:
        """Return somebody of a workspace, in a channel of it."""
        sockets = self.workspaces.settings.sockets
        url = "" if sockets else self.service.url
        return Person(slack=slack, user=slack.user(name), channel=slack.channel("ops"), url=url)

    def page(self, path: str = "/slack/install") -> str:
        """Return where a page of the bot is."""
        return f"{self.workspaces.settings.url}{path}"

    def installed(self, slack: Workspace) -> Person:
        """Let somebody install the app, and return them."""
        person = self.person(slack)
        assert person.install(self.page()).status == 200
        return person


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def settings_for(slack: Workspace, store: Path, **more: Any) -> Settings:
    """Return the settings of a bot that workspaces install."""
    port = free_port()
    app, url = slack.registration, f"http://127.0.0.1:{port}"
    app.redirect_urls.append(f"{url}/slack/oauth_redirect")
    given: dict[str, Any] = {
        "client_id": app.client_id, "client_secret": Secret(app.client_secret), "url": url, "port": port,
        "signing_secret": Secret(app.signing_secret), "base_url": slack.base_url, "grace": 5.0, "store": str(store),
        "workspaces": ",".join(one.team for one in app.workspaces),
    }  # fmt: skip
    return Settings(**(given | more))


@pytest.fixture(params=["http"])
def transport(request: pytest.FixtureRequest) -> str:
    """How Slack reaches the bot."""
    return str(request.param)


@pytest.fixture(params=[None])
def lasting(request: pytest.FixtureRequest) -> int | None:
    """Seconds that a token lasts."""
    found: int | None = request.param
    return found


@pytest.fixture
def two(tmp_path: Path, transport: str, lasting: int | None) -> Iterator[Two]:
    """Two workspaces of which none has installed the app."""
    made = cloud()
    made.deploy("web", "web:1", port=3000, replicas=2)
    with Workspace(lasting=lasting) as first, Workspace(beside=first) as second:
        first.uninstall()
        more = {"app_token": Secret(first.app_token)} if transport == "sockets" else {}
        policy, registry = OneTeam(team=first.team), CollectorRegistry()
        bots = Workspaces(
            settings_for(first, tmp_path / "bot.sqlite", **more), made, policy=policy, telemetry=Telemetry(registry)
        )
        with Service(bots, registry) as service:
            yield Two(first, second, service, made, policy)


def told(slack: Workspace, person: Person, words: str) -> Message:
    """Return what somebody is told, as soon as they are."""
    return slack.until(lambda: [one for one in slack.seen(by=person.user) if words in one.text])[-1]


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_workspace_installs_the_app_and_its_people_use_it(two: Two) -> None:
    """From the page to Slack and back, then the first command; by both ways in which Slack reaches the bot."""
    alice = two.person(two.first)

    page = alice.install(two.page())
    alice.command("apps")
    answer = told(two.first, alice, "web")

    assert page.status == 200
    assert answer.seen_by == alice.user.id


def test_each_workspace_is_answered_with_its_own_token_and_asked_about_by_its_own_name(two: Two) -> None:
    """What one may, another may not; nothing of one is seen in the other."""
    alice, bob = two.installed(two.first), two.installed(two.second)

    alice.command("scale web 3")
    two.first.until(lambda: [one for one in two.first.seen() if "done after" in one.text])
    bob.command("scale web 5")
    refused = told(two.second, bob, "you may not scale web")

    assert "this workspace may look" in refused.text
    assert two.cloud.app("web").status().ready == 3
    assert (two.first.team, "scale") in two.policy.asked
    assert (two.second.team, "scale") in two.policy.asked
    assert not [one for one in two.second.seen() if "done after" in one.text]


def test_a_workspace_that_is_not_named_is_refused_and_its_token_given_back(two: Two) -> None:
    """Whoever finds the page cannot let themselves in."""
    with Workspace(beside=two.first) as third:
        mallory = two.person(third, "mallory")

        page = mallory.install(two.page())
        mallory.command("apps")

        assert page.status == 403
        assert third.team in page.text
        assert not [one for one in two.first.registration.tokens.values() if one.slack is third]
        assert not [one for one in third.seen() if "web" in one.text]
        assert two.workspaces.bots == {}


def test_a_browser_that_has_not_begun_cannot_end_an_installation(two: Two) -> None:
    """The state is bound to the browser, and is good once."""
    from cloudkit_bot.testing.browser import Browser

    alice, mine = two.person(two.first), Browser()
    mine.cookies[two.first.server.url.removeprefix("http://")] = {"d": alice.user.id}
    back = mine.get(mine.get(two.page()).link).leads

    other = Browser().get(back)
    first, again = mine.get(back), mine.get(back)

    assert (other.status, first.status, again.status) == (400, 200, 400)


def test_a_state_is_good_once_and_for_ten_minutes() -> None:
    """By the store itself, whichever browser brings it."""
    now = [1_000.0]
    states = open_store("memory", "off", lambda: now[0]).states

    once, late = states.issue(), states.issue()
    used = [states.consume(once), states.consume(once)]
    now[0] += 601

    assert used == [True, False]
    assert not states.consume(late)


@pytest.mark.parametrize("lasting", [SHORT], indirect=True)
def test_a_token_is_renewed_before_it_expires(two: Two) -> None:
    """The new one is used, and kept; the old one is used no more."""
    alice = two.installed(two.first)
    before = two.first.bot_token

    alice.command("apps")
    told(two.first, alice, "web")
    kept = two.workspaces.store.installations.find_installation(team_id=two.first.team)

    assert two.first.bot_token != before
    assert kept is not None
    assert kept.bot_token == two.workspaces.bots[two.first.team].client.token


@pytest.mark.parametrize("lasting", [SHORT], indirect=True)
def test_two_bots_that_renew_at_once_both_go_on(two: Two) -> None:
    """Slack takes a refresh token once; the other bot finds what the first one has kept."""
    from cloudkit_bot.bot import client_of
    from cloudkit_bot.workspaces.tokens import Tokens

    two.installed(two.first)
    settings, found = two.workspaces.settings, {}
    gate = threading.Barrier(2)

    def renew(name: str) -> None:
        store = open_store(settings.store, "off")
        secret = settings.client_secret.reveal()
        tokens = Tokens.of_app(store.installations, client_of(settings), settings.client_id, secret)
        gate.wait()
        found[name] = tokens.token(two.first.team)
        store.close()

    threads = [threading.Thread(target=renew, args=(name,)) for name in ("one", "two")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert all(token in two.first.registration.tokens for token in found.values())


@pytest.mark.parametrize("lasting", [SHORT], indirect=True)
def test_a_renewal_that_fails_leaves_the_token_that_still_lasts(two: Two) -> None:
    """Slack's own trouble refuses nobody."""
    alice = two.installed(two.first)
    two.first.trouble("oauth.v2.access", error="fatal_error", times=None)

    alice.command("apps")

    assert told(two.first, alice, "web")


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U1"]}}]
)
def test_a_workspace_that_uninstalls_the_app_is_forgotten(two: Two, event: dict[str, Any]) -> None:
    """Its token is deleted, its bot let go; the other one stays."""
    alice, bob = two.installed(two.first), two.installed(two.second)
    alice.command("apps")
    bob.command("apps")
    told(two.second, bob, "web")

    two.first.uninstall()
    alice.event(event)
    two.first.until(lambda: two.workspaces.store.installations.teams() == (two.second.team,))
    bob.command("status web")

    assert two.first.until(lambda: two.first.team not in two.workspaces.bots)
    assert told(two.second, bob, "2/2")


def test_a_bot_that_starts_again_serves_who_has_installed_it(two: Two, tmp_path: Path) -> None:
    """Before anybody asks, as work and alerts need it; from the same store."""
    two.installed(two.first)
    two.service.stop()

    with Workspaces(settings_for(two.first, tmp_path / "bot.sqlite"), two.cloud) as again:
        again.attend()

        assert list(again.bots) == [two.first.team]


def test_tokens_are_kept_where_nobody_else_reads(two: Two, tmp_path: Path) -> None:
    """As safe as the file's mode; and in no metrics, page or representation."""
    two.installed(two.first)
    token = two.first.bot_token

    holding = [path for path in tmp_path.iterdir() if token.encode() in path.read_bytes()]

    assert holding
    assert {stat.S_IMODE(path.stat().st_mode) for path in holding} == {0o600}
    assert token not in repr(two.workspaces.settings)


def test_the_doctor_looks_at_every_workspace(two: Two) -> None:
    """Each token and its scopes; one that Slack does not take any more is named."""
    two.installed(two.first)
    two.installed(two.second)
    two.second.uninstall()

    found = list(examine(two.workspaces.settings, lambda: two.cloud))

    assert next(one for one in found if one.name == "installations").detail.startswith("2 workspaces")
    assert sorted(one.ok for one in found if one.name == "bot token") == [False, True]
    assert all(one.ok for one in found if one.name == "scopes")


@pytest.mark.parametrize("missing", ["client_secret", "url", "workspaces", "signing_secret"])
def test_what_installations_need_is_named(slack: Workspace, tmp_path: Path, missing: str) -> None:
    """None of it has a default that lets anybody in."""
    empty: Any = Secret("") if "secret" in missing else ""
    settings = settings_for(slack, tmp_path / "bot.sqlite", **{missing: empty})

    with pytest.raises(ConfigError, match=missing):
        Workspaces(settings, cloud())


def test_a_channel_is_named_with_its_workspace(slack: Workspace, tmp_path: Path) -> None:
    """What one workspace does is told in no channel of another."""
    settings = settings_for(slack, tmp_path / "bot.sqlite", audit="T1:C1,T2:C2")

    found = [settings.of_workspace(team, Secret("xoxb-1")).audit for team in ("T1", "T2", "T3")]

    assert found == ["C1", "C2", ""]
    with pytest.raises(ConfigError, match="audit"):
        Workspaces(settings_for(slack, tmp_path / "bot.sqlite", audit="C1"), cloud())


def test_what_only_the_bot_of_one_workspace_does_is_refused(slack: Workspace, tmp_path: Path) -> None:
    """A setting that would say nothing is an error, not a silence."""
    with pytest.raises(ConfigError, match="alerts_channel"):
        Workspaces(settings_for(slack, tmp_path / "bot.sqlite", alerts_channel="C1"), cloud())


def test_who_did_what_is_told_in_the_channel_of_their_own_workspace(two: Two) -> None:
    """And nowhere else."""
    alice, bob = two.installed(two.first), two.installed(two.second)
    told_first = two.first.channel("audit-one")
    two.workspaces.settings = replace(two.workspaces.settings, audit=f"{two.first.team}:{told_first.id}")

    alice.command("scale web 3")
    entry = two.first.until(lambda: two.first.seen(told_first))[-1]
    bob.command("apps")
    told(two.second, bob, "web")

    assert "scale" in entry.text
    assert [one.channel for one in two.second.seen()] == []


def test_an_installation_is_what_was_kept(tmp_path: Path) -> None:
    """Times and scopes come back from the store as they were."""
    from slack_sdk.oauth.installation_store import Installation

    store = open_store(str(tmp_path / "bot.sqlite"), "off")
    made = Installation(
        team_id="T1", user_id="U1", bot_token="xoxb-1", bot_refresh_token="xoxe-1", bot_token_expires_at=1_900_000_000,
        bot_scopes=["chat:write", "commands"], installed_at=1_800_000_000.5,
    )  # fmt: skip

    store.installations.save(made)
    found = store.installations.find_installation(team_id="T1")

    assert found is not None
    assert json.dumps(found.to_dict(), default=str) == json.dumps(made.to_dict(), default=str)
