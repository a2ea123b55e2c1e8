"""The way back, over the twin: whatever was done, undo brings back each spec that was wanted before, in turn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, JournalError, NotFoundError, RolloutError
from cloudkit.model.app import AppSpec
from cloudkit.model.progress import Progress, silent
from cloudkit.model.secret import Secret
from cloudkit.testing import Program, cloud, twin, world_of

APPS = st.sampled_from(["web", "api"])


def specs(memory: Cloud) -> dict[str, AppSpec]:
    """What is wanted of each app."""
    return {app.name: app.spec for app in memory.apps()}


class Undoing(RuleBasedStateMachine):
    """Random verbs, then undos: a stack of what was wanted says what each of them must bring back."""

    def __init__(self) -> None:
        super().__init__()
        self.cloud = cloud()
        world_of(self.cloud).program("bad:1", Program(exits=1, exit_code=3))
        self.before: list[dict[str, AppSpec]] = []
        self.calls = 0

    def do(self, act: Any) -> None:
        """Do something, and remember what was wanted before it, if it changed that."""
        before = specs(self.cloud)
        act()
        if specs(self.cloud) != before:
            self.before.append(before)

    @rule(name=APPS, image=st.sampled_from(["shop:1", "shop:2"]), replicas=st.integers(0, 3))
    def deploy(self, name: str, image: str, replicas: int) -> None:
        """Deploy an app, or roll it."""
        self.do(lambda: self.cloud.deploy(name, image, replicas=replicas))

    @rule(name=APPS)
    def deploy_what_fails(self, name: str) -> None:
        """Roll an app to what does not become ready; what was there runs again."""

        def failing() -> None:
            with pytest.raises(RolloutError):
                self.cloud.deploy(name, "bad:1", replicas=1)

        present = specs(self.cloud).get(name)
        if present is not None and present.replicas and not present.stopped:
            self.do(failing)

    @rule(name=APPS, value=st.sampled_from(["1", "2", "3"]))
    def configure(self, name: str, value: str) -> None:
        """Give an app other variables, secrets and files; what is given to an app that is there."""
        if name in specs(self.cloud):
            env = {"A": value, "TOKEN": Secret(f"secret {value}")}
            self.do(lambda: self.cloud.app(name).deploy(env=env, config={"/etc/a": value}))

    @rule(name=APPS, replicas=st.integers(0, 4))
    def scale(self, name: str, replicas: int) -> None:
        """Scale an app."""
        if name in specs(self.cloud):
            self.do(lambda: self.cloud.app(name).scale(replicas))

    @rule(name=APPS, verb=st.sampled_from(["stop", "start", "restart"]))
    def turn(self, name: str, verb: str) -> None:
        """Stop an app, start it, or replace its replicas."""
        if name in specs(self.cloud):
            self.do(getattr(self.cloud.app(name), verb))

    @rule(name=APPS)
    def delete(self, name: str) -> None:
        """Remove an app that has nothing secret; what was secret would be gone with it."""
        if name in specs(self.cloud) and not specs(self.cloud)[name].config:
            self.do(lambda: self.cloud.app(name).delete())

    @precondition(lambda self: self.before)
    @rule()
    def undo(self) -> None:
        """Undo the last change."""
        wanted = self.before.pop()

        self.cloud.undo()

        assert specs(self.cloud) == wanted

    @precondition(lambda self: not self.before)
    @rule()
    def undo_nothing(self) -> None:
        """There is nothing left to undo."""
        with pytest.raises(NotFoundError):
            self.cloud.undo()

    @invariant()
    def history_tells_each(self) -> None:
        """Each change that is not undone is marked as one, in their order, and all entries have ended."""
        entries = self.cloud.history(last=10_000)
        undone = {entry.undoes for entry in entries}
        changes = [entry for entry in entries if entry.changed and not entry.undoes and entry.number not in undone]

        assert len(changes) == len(self.before)
        assert {entry.outcome for entry in entries} <= {"ok", "rollout"}

    @invariant()
    def now_is_what_is_wanted(self) -> None:
        """The last change of each app that the journal has is what the backend says."""
        assert {one.name: one.spec.replicas for one in self.cloud.at("now")} == {
            name: spec.replicas for name, spec in specs(self.cloud).items()
        }


TestUndoing = Undoing.TestCase
TestUndoing.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)


def test_an_undo_says_what_it_undoes(memory: Cloud) -> None:
    """To the listener, and in its own entry."""
    told: list[Progress] = []
    mine = Cloud(memory.backend, listener=told.append)
    with mine.acting("ann"):
        mine.deploy("web", "web:1").scale(3)
    told.clear()

    mine.undo()

    assert told[0].message.startswith("undoes entry 3, scale by ann at ")
    assert (mine.history()[0].verb, mine.history()[0].undoes) == ("undo", 3)
    assert mine.history()[0].note == "undid entry 3"


@pytest.fixture
def memory() -> Cloud:
    """A cloud in this process."""
    return cloud()


def test_an_undo_of_one_app_leaves_the_others(memory: Cloud) -> None:
    """Its last change is not the last one of all."""
    memory.deploy("web", "web:1").scale(2)
    memory.deploy("api", "api:1")

    memory.undo("web")

    assert {name: spec.replicas for name, spec in specs(memory).items()} == {"api": 1, "web": 1}


def test_what_was_secret_and_is_kept_nowhere_is_not_made_up(memory: Cloud) -> None:
    """The error names it, and nothing is changed."""
    memory.deploy("web", "web:1", env={"TOKEN": Secret("hunter2")}, config={"/etc/a": "x"}).delete()

    with pytest.raises(JournalError) as caught:
        memory.undo()

    assert "what TOKEN, /etc/a had is kept nowhere any more" in caught.value.summary
    assert "cloudkit deploy web" in caught.value.hint
    assert memory.apps() == ()


def test_a_secret_comes_from_the_revision_that_had_it(memory: Cloud) -> None:
    """And not from one that has another value under the same name."""
    web = memory.deploy("web", "web:1", env={"TOKEN": Secret("first")})
    for value in ("second", "third"):
        web.deploy(env={"TOKEN": Secret(value)})

    revealed = []
    for _ in range(2):
        memory.undo()
        token = web.status().spec.env["TOKEN"]
        assert isinstance(token, Secret)
        revealed.append(token.reveal())

    assert revealed == ["second", "first"]


def test_an_undo_can_be_planned_first(memory: Cloud) -> None:
    """The plan is what it does then."""
    web = memory.deploy("web", "web:1").scale(3)
    with memory.planning() as plans:
        memory.undo()

    assert web.status().spec.replicas == 3
    assert plans[0].after is not None
    assert plans[0].after.replicas == 1
    memory.undo()
    assert memory.history()[0].plan == plans[0].digest


def test_a_moved_world_is_told_before_anything_changes(memory: Cloud) -> None:
    """And the entry of the refused undo says so."""
    web = memory.deploy("web", "web:1").scale(3)
    Cloud(memory.backend, journal="off").app("web").scale(5)

    with pytest.raises(ConflictError, match="generation 3 is there, 2 was left") as caught:
        memory.undo()

    assert "--force" in caught.value.hint
    assert web.status().spec.replicas == 5
    assert (memory.history()[0].verb, memory.history()[0].outcome) == ("undo", "conflict")
    memory.undo(force=True)
    assert web.status().spec.replicas == 1


def test_without_a_journal_a_rollback_goes_to_the_one_before() -> None:
    """As nobody knows better."""
    web = Cloud(twin(), journal="off").deploy("web", "web:1", env={"A": "1"})
    web.deploy(env={"A": "2"}).deploy(env={"A": "3"})

    assert web.rollback().status().spec.env == {"A": "2"}


def test_a_rollback_says_why(memory: Cloud) -> None:
    """When the revision was ready, by which entry."""
    told: list[Progress] = []
    mine = Cloud(memory.backend, listener=told.append)
    web = mine.deploy("web", "web:1", env={"A": "1"})
    web.deploy(env={"A": "2"}).deploy(env={"A": "3"})
    told.clear()

    web.rollback()
    web.rollback(1)

    notices = [event.message for event in told if event.message.startswith("goes back to")]
    assert len(notices) == 1
    assert notices[0].startswith("goes back to revision 2, which was ready at ")
    assert notices[0].endswith(f"(entry {mine.history('web')[2].number})")


def test_an_app_that_follows_its_load_may_be_undone_whatever_its_number_is_by_now(memory: Cloud) -> None:
    """A controller has changed it, and nothing else; the number stays as the load asks for it."""
    web = memory.deploy("web", "web:1", cpu="100m", env={"A": "1"})
    web.autoscale(min=1, max=5, cpu=50)
    web.deploy(env={"A": "2"})
    present = web.status()
    memory.backend.apply(memory.backend.plan(present.spec.replace(replicas=4)), listener=silent)

    memory.undo()

    assert (web.status().spec.env, web.status().spec.replicas) == ({"A": "1"}, 4)
    memory.backend.apply(memory.backend.plan(web.status().spec.replace(user="1000")), listener=silent)
    with pytest.raises(ConflictError):
        memory.undo()
