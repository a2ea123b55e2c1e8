"""Approvals: what was shown is what is done, by whom the policy lets, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest
from bot.conftest import Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, ConfigError
from cloudkit.model.secret import Secret
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.cedar import CedarPolicy
from cloudkit_bot.policy.verdict import Approval, Asker, Policy, Wanted
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Message, Person, Workspace
from cloudkit_bot.words.grammar import chat_catalogue

CATALOGUE = chat_catalogue()
RULES = """
@id("members look") permit(principal, action in Action::"viewer", resource);
@id("members delete") permit(principal, action == Action::"delete", resource);
@id("two people") @approval("1") @expires("30m") permit(principal, action == Action::"scale", resource);
@id("three people") @approval("2") permit(principal, action == Action::"restart", resource);
@id("deploys") @approval("own") permit(principal, action == Action::"deploy", resource);
@id("approvers") permit(principal in Group::"SLEADS", action == Action::"approve", resource);
@id("no deletes") forbid(principal, action == Action::"approve", resource) when { context.verb == "undo" };
"""


@pytest.fixture
def policy() -> Policy:
    """Most changes want another's approval."""
    return CedarPolicy(RULES, CATALOGUE)


@pytest.fixture
def alice(scene: Scene) -> Person:
    """Somebody who asks."""
    return scene.person("alice")


@pytest.fixture
def lead(scene: Scene) -> Person:
    """Somebody who may approve, and asks sometimes."""
    return leading(scene, "lead")


@pytest.fixture
def other(scene: Scene) -> Person:
    """Another who may."""
    return leading(scene, "other")


def leading(scene: Scene, name: str, **kind: bool) -> Person:
    """Return somebody of the group of approvers."""
    user = scene.slack.user(name, groups=["SLEADS"], **kind)
    return Person(slack=scene.slack, user=user, channel=scene.ops, url=scene.url)


def card(scene: Scene, words: str = "asks for approval") -> Message:
    """Return the last message whose text has some words as it looks now, as soon as there is one."""
    return copy(scene.slack.until(lambda: [one for one in scene.slack.seen() if words in one.text])[-1])


def whispered(scene: Scene, person: Person, words: str) -> Message:
    """Return what somebody alone was told, as soon as it is."""
    told = lambda: [one for one in scene.slack.seen(by=person.user) if one.seen_by and words in one.text]  # noqa: E731 # a look
    return scene.slack.until(told)[-1]


def replicas(scene: Scene) -> int:
    """Return how many are wanted."""
    return scene.cloud.app("web").status().spec.replicas


def labels(message: Message) -> list[str]:
    """Return what its buttons say."""
    return [one["text"]["text"] for block in message.blocks if block["type"] == "actions" for one in block["elements"]]


def wanted(verb: str, *, approving: bool = False, **arguments: int | str) -> Wanted:
    """Return what a policy is asked."""
    mark = CATALOGUE[verb].mark
    return Wanted(
        verb=verb,
        role=mark.role.value,
        changes=mark.changes,
        app="web",
        arguments=arguments,
        namespace="cloudkit",
        approving=approving,
    )


