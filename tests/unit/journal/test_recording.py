"""What the journal has of each operation, over the twin."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import CloudkitError, ConflictError, RolloutError, UsageError
from cloudkit.model.caller import Caller
from cloudkit.model.entry import Entry
from cloudkit.model.secret import Secret
from cloudkit.testing import Program, cloud, twin, world_of


@pytest.fixture
def memory() -> Cloud:
    """A cloud in this process."""
    return cloud()


@pytest.fixture
def web(memory: Cloud) -> App:
    """An app of one replica."""
    return memory.deploy("web", "web:1", port=8080)


def last(memory: Cloud) -> Entry:
    """The newest entry."""
    return memory.history()[0]


def test_an_entry_says_who_from_where_what_and_how_it_ended(memory: Cloud, web: App) -> None:
    """With the plan that it was shown by, and what was there afterwards."""
    with memory.planning() as plans:
        web.scale(3)
    web.scale(3)

    entry = last(memory)

    assert (entry.verb, entry.app, dict(entry.arguments)) == ("scale", "web", {"replicas": "3"})
    assert (entry.outcome, entry.generation, entry.reached, entry.revision) == ("ok", 1, 2, 1)
    assert entry.plan == plans[0].digest
    assert entry.image == str(web.status().spec.image.digest)
    assert entry.changed
    assert entry.duration is not None
    assert entry.duration >= 0
    assert (entry.backend, entry.namespace, entry.origin) == ("memory", "cloudkit", "script")
    assert entry.identity
    assert entry.host
    assert entry.pid


def test_every_verb_that_changes_something_has_an_entry(memory: Cloud, tmp_path: Path) -> None:
    """Those of images and of what runs too, and none that only looks."""
    web = memory.image("web:1").pull().deploy("web", port=8080)
    web.status()
    web.logs()
    web.exec("true")
    memory.image("web:1").pull().tag("web:2").save(tmp_path / "web.tar")
    memory.load(tmp_path / "web.tar")
    memory.remove_image("web:2")
    memory.run("web:1", "true")
    web.stop().start().restart()
    web.deploy(env={"A": "1"}).rollback().delete()

    verbs = [entry.verb for entry in reversed(memory.history())]

    assert verbs == [
        "pull", "deploy", "exec", "pull", "tag", "save", "load", "remove_image", "run", "stop", "start", "restart",
        "deploy", "rollback", "delete",
    ]  # fmt: skip


def test_what_is_only_planned_has_no_entry(memory: Cloud, web: App) -> None:
    """Nothing was done."""
    before = memory.history()

    with memory.planning():
        web.scale(3)
        web.delete()

    assert memory.history() == before


def test_a_call_that_is_refused_is_noted_with_its_error(memory: Cloud, web: App) -> None:
    """It changed nothing, and says so."""
    with pytest.raises(UsageError):
        web.scale(-1)

    entry = last(memory)

    assert (entry.outcome, entry.plan, entry.changed) == ("usage", "", False)
    assert "replicas is -1" in entry.error


def test_a_failed_roll_says_that_nothing_else_is_wanted_now(memory: Cloud, web: App) -> None:
    """The revision before runs again, two generations on."""
    assert web.status().generation == 1
    world_of(memory).program("web:2", Program(exits=1, exit_code=3))

    with pytest.raises(RolloutError):
        memory.deploy("web", "web:2")

    entry = last(memory)
    assert (entry.outcome, entry.generation, entry.reached, entry.revision) == ("rollout", 1, 3, 1)
    assert not entry.changed


def test_a_first_deployment_that_fails_still_changed_what_is_wanted(memory: Cloud) -> None:
    """There is nothing to go back to, and the app is there."""
    world_of(memory).program("web:2", Program(exits=1, exit_code=3))

    with pytest.raises(RolloutError):
        memory.deploy("web", "web:2")

    assert (last(memory).outcome, last(memory).changed) == ("rollout", True)


def test_a_change_that_another_one_forestalled_is_none(memory: Cloud, web: App) -> None:
    """A refused plan changes nothing, whatever the other one made."""
    world_of(memory).faults.conflict_next()

    with pytest.raises(ConflictError):
        web.scale(2)

    assert (last(memory).outcome, last(memory).changed) == ("conflict", False)


def test_an_app_that_is_gone_has_generation_0(memory: Cloud, web: App) -> None:
    """And no revision."""
    web.delete()

    assert (last(memory).reached, last(memory).revision, last(memory).changed) == (0, None, True)


def test_history_is_of_one_app_or_of_all(memory: Cloud, web: App) -> None:
    """And as many as are asked for, the newest first."""
    memory.deploy("api", "api:1")
    web.scale(2)

    assert [entry.verb for entry in memory.history("web")] == ["scale", "deploy"]
    assert [entry.number for entry in memory.history(last=2)] == [5, 4]
    assert memory.history(until="1d") == ()
    assert memory.history("nobody") == ()


def test_a_second_cloud_over_the_same_world_has_the_same_journal(memory: Cloud, web: App) -> None:
    """As a second process has on one engine; another namespace has entries of its own."""
    assert web.status().ready == 1
    second = Cloud(twin(world=world_of(memory)))
    second.app("web").scale(2)
    other = Cloud(twin(namespace="other", world=world_of(memory)), namespace="other")

    assert [entry.verb for entry in memory.history("web")] == ["scale", "deploy"]
    assert other.history() == ()


def test_a_chat_names_whoever_asks(memory: Cloud, web: App) -> None:
    """For what its thread does meanwhile, and for nothing else."""
    with memory.acting("U024BE7LH"):
        other = threading.Thread(target=lambda: memory.app("web").scale(2))
        other.start()
        other.join()
        web.scale(3)

    chat, script = memory.history()[:2]
    assert (chat.identity, chat.origin, script.origin) == ("U024BE7LH", "chat", "script")
    assert script.identity != "U024BE7LH"


def test_a_cloud_may_be_somebodys() -> None:
    """All that it does is theirs."""
    mine = Cloud("memory", caller=Caller(identity="deploys", origin="controller"))  # type: ignore[arg-type]  # its word
    mine.deploy("web", "web:1")

    assert (last(mine).identity, last(mine).origin) == ("deploys", "controller")


@pytest.mark.parametrize("wrong", [{"identity": "a\nb"}, {"identity": "a" * 201}, {"origin": "moon"}])
def test_whoever_asks_can_be_shown(wrong: dict[str, str]) -> None:
    """In one line of a table."""
    with pytest.raises(UsageError):
        Caller(**wrong)  # type: ignore[arg-type]  # what a type checker refuses, too


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    """Neither from the spec, nor from arguments, nor from errors."""
    file = tmp_path / "journal.sqlite"
    mine = Cloud("memory", journal=str(file))
    given = {"TOKEN": Secret("hunter2hunter2"), "PLAIN": "hunter3hunter3"}
    web = mine.deploy("web", "web:1", env=given, secrets={"key": "hunter2hunter2"}, config={"/etc/a": "hunter2hunter2"})
    web.exec("login", "--password", "hunter2hunter2", env={"A": "hunter2hunter2"})
    web.scale(2)
    with pytest.raises(CloudkitError):
        web.copy_in(tmp_path / "nothing", "/x")

    found = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert b"TOKEN" in found
    assert b"hunter2" not in found


def test_off_keeps_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so to whoever wants to read it."""
    monkeypatch.setenv("CLOUDKIT_JOURNAL", "off")
    mine = Cloud("memory", journal="off")
    mine.deploy("web", "web:1")

    with pytest.raises(UsageError, match="no journal is kept"):
        mine.history()
    assert list(tmp_path.iterdir()) == []


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    """Each operation has its own entry, with its own end."""
    mine = Cloud("memory", journal=str(tmp_path / "journal.sqlite"))
    web = mine.deploy("web", "web:1")

    def work() -> None:
        for _ in range(20):
            web.exec("true")

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    entries = mine.history(last=1000)
    assert len([entry for entry in entries if entry.verb == "exec"]) == 200
    assert {entry.outcome for entry in entries} == {"ok"}


