"""Work outlasts the bot that began it: what is begun is finished once, by whoever is there, and its asker is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bot.conftest import Everybody, settings_of
from prometheus_client import CollectorRegistry

from cloudkit.testing import Program, World, cloud, world_of
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.verdict import Asker, Verdict, Wanted
from cloudkit_bot.serving import Service
from cloudkit_bot.store.works import Work
from cloudkit_bot.testing import Message, Person, Workspace

SOON = 0.5  # seconds that a lease lasts in these tests
STEPS = range(1, 9)


class Bots:
    """Several bots of one workspace over one store and one world, each of which can be killed.

    Args:
        slack: The workspace.
        world: What they act on.
        store: Their store.
    """

    def __init__(self, slack: Workspace, world: World, store: Path) -> None:
        self.slack = slack
        self.world = world
        self.store = store
        self.ops = slack.channel("ops")
        self.services: list[Service] = []

    def start(self, *, seconds: float = SOON, **more: object) -> Service:
        """Start one more."""
        made = cloud(world=self.world)
        bot = Bot(settings_of(self.slack, store=str(self.store), **more), made, policy=Everybody())
        bot.desk.leases.seconds = seconds
        service = Service(bot, CollectorRegistry())
        service.start()
        self.services.append(service)
        return service

    def kill(self, service: Service) -> None:
        """Let one be gone as after ``kill -9``: it renews nothing, ends nothing, and Slack hears nothing more of it."""
        service.bot.desk.leases._over.set()
        service.bot.client.base_url = "http://127.0.0.1:9/api/"
        service.bot.store.database.write = gone  # type: ignore[method-assign] # nothing of it is kept any more

    def person(self, service: Service, name: str = "alice") -> Person:
        """Return somebody whose lines reach a bot."""
        there = next((one for one in self.slack.users.values() if one.name == name), None)
        return Person(slack=self.slack, user=there or self.slack.user(name), channel=self.ops, url=service.url)

    def told(self, words: str) -> Message:
        """Return the message that says something, as soon as one does."""
        return self.slack.until(lambda: [one for one in self.slack.messages if words in one.text])[-1]

    def works(self, service: Service) -> list[Work]:
        """Return what has not ended."""
        return service.bot.store.works.running()


@dataclass
class Slow(Everybody):
    """A policy that thinks for long."""

    gate: threading.Event

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:
        """Say at last what it says."""
        self.gate.wait(60)
        return super().decide(asker, wanted)


def gone(*_statements: object) -> int:
    """Do as a process does that is no more: nothing, for ever."""
    threading.Event().wait()
    return 0


@pytest.fixture
def world() -> World:
    """A world with an app of two replicas."""
    made = cloud()
    made.deploy("web", "web:1", port=3000, publish=8080, replicas=2)
    return world_of(made)


@pytest.fixture
def bots(slack: Workspace, world: World, tmp_path: Path) -> Iterator[Bots]:
    """A workspace with no bot yet."""
    made = Bots(slack, world, tmp_path / "bot.sqlite")
    yield made
    for service in made.services:
        if not service.bot.desk.leases._over.is_set():
            service.stop()


def dead(bots: Bots, service: Service, line: str, step: int) -> bool:
    """Send a line to a bot that is killed in front of a step of the engine; False where the work has fewer steps."""
    bots.world.faults.kill_at(step)
    bots.person(service).command(line)
    over = lambda: [one for one in bots.slack.seen() if " after " in one.text]  # noqa: E731 # a look, for until
    bots.slack.until(lambda: over() or bots.world.faults._steps_left is None)
    bots.slack.until(lambda: not service.bot.pool.busy)
    bots.world.faults.clear()
    if over():
        return False
    bots.kill(service)
    return True


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("line", ["scale web 4", "deploy web web:2", "restart web", "deploy api api:1"])
def test_killed_at_any_step_of_a_change_another_bot_finishes_what_was_begun(bots: Bots, line: str, step: int) -> None:
    """Never twice: what was recorded is finished as it was wanted, what was not is told as not done."""
    first = bots.start(seconds=SOON)
    before = cloud(world=bots.world).app("web").status()
    app = line.split()[1]
    if not dead(bots, first, line, step):  # it has fewer steps
        assert f"{line}: done after" in bots.slack.seen()[0].text
        return

    second = bots.start()
    end = bots.slack.until(lambda: [one for one in bots.slack.seen() if " after " in one.text])[-1]
    bots.slack.until(lambda: not bots.works(second))

    there = {state.name: state for state in cloud(world=bots.world).apps()}
    if step == 1:
        assert "nothing was done" in end.text
        assert there.get(app) == (before if app == "web" else None)
    else:
        assert f"{line}: done after" in end.text
        assert there[app].settled
        assert there[app].generation == (before.generation + 1 if app == "web" else 1)
    assert len(bots.slack.seen(thread="")) == 1


@pytest.mark.parametrize("step", range(1, 4))
def test_killed_at_any_step_of_a_removal_another_bot_finishes_it(bots: Bots, step: int) -> None:
    """It was agreed to, of this very generation."""
    first = bots.start()
    alice = bots.person(first)
    alice.command("delete web")
    question = bots.told("delete web")
    bots.world.faults.kill_at(step)
    alice.press(question, "Approve")
    work = bots.slack.until(lambda: [one for one in bots.works(first) if one.wanted])[0]
    bots.slack.until(lambda: bots.world.faults._steps_left is None)
    bots.kill(first)

    second = bots.start()
    bots.told("delete web: done after")

    assert cloud(world=bots.world).apps() == ()
    bots.slack.until(lambda: (second.bot.store.works.find(work.name) or work).state == "ended")


def test_what_others_have_changed_since_is_left_as_it_is(bots: Bots) -> None:
    """Who comes later wins; the asker is told what stands."""
    first = bots.start()
    assert dead(bots, first, "scale web 4", 2)
    cloud(world=bots.world).app("web").scale(3)

    bots.start()
    end = bots.told("scale web 4: not done after")

    assert "not what was wanted" in end.text
    assert cloud(world=bots.world).app("web").status().spec.replicas == 3


def test_killed_before_it_has_said_anything_the_asker_is_told(bots: Bots) -> None:
    """While it was still deciding: nothing was done, and the line is there to be sent again."""
    first = bots.start()
    alice = bots.person(first)
    held = threading.Event()
    first.bot.desk.policy = Slow(held)
    alice.command("scale web 5")
    bots.slack.until(lambda: bots.works(first))
    bots.kill(first)

    bots.start()
    said = bots.slack.until(lambda: bots.slack.seen(by=alice.user))[-1]

    assert "scale web 5: the bot was ended before it began: nothing was done" in said.text
    assert said.seen_by == alice.user.id
    held.set()


def test_a_delivery_that_two_bots_get_is_acted_on_once(bots: Bots) -> None:
    """Whichever gets it first."""
    services = [bots.start(seconds=15), bots.start(seconds=15)]
    people = [bots.person(service) for service in services]
    for number in range(10):
        trigger = people[0].trigger()
        line = f"scale web {3 + number % 2}"
        threads = [
            threading.Thread(target=person.command, args=(line,), kwargs={"trigger": trigger}) for person in people
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        bots.slack.until(
            lambda count=number: len([m for m in bots.slack.seen() if "done after" in m.text]) == count + 1
        )

    assert len(bots.slack.seen(thread="")) == 10
    assert cloud(world=bots.world).app("web").status().generation == 1 + 10


def test_a_question_that_two_bots_get_is_answered_once(bots: Bots) -> None:
    """Also what changes nothing."""
    services = [bots.start(seconds=15), bots.start(seconds=15)]
    alice = bots.person(services[0])
    trigger = alice.trigger()

    for service in services:
        bots.person(service).command("apps", trigger=trigger)
    bots.person(services[1]).command("status web")
    bots.slack.until(lambda: len(bots.slack.seen(by=alice.user)) >= 2)

    for service in services:
        service.stop()
    assert len(bots.slack.seen(by=alice.user)) == 2


def test_work_is_stopped_by_way_of_another_bot(bots: Bots) -> None:
    """The press reaches whichever bot Slack chooses."""
    first, second = bots.start(seconds=2), bots.start(seconds=2)
    gate = held(first)
    bots.person(first).command("scale web 30")
    begun = bots.told("scale web 30")
    bots.slack.until(lambda: begun.blocks and "Stop" in str(begun.blocks))

    bots.person(second).press(begun, "Stop")
    bots.slack.until(lambda: any(work.stopping for _, work in first.bot.pool.running.values()))
    gate.set()

    end = bots.told("not done after")
    assert "stopped" in end.text
    assert "web" in end.text


def test_a_graceful_stop_hands_over(bots: Bots) -> None:
    """What has not ended within the grace is gone on with by the other, at once, and told there as done."""
    first, second = bots.start(seconds=2, grace=0.5), bots.start(seconds=2)
    gate = held(first, after=True)
    bots.person(first).command("scale web 4")
    bots.slack.until(lambda: cloud(world=bots.world).app("web").status().spec.replicas == 4)

    first.stop()
    end = bots.told("scale web 4: done after")

    assert any("the next one goes on with it" in said for said in end.said)
    assert len(bots.slack.seen(thread="")) == 1
    bots.slack.until(lambda: not bots.works(second))
    gate.set()


def test_a_bot_that_comes_back_too_late_tells_nothing(bots: Bots) -> None:
    """Its lease is over, another has told the end."""
    first = bots.start()
    gate = held(first, after=True)
    bots.person(first).command("scale web 4")
    bots.slack.until(lambda: cloud(world=bots.world).app("web").status().spec.replicas == 4)
    first.bot.desk.leases._over.set()  # as one that the machine has let sleep

    bots.start()
    end = bots.told("scale web 4: done after")
    edits = end.edits
    gate.set()
    bots.slack.until(lambda: not first.bot.pool.busy)

    assert end.edits == edits
    assert len(bots.slack.seen(thread="")) == 1


def test_what_the_app_prints_is_told_in_the_thread(bots: Bots) -> None:
    """While the work goes on, streamed, with no secret and nothing that steers a client."""
    bots.world.program("shop:1", Program(prints=("hello <!channel>", "\x1b[31mAPI_TOKEN=hunter2hunter2\x1b[0m")))
    first = bots.start(seconds=15)
    first.bot.desk.doing.after = 0.1
    gate = held(first, after=True)

    bots.person(first).command("deploy shop shop:1")
    line = bots.slack.until(lambda: [one for one in bots.slack.messages if "hello" in str(one.blocks)])[-1]
    streamed = line.streaming
    gate.set()
    bots.told("deploy shop shop:1: done after")
    bots.slack.until(lambda: not line.streaming)

    assert streamed
    assert line.thread == bots.slack.seen()[0].ts
    assert "hunter2" not in str(line.blocks)
    assert "\x1b" not in str(line.blocks)
    assert set(line.kinds) == {"rich_text"}


def test_where_nothing_can_be_streamed_a_message_grows(slack: Workspace, world: World, tmp_path: Path) -> None:
    """By edits, at a bounded rate."""
    bots = Bots(slack, world, tmp_path / "bot.sqlite")
    slack.trouble("chat.startStream", error="channel_type_not_supported", times=None)
    world.program("shop:1", Program(prints=("hello",)))
    first = bots.start(seconds=15)
    first.bot.desk.doing.after = 0.1
    gate = held(first, after=True)

    bots.person(first).command("deploy shop shop:1")
    line = slack.until(lambda: [one for one in slack.messages if "hello" in str(one.blocks)])[-1]
    gate.set()
    bots.told("done after")
    first.stop()

    assert (line.thread, line.streaming) == (slack.seen()[0].ts, False)


def test_quick_work_has_no_thread(bots: Bots) -> None:
    """What is over in a moment needs no log."""
    first = bots.start(seconds=15)

    bots.person(first).command("scale web 4")
    bots.told("done after")
    bots.slack.until(lambda: not first.bot.pool.busy)

    assert len(bots.slack.messages) == 1


def held(service: Service, *, after: bool = False) -> threading.Event:
    """Let every change of a bot wait for a gate, before or after it is made, so that work is seen while it goes on."""
    backend, gate = service.bot.desk.backend, threading.Event()
    apply: Callable[..., object] = backend.apply

    def waiting(*given: object, **named: object) -> object:
        if after:
            made = apply(*given, **named)
            gate.wait(30)
            return made
        gate.wait(30)
        return apply(*given, **named)

    backend.apply = waiting  # type: ignore[method-assign, assignment]  # the test's hand on time
    return gate
