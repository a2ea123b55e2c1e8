"""The one path of every change, over the twin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloudkit.backends.protocol import Backend
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, NotFoundError, UsageError
from cloudkit.model.reference import Reference
from cloudkit.session import Session
from cloudkit.testing import Program, cloud, world_of


@pytest.fixture
def memory() -> Cloud:
    """A cloud with one app of one replica."""
    made = cloud()
    world_of(made).program("web:1", Program())
    made.deploy("web", "web:1")
    return made


class Outrun:
    """A backend in front of which another writer acts before each of the first plans.

    Args:
        backend: The backend itself.
        acts: What the other writer does, one for each plan.
    """

    def __init__(self, backend: Backend, *acts: Callable[[], object]) -> None:
        self._backend = backend
        self._acts: Iterator[Callable[[], object]] = iter(acts)

    def __getattr__(self, name: str) -> object:
        if name == "plan":
            next(self._acts, lambda: None)()
        return getattr(self._backend, name)


def outrun(memory: Cloud, *acts: Callable[[], object]) -> Cloud:
    """A second cloud over the same apps, outrun so."""
    backend: object = Outrun(memory.backend, *acts)
    return Cloud(backend)  # type: ignore[arg-type]  # it passes all else on


def test_a_change_is_made_again_from_what_another_writer_made(memory: Cloud) -> None:
    """So neither is lost."""
    second = outrun(memory, lambda: memory.app("web").deploy(env={"THEIRS": "1"}))

    second.app("web").scale(3)

    spec = memory.app("web").status().spec
    assert (spec.replicas, dict(spec.env)) == (3, {"THEIRS": "1"})


def test_a_deploy_keeps_the_number_that_another_writer_has_set_meanwhile(memory: Cloud) -> None:
    """A deployment says nothing of how many, so it may not bring back an old number."""
    second = outrun(memory, lambda: memory.app("web").scale(4))

    second.deploy("web", "web:1", env={"OURS": "1"})

    spec = memory.app("web").status().spec
    assert (spec.replicas, dict(spec.env)) == (4, {"OURS": "1"})


def test_a_change_that_is_outrun_again_and_again_gives_up(memory: Cloud) -> None:
    """With the next command, in place of an endless race."""
    numbers = iter(range(2, 100))
    acts = [lambda: memory.app("web").scale(next(numbers))] * 10

    with pytest.raises(ConflictError, match="faster") as caught:
        outrun(memory, *acts).app("web").deploy(env={"OURS": "1"})

    assert caught.value.hint == "cloudkit status web"


def test_what_one_thread_plans_does_not_keep_another_from_acting(memory: Cloud) -> None:
    """A bot previews one change while it makes another."""
    with memory.planning() as plans:
        actor = threading.Thread(target=lambda: memory.app("web").scale(2))
        actor.start()
        actor.join()
        memory.app("web").scale(5)

    assert [plan.after.replicas for plan in plans if plan.after] == [5]
    assert memory.app("web").status().spec.replicas == 2


def test_a_plan_goes_on_from_the_one_before_it(memory: Cloud) -> None:
    """Within one planning, what is planned counts as wanted, and an app has one plan."""
    seen = []
    with memory.planning() as plans:
        for act in (
            lambda: memory.app("web").scale(3).deploy(env={"A": "1"}),
            lambda: memory.app("web").delete(),
            lambda: memory.deploy("web", "web:1", replicas=2),
        ):
            act()
            seen += [plan.after and (plan.after.replicas, dict(plan.after.env)) for plan in plans]

    assert seen == [(3, {"A": "1"}), None, (2, {})]
    assert memory.app("web").status().spec.replicas == 1


def test_what_is_planned_to_go_cannot_be_changed(memory: Cloud) -> None:
    """The error says that a plan is why."""
    with memory.planning():
        memory.app("web").delete()

        with pytest.raises(NotFoundError, match="the plan before"):
            memory.app("web").scale(2)


def test_planning_inside_planning_is_apart(memory: Cloud) -> None:
    """The inner plans are no part of the outer ones."""
    with memory.planning() as outer:
        with memory.planning() as inner:
            memory.app("web").scale(2)
        memory.app("web").scale(3)

    assert (len(outer), len(inner)) == (1, 1)


def test_a_deploy_starts_a_stopped_app_and_a_scale_does_not(memory: Cloud) -> None:
    """Who deploys wants it to run."""
    web = memory.app("web").stop()

    assert web.scale(2).status().spec.stopped
    assert not memory.deploy("web", "web:1").status().spec.stopped
    assert web.status().ready == 2


def test_several_threads_share_one_connection() -> None:
    """It is made once, whoever comes first."""
    made: list[Backend] = []
    begin = threading.Barrier(8)

    def connect() -> Backend:
        made.append(cloud().backend)
        return made[-1]

    session = Session(connect=connect)
    seen: list[Backend] = []

    def use() -> None:
        begin.wait(30)
        seen.append(session.backend)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1
    assert {id(one) for one in seen} == {id(made[0])}
    assert session.connected


def test_closing_connects_to_nothing() -> None:
    """Nor does closing twice fail."""

    def connect() -> Backend:
        pytest.fail("nobody asked for a connection")

    session = Session(connect=connect)

    session.close()
    session.close()

    assert not session.connected


@pytest.mark.parametrize("source", ["a" * 5000, "~nobody-of-that-name/web", "./not-there", "web\0:1"])
def test_a_text_that_is_neither_path_nor_reference_is_refused(memory: Cloud, source: str) -> None:
    """With an error of our own, whatever the file system says of it."""
    with pytest.raises(UsageError):
        memory.image(source)


def test_a_folder_is_a_context_and_any_other_name_a_reference(
    memory: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docker build and docker run read their arguments."""
    (tmp_path / "web").mkdir()
    monkeypatch.chdir(tmp_path)

    assert memory.image("web").source == Path("web")
    assert memory.image("other").source == Reference.parse("other")
