"""The policy decides for whoever asks; what it does not allow is not done."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from bot.conftest import Scene, settings_of

from cloudkit import ConfigError, UsageError
from cloudkit.command import Call
from cloudkit_bot.policy.cedar import CedarPolicy
from cloudkit_bot.policy.explaining import NAMELESS
from cloudkit_bot.policy.file import PolicyFile
from cloudkit_bot.policy.verdict import Asker, MembersLook, Policy, Wanted
from cloudkit_bot.testing import Person, Workspace
from cloudkit_bot.words.grammar import chat_catalogue, chat_grammar

CATALOGUE = chat_catalogue()
GRAMMAR = chat_grammar(CATALOGUE, "/cloud")
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


def wanted(verb: str, app: str = "web", channel: str = "C1", **arguments: object) -> Wanted:
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
    "a span compared with a number": COMPARED.format("wait", "timeout"),
}

BOUNDS = {
    "a span of time": ('context.arguments has deadline && context.arguments.deadline > duration("10m")', "deadline"),
    "an amount of memory": ("context.arguments has memory && context.arguments.memory > 1024 * 1024 * 1024", "memory"),
    "processor time": ('context.arguments has cpu && context.arguments.cpu.greaterThan(decimal("1.5"))', "cpu"),
    "a list": ('context.arguments has volumes && context.arguments.volumes.contains("/:/host")', "volumes"),
    "pairs": ('context.arguments has labels && context.arguments.labels.contains("tier=gold")', "labels"),
    "a key of pairs": ('context.arguments has env && context.arguments.env.contains("DEBUG")', "env"),
    "words": ('context.arguments has command && context.arguments.command like "sh *"', "command"),
    "one of a few": ('context.arguments has kind && context.arguments.kind == "daemon"', "kind"),
    "a number or a text": ('context.arguments has publish && context.arguments.publish == "false"', "publish"),
}
WITHIN: list[tuple[str, object]] = [
    ("a span of time", "10m"),
    ("a span of time", 600.0),
    ("an amount of memory", "1Gi"),
    ("processor time", "1500m"),
    ("processor time", 1.5),
    ("a list", ("data:/data",)),
    ("pairs", {"tier": "free"}),
    ("a key of pairs", {"A": "DEBUG"}),
    ("words", ("npm", "start")),
    ("one of a few", "service"),
    ("a number or a text", 8080),
]
BEYOND: list[tuple[str, object]] = [
    ("a span of time", "1h"),
    ("a span of time", 600.001),
    ("an amount of memory", "1025Mi"),
    ("an amount of memory", ""),
    ("an amount of memory", None),
    ("processor time", "2"),
    ("processor time", ""),
    ("a list", "/:/host"),
    ("a list", ["data:/data", "/:/host"]),
    ("pairs", ["tier=gold"]),
    ("a key of pairs", {"DEBUG": "1"}),
    ("words", ("sh", "-c", "ls")),
    ("one of a few", "daemon"),
    ("a number or a text", False),
]


@pytest.mark.parametrize(("what", "value"), [*WITHIN, *BEYOND])
def test_bounds_hold_for_whatever_an_option_takes(what: str, value: object) -> None:
    """Spans, amounts, lists, pairs, words; what takes a limit back is beyond every bound."""
    condition, option = BOUNDS[what]
    bound = f'forbid(principal, action == Action::"deploy", resource) when {{ {condition} }};'
    rules = f"{EVERYTHING} {bound}"
    asked = wanted("deploy", name="web", image="web:1", **{option: value})

    verdict = CedarPolicy(rules, CATALOGUE).decide(MEMBER, asked)

    assert verdict.allowed is ((what, value) in WITHIN)


def test_a_value_that_is_none_is_refused_and_not_left_out() -> None:
    """A rule that compares it would not see it else."""
    policy = CedarPolicy("permit(principal, action, resource);", CATALOGUE)

    with pytest.raises(UsageError, match="memory"):
        policy.decide(MEMBER, wanted("deploy", name="web", image="web:1", memory="much"))


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_verb_can_be_asked_about(name: str) -> None:
    """With the least that it needs."""
    needed = {
        one.name: 1 if one.shape and one.shape.kinds == (int,) else "x"
        for one in CATALOGUE[name].parameters
        if one.required
    }

    assert CedarPolicy("permit(principal, action, resource);", CATALOGUE).decide(MEMBER, wanted(name, **needed)).allowed


def test_a_workspace_names_its_people_and_not_our_guests() -> None:
    """Whoever is a guest here is named as themselves or by a group."""
    ours, theirs = (
        CedarPolicy(f'permit(principal in Workspace::"{team}", action, resource);', CATALOGUE) for team in ("T1", "T2")
    )
    stranger, robot = Asker(id="UDAN", team="T2", stranger=True), Asker(id="UCI", team="T1", bot=True)

    assert theirs.decide(stranger, wanted("apps", app="")).allowed
    assert not theirs.decide(MEMBER, wanted("apps", app="")).allowed
    assert ours.decide(MEMBER, wanted("apps", app="")).allowed
    assert not any(ours.decide(one, wanted("apps", app="")).allowed for one in (GUEST, robot, stranger))


@pytest.mark.parametrize("name", ["w\u0435b", "web\n", 'web"', "web\\", "w\u200beb", "WEB"])
def test_a_name_that_looks_like_another_is_another(name: str) -> None:
    """By its characters; none of them ends the name, or the rule."""
    rules = 'permit(principal == User::"UALICE", action, resource == App::"web");'
    policy = CedarPolicy(rules, CATALOGUE)

    assert policy.decide(ALICE, wanted("restart")).allowed
    verdict = policy.decide(ALICE, wanted("restart", app=name))
    other = policy.decide(Asker(id=name, team="T1"), wanted("restart"))

    assert (verdict.allowed, verdict.reason, other.allowed) == (False, "no rule allows it", False)


def test_each_app_that_is_named_must_be_allowed() -> None:
    """One line about two apps is two questions."""
    call = GRAMMAR.parse(["export", "web", "pay"])
    assert isinstance(call, Call)

    asked = Wanted.each(call, backend="memory", namespace="n", channel="C1", direct=False)

    assert [one.app for one in asked] == ["web", "pay"]


WHY = [
    (OPERATOR, wanted("scale", replicas=3), ['rule "operators" permits it']),
    (
        OPERATOR,
        wanted("scale", replicas=11),
        ['rule "at most 10" forbids it where it is Action::"scale", and context.arguments.replicas > 10'],
    ),
    (MEMBER, wanted("scale", replicas=3), ['rule "operators" would permit it if you are in Group::"SOPS"']),
    (
        ALICE,
        wanted("delete", app="api"),
        ['rule "alice deletes" would permit it if the app is App::"web"'],
    ),
    (MEMBER, wanted("remove-image", app="", reference="web:1"), ["no rule permits it to anybody"]),
    (GUEST, wanted("apps", app=""), [NAMELESS]),
]


@pytest.mark.parametrize(("asker", "what", "lines"), WHY)
def test_a_policy_says_why(asker: Asker, what: Wanted, lines: list[str]) -> None:
    """Which rule decides, and what would have to be so; who is no member learns nothing of the rules of others."""
    assert list(CedarPolicy(RULES, CATALOGUE).explain(asker, what).lines()) == lines


def test_a_reason_names_the_clauses_that_are_not_so() -> None:
    """Each by itself, as it is written."""
    rules = """permit(principal, action == Action::"deploy", resource)
        when { context.channel == "COPS" }
        when { context.arguments has timeout && context.arguments.timeout <= duration("10m") }
        unless { context.direct || principal.guest };"""

    found = CedarPolicy(rules, CATALOGUE).explain(MEMBER, wanted("deploy", name="web", image="web:1", timeout=700.0))

    expected = 'rule 1 would permit it if context.channel == "COPS", and context.arguments.timeout <= duration("10m")'
    assert list(found.lines()) == [expected]


@pytest.mark.parametrize("what", WRONG)
def test_a_policy_that_is_wrong_is_refused_when_it_is_read(what: str) -> None:
    """With what is wrong; not when somebody asks."""
    with pytest.raises(ConfigError) as refused:
        CedarPolicy(WRONG[what], CATALOGUE)

    assert refused.value.evidence


EVERYTHING = "permit(principal, action, resource);"


def saved(path: Path, text: str, age: float) -> None:
    """Write a file as if it had been written some seconds ago."""
    path.write_text(text)
    at = time.time() - age
    os.utime(path, (at, at))


def test_a_changed_file_is_taken_up_and_a_wrong_one_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a restart; what is wrong is told to the log, and the policy stays as it was."""
    path = tmp_path / "policy.cedar"
    saved(path, "// nobody\n", 90)
    policy = PolicyFile(path, CATALOGUE)
    before = policy.decide(MEMBER, wanted("apps", app="")).allowed

    saved(path, EVERYTHING, 60)
    after = policy.decide(MEMBER, wanted("apps", app="")).allowed
    saved(path, EVERYTHING[:20], 30)
    wrong = policy.decide(MEMBER, wanted("apps", app="")).allowed
    path.unlink()
    gone = policy.decide(MEMBER, wanted("apps", app="")).allowed

    assert (before, after, wrong, gone) == (False, True, True, True)
    assert [record.levelname for record in caplog.records].count("ERROR") == 2
    assert "the policy stays as it was" in caplog.text


