"""A refusal says why, and what would have to be so; a dry run answers everything and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bot.conftest import Scene, settings_of
from hypothesis import given
from hypothesis import strategies as some
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, Telemetry
from cloudkit.command import Call
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.cedar import CedarPolicy
from cloudkit_bot.policy.file import PolicyFile
from cloudkit_bot.policy.verdict import Policy
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Message, Person, Workspace
from cloudkit_bot.words.grammar import chat_catalogue, chat_grammar
from cloudkit_bot.words.line import split
from cloudkit_bot.words.written import plain, written

CATALOGUE = chat_catalogue()
GRAMMAR = chat_grammar(CATALOGUE, "/cloud")
RULES = """
@id("look") permit(principal, action in Action::"viewer", resource);
@id("operators") permit(principal in Group::"SOPS", action in Action::"operator", resource);
@id("at most 10") forbid(principal, action == Action::"scale", resource) when { context.arguments.replicas > 10 };
"""


@pytest.fixture
def policy() -> Policy:
    """Members look, operators change."""
    return CedarPolicy(RULES, CATALOGUE)


def told(scene: Scene, person: Person, words: str) -> Message:
    """Return the message that says some words to somebody, as soon as there is one."""
    return scene.slack.until(lambda: [one for one in scene.slack.seen(by=person.user) if words in one.text])[-1]


def operator(scene: Scene) -> Person:
    """Return a member of the operators' group."""
    return Person(slack=scene.slack, user=scene.slack.user("carol", groups=["SOPS"]), channel=scene.ops, url=scene.url)


def test_a_refusal_offers_its_reason(scene: Scene) -> None:
    """A press says which rule would permit it, and what would have to be so."""
    bob = scene.person("bob")

    bob.command("scale web 3")
    refused = told(scene, bob, "you may not scale web: no rule allows it")
    bob.press(refused, "Why?")
    why = told(scene, bob, "would permit it")

    assert 'rule "operators" would permit it if you are in Group::"SOPS"' in why.text.replace("&quot;", '"')
    assert why.seen_by == bob.user.id
    assert scene.cloud.app("web").status().ready == 2


def test_the_reason_is_given_to_who_presses(scene: Scene) -> None:
    """It is about them, whoever was refused."""
    bob, carol = scene.person("bob"), operator(scene)
    bob.command("scale web 3")
    refused = told(scene, bob, "you may not scale web")

    carol.press(refused, "Why?")
    why = told(scene, carol, "you may scale web")

    assert 'rule "operators" permits it' in why.text
    assert scene.cloud.app("web").status().ready == 2


@pytest.mark.parametrize("line", ["scale web 12 --why", "--why scale web 12"])
def test_a_reason_is_asked_for_without_doing_anything(scene: Scene, line: str) -> None:
    """By an option of the line, as ``--plan`` is."""
    carol = operator(scene)

    carol.command(line)
    why = told(scene, carol, "you may not scale web")

    assert 'rule "at most 10" forbids it' in why.text
    assert "context.arguments.replicas &gt; 10" in why.text
    assert scene.cloud.app("web").status().ready == 2


def test_what_may_be_secret_is_in_no_button(scene: Scene) -> None:
    """The line is sent again by who typed it, not kept at Slack."""
    bob = scene.person("bob")

    bob.command("deploy api api:1 --env PASSPHRASE=opensesame")
    refused = told(scene, bob, "you may not deploy api")

    assert "actions" not in refused.kinds
    assert "opensesame" not in str(refused.blocks) + refused.text
    assert "--why" in refused.text


LINES = [
    "scale web 3",
    "deploy web web:2 --port 80 --port 53/udp --env 'A=b c' --no-wait --command 'npm run x' --replicas 2 --kind job",
    "logs web --tail 5 --follow",
    "exec web -- ls -l '/a b'",
    "run busybox:1 --timeout 5m --volumes data:/data -- sh -c 'exit 1'",
    "export web pay --form compose",
    "delete web",
    "undo --no-wait --timeout 30s",
]