class TestThePolicy:
    """What rules say."""

    MEMBER, LEAD = Asker(id="U1", team="T1"), Asker(id="U2", team="T1", groups=frozenset({"SLEADS"}))

    @pytest.mark.parametrize(
        ("what", "approval"),
        [
            (wanted("scale", replicas=3), Approval(others=1, expires=1800.0)),
            (wanted("restart"), Approval(others=2)),
            (wanted("deploy", name="web", image="web:1"), Approval()),
            (wanted("delete"), None),
            (wanted("status"), None),
        ],
    )
    def test_a_rule_says_whose_approval_it_takes(self, what: Wanted, approval: Approval | None) -> None:
        """How many others, and for how long."""
        assert CedarPolicy(RULES, CATALOGUE).decide(self.MEMBER, what).approval == approval

    def test_the_strictest_of_all_rules_that_permit_counts(self) -> None:
        """A rule that permits more does not take an approval away."""
        policy = CedarPolicy(f"{RULES} permit(principal, action, resource);", CATALOGUE)

        assert policy.decide(self.MEMBER, wanted("restart")).approval == Approval(others=2)

    def test_who_may_do_something_may_not_approve_it_for_others(self) -> None:
        """That is an action of its own, with rules that forbid, too."""
        policy = CedarPolicy(RULES, CATALOGUE)
        asked = [
            policy.decide(who, wanted(verb, approving=True)).allowed
            for who, verb in ((self.MEMBER, "scale"), (self.LEAD, "scale"), (self.LEAD, "undo"))
        ]

        assert asked == [False, True, False]

    @pytest.mark.parametrize(
        "rule",
        [
            '@approval("0") permit(principal, action, resource);',
            '@approval("many") permit(principal, action, resource);',
            '@aproval("1") permit(principal, action, resource);',
            '@approval("1") forbid(principal, action, resource);',
            '@approval("1") @expires("soon") permit(principal, action, resource);',
            '@approval("1") @expires("30d") permit(principal, action, resource);',
            '@expires("1h") permit(principal, action, resource);',
        ],
    )
    def test_a_wrong_annotation_is_refused_when_the_file_is_read(self, rule: str) -> None:
        """A misspelt one would ask nobody."""
        with pytest.raises(ConfigError) as refused:
            CedarPolicy(rule, CATALOGUE)

        assert "@" in str(refused.value.evidence)


def test_a_plan_waits_for_another(scene: Scene, alice: Person, lead: Person) -> None:
    """It is shown with who asks; then it is done, and the card and its thread tell who approved and how it ended."""
    alice.command("scale web 3")
    asked = card(scene)
    before = replicas(scene)

    lead.press(asked, "Approve")
    done = lambda: [one for one in scene.slack.seen(thread=asked.ts) if "scale web 3: done after" in one.text]  # noqa: E731 # for until
    ended = scene.slack.until(done)
    finished = card(scene, f", approved by {lead.user.id}")

    assert before == 2
    assert replicas(scene) == 3
    assert labels(asked) == ["Approve", "Deny"]
    assert "plan" in asked.kinds
    assert f'"user_id": "{alice.user.id}"'.replace('"', "'") in str(asked.blocks)
    assert finished.ts == asked.ts
    assert labels(finished) == []
    assert "plan" in finished.kinds
    assert len(ended) == 1


def test_nobody_approves_their_own(scene: Scene, lead: Person) -> None:
    """Where the policy wants another, not even one who approves for others."""
    lead.command("scale web 3")
    asked = card(scene)

    lead.press(asked, "Approve")
    whispered(scene, lead, "somebody else must approve")

    assert replicas(scene) == 2
    assert labels(card(scene)) == ["Approve", "Deny"]


@pytest.mark.parametrize("who", ["member", "guest", "stranger"])
def test_who_may_not_approves_and_denies_nothing(scene: Scene, alice: Person, who: str) -> None:
    """A member without the right; a guest and a stranger not even where their group has it."""
    eve = scene.person("eve") if who == "member" else leading(scene, "eve", **{who: True})
    alice.command("scale web 3")
    asked = card(scene)

    eve.press(asked, "Approve")
    eve.press(asked, "Deny")
    scene.slack.until(lambda: len([one for one in scene.slack.seen(by=eve.user) if one.seen_by]) == 2)

    assert replicas(scene) == 2
    assert labels(card(scene)) == ["Approve", "Deny"]


def test_what_has_moved_is_refused_and_shown_anew(scene: Scene, alice: Person, lead: Person) -> None:
    """The new card is another request; the old one has no buttons."""
    alice.command("scale web 3")
    asked = card(scene)
    scene.cloud.app("web").scale(5)

    lead.press(asked, "Approve")
    again = card(scene, "has changed since it was asked. ")
    moved = card(scene, "asked anew")
    at_first = replicas(scene)
    lead.press(again, "Approve")
    card(scene, "scale web 3: done after")

    assert at_first == 5
    assert moved.ts == asked.ts
    assert labels(moved) == []
    assert again.ts != asked.ts
    assert replicas(scene) == 3