def test_a_file_that_is_being_written_is_not_taken_up(tmp_path: Path) -> None:
    """Its first half may be a policy without the rules that forbid; it is read once it is still."""
    path, now = tmp_path / "policy.cedar", time.time()
    saved(path, "// nobody\n", 90)
    policy = PolicyFile(path, CATALOGUE, clock=lambda: now)

    saved(path, EVERYTHING, 0)
    half = policy.decide(OPERATOR, wanted("scale", replicas=11)).allowed
    path.write_text(f'{EVERYTHING}\nforbid(principal, action == Action::"scale", resource);')
    now = time.time() + 2
    whole = policy.decide(OPERATOR, wanted("scale", replicas=11)).allowed
    other = policy.decide(OPERATOR, wanted("restart")).allowed

    assert (half, whole, other) == (False, False, True)


def test_a_file_of_the_future_is_taken_up_once_it_is_still(tmp_path: Path) -> None:
    """A clock that is wrong stops no change."""
    path, now = tmp_path / "policy.cedar", time.time()
    saved(path, "// nobody\n", 90)
    policy = PolicyFile(path, CATALOGUE, clock=lambda: now)

    saved(path, EVERYTHING, -9_000)
    before = policy.decide(MEMBER, wanted("apps", app="")).allowed
    now += 1.5
    after = policy.decide(MEMBER, wanted("apps", app="")).allowed

    assert (before, after) == (False, True)


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
