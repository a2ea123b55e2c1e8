"""Long work is told in one message, and every asker gets an end, whatever Slack does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Self

import pytest
from bot.conftest import Everybody, Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, Plan, Progress
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.progress import Phase
from cloudkit.testing import Program, cloud, world_of
from cloudkit_bot.bot import Bot
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Message, Person, Workspace
from cloudkit_bot.work.steps import Steps


def finished(scene: Scene, words: str = "done after") -> Message:
    """Return the message of work that is over, as soon as it is."""
    return scene.slack.until(lambda: [one for one in scene.slack.seen() if words in one.text])[-1]


def roll(ready: int, total: int, *, done: bool = False) -> Progress:
    """Return what a roll tells."""
    return Progress(
        phase=Phase.ROLL, item="web", current=ready, total=total, message=f"{ready}/{total} ready", done=done
    )


def plan_of(*actions: tuple[ActionKind, str]) -> Plan:
    """Return a plan of some steps."""
    spec = cloud().deploy("web", "web:1").status().spec
    made = tuple(Action(kind=kind, object=what) for kind, what in actions)
    return Plan(app="web", backend="memory", generation=1, before=spec, after=spec, actions=made)


SCALE = plan_of((ActionKind.RECORD, "revision"), (ActionKind.CREATE, "replica"), (ActionKind.CREATE, "replica"))
STORIES = [
    ([], ["in_progress", "pending", "pending"]),
    ([roll(1, 3)], ["complete", "in_progress", "pending"]),
    ([roll(1, 3), roll(2, 3)], ["complete", "complete", "in_progress"]),
    ([roll(2, 3), roll(1, 3)], ["complete", "complete", "in_progress"]),
    ([roll(3, 3, done=True)], ["complete", "complete", "complete"]),
]


@pytest.mark.parametrize(("told", "expected"), STORIES)
def test_the_steps_of_a_plan_follow_what_the_roll_tells(told: list[Progress], expected: list[str]) -> None:
    """One more ready replica completes one more step; none goes back."""
    steps = Steps([SCALE])

    for event in told:
        steps.hear(event)

    assert [step.status for step in steps.rows()] == expected


def test_what_goes_wrong_is_the_step_that_was_going_on() -> None:
    """What is complete stays so."""
    steps = Steps([SCALE])
    steps.hear(roll(2, 3))

    steps.end(ok=False)

    assert [step.status for step in steps.rows()] == ["complete", "complete", "error"]


def test_what_no_plan_has_said_is_a_step_too() -> None:
    """Such as an image that is pulled."""
    steps = Steps([SCALE])

    steps.hear(Progress(phase=Phase.PULL, item="ab12", current=5, total=10, unit="bytes"))

    assert steps.rows()[0].title == "pull ab12"


def test_a_failure_ends_its_message_with_the_cause(scene: Scene) -> None:
    """The evidence, and the line that helps."""
    world = world_of(scene.cloud)
    world.program("bad:1", Program(exits=0.1, exit_code=1, last_words=("no DATABASE_URL",)))

    scene.person().command("deploy broken bad:1")
    message = finished(scene, "not done after")

    assert "DATABASE_URL" in str(message.blocks)
    assert "alert" in message.kinds
    assert "cloudkit " not in message.text


def test_edits_keep_their_distance(scene: Scene) -> None:
    """However many steps there are, a message is not edited more than once in a pause."""
    scene.person().command("scale web 40")

    message = finished(scene)

    assert message.edits <= 4
    assert scene.cloud.app("web").status().ready == 40


def test_a_rate_limit_is_waited_for(scene: Scene) -> None:
    """As long as Slack says."""
    scene.slack.trouble("chat.postMessage", error="ratelimited", status=429, retry_after=1, times=1)

    scene.person().command("scale web 3")

    assert finished(scene).edits >= 1


@pytest.mark.parametrize("error", ["fatal_error", "internal_error"])
def test_an_edit_that_fails_is_made_up_by_the_next(scene: Scene, error: str) -> None:
    """Also the last one: the end is told all the same, in the same message."""
    scene.slack.trouble("chat.update", error=error, times=2)

    scene.person().command("scale web 3")

    assert finished(scene).edits >= 1
    assert len(scene.slack.seen()) == 1


@pytest.mark.parametrize("error", ["fatal_error", "message_not_found"])
def test_an_end_that_cannot_be_an_edit_is_a_message_of_its_own(scene: Scene, error: str) -> None:
    """Slack refuses every edit, or somebody has deleted the message."""
    scene.slack.trouble("chat.update", error=error, times=None)

    scene.person().command("scale web 3")

    assert finished(scene).edits == 0
    assert len(scene.slack.seen()) == 2


def test_where_the_bot_is_no_member_the_answer_comes_by_the_address(scene: Scene) -> None:
    """A private channel: two of the five answers, the beginning and the end."""
    private = scene.slack.channel("private", member=False, public=False)

    scene.person(channel=private).command("scale web 3")
    message = finished(scene)

    assert message.channel == private.id
    assert len(scene.slack.seen(private)) == 2


def test_an_address_that_is_used_up_cuts_no_answer(scene: Scene) -> None:
    """After five answers the Web API takes over."""
    alice = scene.person()
    ask = alice.place() | {"command": "/cloud", "user_id": alice.user.id, "trigger_id": "1.1.a"}
    from cloudkit_bot.ask import ask_of
    from cloudkit_bot.blocks.results import Shown

    asked = ask_of(ask | {"response_url": alice.address()})
    for number in range(8):
        scene.service.bot.desk.whisper(asked, Shown(f"answer {number}"))

    assert [one.text for one in scene.slack.seen(by=alice.user)] == [f"answer {number}" for number in range(8)]


def test_a_long_output_is_attached(scene: Scene) -> None:
    """To who asked alone, in their direct messages with the bot."""
    world = world_of(scene.cloud)
    world.program("chatty:1", Program(prints=tuple(f"line {number}" for number in range(2_000))))
    scene.cloud.deploy("chatty", "chatty:1")
    alice = scene.person()

    alice.command("logs chatty")
    sent = scene.slack.until(lambda: [one for one in scene.slack.messages if one.documents])[0]

    assert scene.slack.channels[sent.channel].direct == alice.user.id
    assert (sent.documents[0].content or b"").decode().count("line ") == 2_000


def test_work_is_stopped_where_it_next_tells_of_itself(slack: Workspace) -> None:
    """What was done stands; who may not begin it may not stop it."""
    made = cloud()
    made.deploy("web", "web:1", replicas=1)
    with running(slack, made) as scene:
        alice = scene.person()
        gate = threading.Event()
        held(scene, gate)
        alice.command("scale web 30")
        begun = slack.until(lambda: [one for one in slack.seen() if "Stop" in str(one.blocks)])[-1]

        alice.press(begun, "Stop")
        slack.until(lambda: any(work.stopping for _, work in scene.service.bot.pool.running.values()))
        gate.set()

        assert "stopped" in str(finished(scene, "not done after").blocks)


def held(scene: Scene, gate: threading.Event) -> None:
    """Let every change wait for a gate, so that work is seen while it goes on."""
    backend = scene.service.bot.desk.backend
    apply = backend.apply

    def waiting(*given: object, **named: object) -> object:
        gate.wait(20)
        return apply(*given, **named)  # type: ignore[arg-type]  # as they came

    backend.apply = waiting  # type: ignore[method-assign, assignment]  # the test's hand on time


def running(slack: Workspace, made: Cloud, **more: object) -> Entered:
    """Return a scene that is entered."""
    registry = CollectorRegistry()
    bot = Bot(settings_of(slack, **more), made, policy=Everybody())
    return Entered(slack=slack, cloud=made, service=Service(bot, registry), ops=slack.channel("ops"))


class Entered(Scene):
    """A scene of its own."""

    def __enter__(self) -> Self:
        self.service.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.service.stop()


@pytest.fixture
def old() -> Iterator[Workspace]:
    """A workspace that does not know the newest blocks."""
    with Workspace(without=("alert", "card", "data_table", "plan", "task_card")) as workspace:
        yield workspace


def test_a_workspace_without_the_newest_blocks_gets_the_classics(old: Workspace) -> None:
    """The same answer, drawn again; from then on at once."""
    made = cloud()
    made.deploy("web", "web:1", replicas=2)
    with running(old, made) as scene:
        alice = scene.person()

        alice.command("apps")
        first = old.until(lambda: old.seen(by=alice.user))[-1]
        refused = [error for _, _, error in old.calls if error == "invalid_blocks"]
        alice.command("status web")
        old.until(lambda: len(old.seen(by=alice.user)) > 1)

    assert set(first.kinds) <= {"rich_text", "section", "actions"}
    assert "web" in first.text
    assert [error for _, _, error in old.calls if error == "invalid_blocks"] == refused


def test_a_stop_lets_work_come_to_its_end(slack: Workspace) -> None:
    """What goes on is finished and told; what comes later is not taken."""
    made = cloud()
    made.deploy("web", "web:1", replicas=1)
    with running(slack, made) as scene:
        person: Person = scene.person()
        person.command("scale web 6")
    after = person.url

    assert made.app("web").status().ready == 6
    assert [one for one in slack.seen() if "done after" in one.text]
    with pytest.raises(OSError, match="refused"):
        Person(slack=slack, user=person.user, channel=person.channel, url=after).command("apps")