@pytest.mark.parametrize("line", LINES)
def test_a_call_is_written_as_the_line_that_means_it(line: str) -> None:
    """So that a button's value is read as what was typed."""
    call = GRAMMAR.parse(split(line, "/cloud"))
    assert isinstance(call, Call)

    again = GRAMMAR.parse(split(written(call), "/cloud"))

    assert isinstance(again, Call)
    assert (again.verb.name, again.target, dict(again.arguments)) == (call.verb.name, call.target, dict(call.arguments))


@given(some.text("ab -='\"$;|\\\n<>&*", min_size=1, max_size=12), some.integers(0, 99))
def test_no_name_ends_the_line_that_it_stands_in(name: str, count: int) -> None:
    """Neither a quote nor a dash makes another option or another verb of it."""
    call = Call(verb=CATALOGUE["scale"], target=name, arguments={"replicas": count})

    import shlex

    again = GRAMMAR.parse(shlex.split(written(call)))

    assert isinstance(again, Call)
    assert (again.target, again.arguments["replicas"], plain(again)) == (name, count, True)


class TestDryRun:
    """A bot that changes nothing."""

    @pytest.fixture
    def scene(self, slack: Workspace, memory: Cloud, policy: Policy) -> Iterator[Scene]:
        """A running bot whose settings ask for a dry run."""
        registry = CollectorRegistry()
        bot = Bot(settings_of(slack, dry_run=True), memory, policy=policy, telemetry=Telemetry(registry))
        with Service(bot, registry) as service:
            yield Scene(slack=slack, cloud=memory, service=service, ops=slack.channel("ops"))

    def test_a_change_is_answered_with_its_plan(self, scene: Scene) -> None:
        """And with what the policy says; nothing is changed."""
        carol = operator(scene)

        carol.command("scale web 5")
        answer = told(scene, carol, "dry run")

        assert answer.text.startswith("dry run, nothing was done; the policy allows it: operators")
        assert "plan" in answer.kinds
        assert scene.cloud.app("web").status().ready == 2

    def test_a_refusal_is_a_refusal(self, scene: Scene) -> None:
        """As it would be."""
        bob = scene.person("bob")

        bob.command("scale web 5")

        assert "actions" in told(scene, bob, "you may not scale web: no rule allows it").kinds

    def test_what_is_asked_is_answered(self, scene: Scene) -> None:
        """Looking changes nothing."""
        bob = scene.person("bob")

        bob.command("apps")

        assert "web" in told(scene, bob, "NAME").text

    def test_a_button_changes_nothing_either(self, scene: Scene) -> None:
        """Nor does a form, nor what has no plan."""
        carol = operator(scene)
        carol.command("status web --share")
        card = scene.slack.until(lambda: [one for one in scene.slack.seen(scene.ops) if "actions" in one.kinds])[-1]

        carol.press(card, "Stop")
        told(scene, carol, "dry run")
        carol.command("pull web:2")
        told(scene, carol, "pull web:2 has no plan")

        assert scene.cloud.app("web").status().ready == 2
        assert not scene.cloud.app("web").status().spec.stopped


def test_a_group_that_a_changed_file_names_counts_at_once(slack: Workspace, memory: Cloud, tmp_path: Path) -> None:
    """Though who asks is known already."""
    path = tmp_path / "policy.cedar"
    path.write_text('@id("look") permit(principal, action in Action::"viewer", resource);')
    clock = [path.stat().st_mtime + 60]
    policy = PolicyFile(path, CATALOGUE, clock=lambda: clock[0])
    registry = CollectorRegistry()
    bot = Bot(settings_of(slack), memory, policy=policy, telemetry=Telemetry(registry))
    with Service(bot, registry) as service:
        scene = Scene(slack=slack, cloud=memory, service=service, ops=slack.channel("ops"))
        carol = operator(scene)
        carol.command("scale web 3")
        told(scene, carol, "you may not scale web")

        path.write_text(RULES)
        clock[0] += 60
        carol.command("scale web 3")
        slack.until(lambda: memory.app("web").status().ready == 3)
