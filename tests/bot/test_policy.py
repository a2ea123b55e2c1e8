"""The policy decides for whoever asks; what it does not allow is not done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bot.conftest import Scene, settings_of

from cloudkit import ConfigError
from cloudkit_bot.policy.cedar import CedarPolicy, PolicyFile
from cloudkit_bot.policy.verdict import Asker, MembersLook, Policy, Wanted
from cloudkit_bot.testing import Person, Workspace
from cloudkit_bot.words.grammar import chat_catalogue

CATALOGUE = chat_catalogue()
RULES = """
@id("members look") permit(principal, action in Action::"viewer", resource);
@id("operators") permit(principal in Group::"SOPS", action in Action::"operator", resource in Namespace::"cloudkit");
@id("alice deletes") permit(principal == User::"UALICE", action == Action::"delete", resource == App::"web");
@id("at most 10") forbid(principal, action == Action::"scale", resource) when { context.arguments.replicas > 10 };
@id("not in #random") forbid(principal, action in Action::"operator", resource) when { context.channel == "CRANDOM" };
"""
MEMBER, OPERATOR = Asker(id="UBOB", team="T1"), Asker(id="UCAROL", team="T1", groups=frozenset({"SOPS"}))
ALICE = Asker(id="UALICE", team="T1")
GUEST = Asker(id="UGUEST", team="T1", guest=True)


def wanted(verb: str, app: str = "web", channel: str = "C1", **arguments: int) -> Wanted:
    """Return what is asked for."""
    mark = CATALOGUE[verb].mark
    return Wanted(
        verb=verb,
        role=mark.role.value,
        changes=mark.changes,
        app=app,
        arguments=arguments,
        backend="docker",
        namespace="cloudkit",
        channel=channel,
    )


QUESTIONS = [
    (MEMBER, wanted("apps", app=""), True, "members look"),
    (MEMBER, wanted("scale", replicas=3), False, ""),
    (OPERATOR, wanted("scale", replicas=10), True, "operators"),
    (OPERATOR, wanted("scale", replicas=11), False, "at most 10"),
    (OPERATOR, wanted("restart", channel="CRANDOM"), False, "not in #random"),
    (OPERATOR, wanted("status", channel="C1"), True, "members look"),
    (OPERATOR, wanted("delete"), False, ""),
    (ALICE, wanted("delete"), True, "alice deletes"),
    (ALICE, wanted("delete", app="api"), False, ""),
    (GUEST, wanted("apps", app=""), False, ""),
]


@pytest.mark.parametrize(("asker", "what", "allowed", "rule"), QUESTIONS)
def test_a_policy_decides_by_role_app_channel_and_bounds(
    asker: Asker, what: Wanted, *, allowed: bool, rule: str
) -> None:
    """And says which rule it was."""
    verdict = CedarPolicy(RULES, CATALOGUE).decide(asker, what)

    assert verdict.allowed is allowed
    assert verdict.by == ((rule,) if rule else ()) or rule in verdict.by


def test_a_guest_is_permitted_only_by_name() -> None:
    """A rule for everybody is not for guests; one that names them is."""
    named = CedarPolicy('permit(principal == User::"UGUEST", action == Action::"apps", resource);', CATALOGUE)
    everybody = CedarPolicy("permit(principal, action, resource);", CATALOGUE)

    assert named.decide(GUEST, wanted("apps", app="")).allowed
    assert not everybody.decide(GUEST, wanted("apps", app="")).allowed
    assert everybody.decide(MEMBER, wanted("apps", app="")).allowed


def test_what_the_bot_does_itself_is_a_matter_of_the_policy() -> None:
    """Acknowledging and silencing are for operators, and may be permitted by themselves."""
    silencing = Wanted(verb="silence", role="operator", changes=True, app="web")
    operators = CedarPolicy('permit(principal, action in Action::"operator", resource);', CATALOGUE)
    one = CedarPolicy('permit(principal, action == Action::"acknowledge", resource == App::"web");', CATALOGUE)

    assert operators.decide(MEMBER, silencing).allowed
    assert not one.decide(MEMBER, silencing).allowed
    assert one.decide(MEMBER, replace(silencing, verb="acknowledge")).allowed


COMPARED = 'permit(principal, action == Action::"{}", resource) when {{ context.arguments.{} < 9 }};'
WRONG = {
    "no rule": "permit(principal",
    "a verb that there is not": 'permit(principal, action == Action::"explode", resource);',
    "an argument that there is not": COMPARED.format("scale", "colour"),
    "one that may be missing": COMPARED.format("logs", "tail"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_policy_that_is_wrong_is_refused_when_it_is_read(what: str) -> None:
    """With what is wrong; not when somebody asks."""
    with pytest.raises(ConfigError) as refused:
        CedarPolicy(WRONG[what], CATALOGUE)

    assert refused.value.evidence


def test_a_changed_file_is_taken_up_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    """Without a restart."""
    path = tmp_path / "policy.cedar"
    path.write_text("// nobody\n")
    policy = PolicyFile(path, CATALOGUE)
    before = policy.decide(MEMBER, wanted("apps", app="")).allowed

    path.write_text("permit(principal, action, resource);")
    after = policy.decide(MEMBER, wanted("apps", app="")).allowed
    path.write_text("permit(principal, action")
    wrong = policy.decide(MEMBER, wanted("apps", app="")).allowed

    assert (before, after, wrong) == (False, True, True)


class TestWithoutAPolicyFile:
    """The bot as it is installed."""

    @pytest.fixture
    def policy(self) -> Policy:
        """Members look."""
        return MembersLook()

    def test_nobody_changes_anything(self, scene: Scene) -> None:
        """Not by a line, nor by a button of somebody else's card."""
        alice = scene.person()

        alice.command("scale web 9")
        refused = scene.slack.until(lambda: scene.slack.seen(by=alice.user))[-1]

        assert refused.text.startswith("you may not scale web: there is no policy file that allows changes")
        assert scene.cloud.app("web").status().ready == 2

    @pytest.mark.parametrize("kind", ["guest", "stranger"])
    def test_guests_and_strangers_are_refused(self, scene: Scene, kind: str) -> None:
        """Even to look."""
        other = scene.person("eve", **{kind: True})

        other.command("apps")
        refused = scene.slack.until(lambda: scene.slack.seen(by=other.user))[-1]

        assert "unless a policy names them" in refused.text

    def test_another_workspace_is_refused(self, scene: Scene) -> None:
        """By its identifier, not by what its users call themselves."""
        user = scene.slack.user("alice", team="T0OTHER")
        other = Person(slack=scene.slack, user=user, channel=scene.ops, url=scene.url)

        other.command("apps")
        refused = scene.slack.until(lambda: scene.slack.seen(by=user))[-1]

        assert "unless a policy names them" in refused.text