def test_a_clock_that_is_set_back_does_not_change_the_order(tmp_path: Path) -> None:
    """The later entry has the higher number, and says what the clock does."""
    mine = Cloud("memory", journal=str(tmp_path / "journal.sqlite"))
    times = iter((2_000_000_000_000_000, 2_000_000_000_500_000, 1_999_999_940_000_000, 1_999_999_940_500_000))
    mine._session.recorder.clock = lambda: next(times)
    with mine._session.operation("exec", "web"):
        pass
    with mine._session.operation("exec", "web"):
        pass

    second, first = mine.history()

    assert second.number > first.number
    assert second.note == "the clock says 60 s less than for entry 1"
    assert second.duration is not None
    assert second.duration >= 0


def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    """And its folder, where it had to be made."""
    file = tmp_path / "state" / "journal.sqlite"
    Cloud("memory", journal=str(file)).deploy("web", "web:1")

    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_plans_out_of_a_file_are_noted_with_the_secrets_that_are_there(memory: Cloud, tmp_path: Path) -> None:
    """As a file holds none, what was wanted before is known from what is there; so it can be undone."""
    web = memory.deploy("web", "web:1", env={"TOKEN": Secret("hunter2")})
    with memory.planning() as plans:
        web.scale(3)
    plans.save(tmp_path / "plan.json")

    memory.load_plans(tmp_path / "plan.json").apply()
    entry = last(memory)
    memory.undo()

    assert (entry.verb, entry.app, entry.outcome, entry.plan) == ("apply", "web", "ok", plans[0].digest)
    assert web.status().spec.replicas == 1
    token = web.status().spec.env["TOKEN"]
    assert isinstance(token, Secret)
    assert token.reveal() == "hunter2"


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "w" * 10_000, "\x1b[31m", None, 5])
def test_whatever_is_asked_for_can_be_noted(tmp_path: Path, name: object) -> None:
    """Also what no app can be called."""
    mine = Cloud("memory", journal=str(tmp_path / "journal.sqlite"))
    with pytest.raises(CloudkitError):
        mine.app(name).scale(2)  # type: ignore[arg-type]  # that is the point

    entry = last(mine)

    assert entry.verb == "scale"
    assert len(entry.app) <= 1000
    assert "\x1b" not in str(entry)