def test_what_moves_between_the_look_and_the_act_is_refused(
    scene: Scene, alice: Person, lead: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend is asked for the approved plan and no other."""
    alice.command("scale web 3")
    asked = card(scene)
    desk = scene.service.bot.desk
    work = type(desk).work

    def late(self: object, *given: object, **options: object) -> object:
        scene.cloud.app("web").scale(5)
        return work(self, *given, **options)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(type(desk), "work", late)
    lead.press(asked, "Approve")
    ended = card(scene, "not done after")

    assert replicas(scene) == 5
    assert "since its plan was approved" in str([one.blocks for one in scene.slack.seen()])
    assert ended


def test_several_people_are_several_people(scene: Scene, alice: Person, lead: Person, other: Person) -> None:
    """One who presses twice is one; the card says how many there are."""
    alice.command("restart web")
    asked = card(scene)

    lead.press(asked, "Approve")
    half = card(scene, "1 of 2 have approved")
    lead.press(half, "Approve")
    lead.press(half, "Approve")
    scene.slack.until(lambda: scene.service.bot.pool.busy == 0)
    before = scene.cloud.app("web").status().revision
    other.press(half, "Approve")
    card(scene, "restart web: done after")

    assert before == 1
    assert scene.cloud.app("web").status().revision == 2
    assert labels(half) == ["Approve", "Deny"]
    both = card(scene, "approved by")
    assert lead.user.id in both.text
    assert other.user.id in both.text


def test_a_denial_ends_it(scene: Scene, alice: Person, lead: Person) -> None:
    """The card has no buttons, and who approves afterwards is told."""
    alice.command("scale web 3")
    asked = card(scene)

    lead.press(asked, "Deny")
    denied = card(scene, f"denied by {lead.user.id}")
    lead.press(asked, "Approve")
    whispered(scene, lead, "is denied already")

    assert labels(denied) == []
    assert replicas(scene) == 2


def test_who_asked_takes_it_back(scene: Scene, alice: Person) -> None:
    """Without any right to approve."""
    alice.command("scale web 3")

    alice.press(card(scene), "Deny")

    assert labels(card(scene, f"denied by {alice.user.id}")) == []


def test_the_same_identifier_of_another_workspace_is_somebody_else(scene: Scene, alice: Person) -> None:
    """Who takes back nothing and approves nothing."""
    alice.command("delete web")
    asked = card(scene)
    other = replace(alice, user=replace(alice.user, team="T0OTHER"))

    other.press(asked, "Deny")
    other.press(asked, "Approve")
    scene.slack.until(lambda: len([one for one in scene.cloud.history() if one.outcome == "access"]) == 2)

    assert labels(card(scene)) == ["Approve", "Deny"]
    assert [app.name for app in scene.cloud.apps()] == ["web"]


def test_a_verb_that_loses_something_asks_the_one_who_asks(scene: Scene, alice: Person) -> None:
    """Where the policy says no more."""
    alice.command("delete web")

    alice.press(card(scene), "Approve")
    scene.slack.until(lambda: not scene.cloud.apps())

    assert card(scene, "delete web: done after")


def test_a_button_of_another_card_or_of_a_forger_does_nothing(scene: Scene, alice: Person, lead: Person) -> None:
    """Its value names a request of its own message, or nothing."""
    alice.command("scale web 3")
    first = card(scene)
    alice.command("scale web 4")
    second = card(scene, "scale web 4")
    names = {one.name for one in scene.service.bot.store.requests.open()}

    for value in ("scale web 9", "", "x" * 32, next(iter(names - {value_of(first)}))):
        lead.press(first, "Approve", value=value)
    scene.slack.until(lambda: len([one for one in scene.slack.seen(by=lead.user) if one.seen_by]) == 4)

    assert len(names) == 2
    assert first.ts != second.ts
    assert replicas(scene) == 2


def value_of(message: Message) -> str:
    """Return what its first button holds."""
    return next(str(block["elements"][0]["value"]) for block in message.blocks if block["type"] == "actions")


def test_a_press_that_is_replayed_does_nothing_more(scene: Scene, alice: Person, lead: Person) -> None:
    """By one who may, a second and a third time."""
    alice.command("scale web 3")
    asked = card(scene)
    lead.press(asked, "Approve")
    card(scene, "approved by")
    scene.cloud.app("web").scale(5)

    lead.press(asked, "Approve")
    whispered(scene, lead, "approved already")

    assert replicas(scene) == 5


def test_who_asked_and_may_no_more_gets_nothing_done(scene: Scene, alice: Person, lead: Person) -> None:
    """The policy is asked for both, as it is when the button is pressed."""
    alice.command("scale web 3")
    asked = card(scene)
    stricter = f'{RULES} forbid(principal == User::"{alice.user.id}", action == Action::"scale", resource);'
    scene.service.bot.desk.policy = CedarPolicy(stricter, CATALOGUE)

    lead.press(asked, "Approve")
    refused = card(scene, "may not do it any more")

    assert labels(refused) == []
    assert replicas(scene) == 2


def test_an_approval_expires(scene: Scene, alice: Person, lead: Person) -> None:
    """Its card says so and has no buttons; a press comes too late."""
    requests = scene.service.bot.store.requests
    alice.command("scale web 3")
    asked = card(scene)
    clock = requests.clock
    requests.clock = lambda: clock() + 1801

    lead.press(asked, "Approve")
    expired = card(scene, "expired: nobody approved")
    whispered(scene, lead, "expired")

    assert expired.ts == asked.ts
    assert labels(expired) == []
    assert replicas(scene) == 2


def test_a_press_may_come_before_the_card_is_noted(
    scene: Scene, alice: Person, lead: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The press says where the card is."""
    monkeypatch.setattr(scene.service.bot.store.requests, "place", lambda *_given: None)
    alice.command("scale web 3")
    asked = card(scene)

    lead.press(asked, "Approve")
    ended = card(scene, f", approved by {lead.user.id}")

    assert ended.ts == asked.ts
    assert scene.slack.seen(thread=asked.ts)


def test_what_a_killed_bot_has_approved_and_not_begun_is_told(scene: Scene, alice: Person, lead: Person) -> None:
    """On its card, so that nobody waits for it; nothing is done then, however late somebody comes."""
    requests = scene.service.bot.store.requests
    alice.command("scale web 3")
    asked = card(scene)
    requests.approve(value_of(asked), lead.user.id, 1)
    clock = requests.clock
    requests.clock = lambda: clock() + 61

    told = card(scene, "stopped before it began")
    begun = requests.begin(value_of(asked))

    assert told.ts == asked.ts
    assert labels(told) == []
    assert not begun
    assert replicas(scene) == 2


def test_others_cannot_approve_where_nobody_else_is(scene: Scene, alice: Person) -> None:
    """In a direct message."""
    alone = replace(alice, channel=scene.slack.direct(alice.user.id))

    alone.direct("scale web 3")
    refused = scene.slack.until(
        lambda: [one for one in scene.slack.seen(alone.channel) if "nobody else is here" in one.text]
    )

    assert refused


def test_a_secret_stands_in_no_card_and_no_store(
    slack: Workspace, memory: Cloud, policy: Policy, tmp_path: Path
) -> None:
    """The line that waits is sealed; what is carried out has it."""
    store = tmp_path / "bot.sqlite"
    with Service(Bot(settings_of(slack, store=str(store)), memory, policy=policy), CollectorRegistry()) as service:
        scene = Scene(slack=slack, cloud=memory, service=service, ops=slack.channel("ops"))
        alice = scene.person("alice")
        alice.command("deploy web web:1 --env PASSWORD=hunter2hunter2")
        alice.press(card(scene), "Approve")
        card(scene, "deploy web web:1: done after")
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert b"scale" not in kept
    assert b"hunter2" not in kept
    assert "hunter2" not in str([(one.text, one.blocks) for one in slack.messages])
    assert memory.app("web").status().spec.env["PASSWORD"] in ("hunter2hunter2", Secret("hunter2hunter2"))


class TestTwoBots:
    """Over one store, as two replicas are."""

    @pytest.fixture
    def scenes(
        self, slack: Workspace, memory: Cloud, policy: Policy, tmp_path: Path, expires: float
    ) -> Iterator[Sequence[Scene]]:
        """The same workspace, reached by either bot."""
        settings = settings_of(slack, store=str(tmp_path / "bot.sqlite"), expires=expires)
        ops = slack.channel("ops")
        with ExitStack() as stack:
            made = [Service(Bot(settings, memory, policy=policy), CollectorRegistry()) for _ in range(2)]
            yield [Scene(slack=slack, cloud=memory, service=stack.enter_context(one), ops=ops) for one in made]

    @pytest.fixture
    def expires(self) -> float:
        """Seconds."""
        return 600.0

    def test_of_two_who_press_at_once_one_wins(self, scenes: Sequence[Scene]) -> None:
        """Whichever bot each of them reaches; it is done once, and the other one is told."""
        one, two = scenes
        one.person("alice").command("scale web 3")
        asked = card(one)
        people = [leading(one, "lead"), replace(leading(one, "other"), url=two.url)]
        ready = threading.Barrier(2)

        def press(person: Person) -> None:
            ready.wait(10)
            person.press(asked, "Approve")

        threads = [threading.Thread(target=press, args=(person,)) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        card(one, "approved by")
        one.slack.until(lambda: all(scene.service.bot.pool.busy == 0 for scene in scenes))

        done = [message for message in one.slack.seen() if message.text.startswith("scale web 3: done after")]
        late = [message for message in one.slack.messages if "approved already" in message.text]
        assert len([message for message in done if message.ts != asked.ts]) == 1
        assert len(late) == 1
        assert replicas(one) == 3

    def test_who_approves_and_who_denies_at_once_do_not_both_win(self, scenes: Sequence[Scene]) -> None:
        """What was denied was not done."""
        one, two = scenes
        one.person("alice").command("scale web 3")
        asked = card(one)
        yes, no = leading(one, "lead"), replace(leading(one, "other"), url=two.url)

        threads = [
            threading.Thread(target=person.press, args=(asked, label))
            for person, label in ((yes, "Approve"), (no, "Deny"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        one.slack.until(lambda: [message for message in one.slack.messages if "already" in message.text])
        one.slack.until(lambda: all(scene.service.bot.pool.busy == 0 for scene in scenes))

        denied = (
            f"denied by {no.user.id}" in next(message for message in one.slack.seen() if message.ts == asked.ts).text
        )
        assert replicas(one) == (2 if denied else 3)

    def test_what_one_bot_asked_another_carries_out(self, scenes: Sequence[Scene]) -> None:
        """Also when the first one is gone."""
        one, two = scenes
        one.person("alice").command("scale web 3")
        asked = card(one)
        one.service.stop()

        replace(leading(one, "lead"), url=two.url).press(asked, "Approve")
        card(two, "scale web 3: done after")

        assert replicas(two) == 3

    @pytest.mark.parametrize("expires", [0.3])
    def test_of_two_bots_one_ends_what_has_expired(self, scenes: Sequence[Scene], expires: float) -> None:
        """The card is edited once."""
        one, two = scenes
        one.person("alice").command("delete web")

        ended = card(one, "expired: nobody approved")
        one.slack.until(lambda: not two.service.bot.store.requests.expired())

        assert ended.edits == 1
        assert [entry.verb for entry in one.cloud.history("web") if entry.verb == "expire"] == ["expire"]
        assert expires