class TestByPolicy:
    """A bot whose policy lets the operators' group work."""

    @pytest.fixture
    def policy(self) -> Policy:
        """The rules above."""
        return CedarPolicy(RULES, CATALOGUE)

    def test_a_group_is_what_slack_says_it_is(self, scene: Scene, slack: Workspace) -> None:
        """A member of it may, another may not, and the bound holds."""
        carol = Person(slack=slack, user=slack.user("carol", groups=["SOPS"]), channel=scene.ops, url=scene.url)
        bob = scene.person("bob")

        carol.command("scale web 3")
        slack.until(lambda: scene.cloud.app("web").status().ready == 3)
        carol.command("scale web 11")
        slack.until(lambda: [one for one in slack.seen(by=carol.user) if "at most 10" in one.text])
        bob.command("scale web 4")
        slack.until(lambda: [one for one in slack.seen(by=bob.user) if "no rule allows it" in one.text])

        assert scene.cloud.app("web").status().ready == 3

    def test_a_button_asks_for_who_presses_it(self, scene: Scene, slack: Workspace) -> None:
        """Whoever it was drawn for, and whatever is sent as its value."""
        carol = Person(slack=slack, user=slack.user("carol", groups=["SOPS"]), channel=scene.ops, url=scene.url)
        bob = scene.person("bob")
        carol.command("status web --share")
        card = slack.until(lambda: [one for one in slack.seen(scene.ops) if "actions" in one.kinds])[-1]

        bob.press(card, "Restart")
        slack.until(lambda: [one for one in slack.seen(by=bob.user) if "may not restart web" in one.text])
        bob.press(card, "Restart", value="delete web")
        slack.until(lambda: [one for one in slack.seen(by=bob.user) if "may not delete web" in one.text])

        assert [app.name for app in scene.cloud.apps()] == ["web"]

    def test_who_asks_must_be_known(self, scene: Scene, slack: Workspace) -> None:
        """Where Slack does not tell, nothing is done."""
        alice = scene.person()
        slack.trouble("users.info", error="fatal_error", times=None)

        alice.command("apps")
        refused = slack.until(lambda: slack.seen(by=alice.user))[-1]

        assert refused.text.startswith("Slack does not tell who asks")


def test_settings_show_no_secret(slack: Workspace) -> None:
    """Neither in a repr nor in a text."""
    settings = settings_of(slack)

    assert slack.bot_token not in f"{settings!r} {settings}"
