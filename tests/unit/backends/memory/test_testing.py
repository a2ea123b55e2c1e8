"""What a user's own tests stand on: worlds that are apart, repeatable, and hurt only where asked."""

from __future__ import annotations

import pytest

from cloudkit.cloud import Cloud
from cloudkit.errors import BackendError, ConflictError, NotFoundError, RolloutError, UsageError
from cloudkit.model.cause import CauseCode
from cloudkit.testing import Program, Request, Response, World, cloud, twin, world_of


def test_worlds_are_apart() -> None:
    """Two clouds share apps only over the same world."""
    first = cloud()
    first.deploy("web", "web:1")

    assert cloud().apps() == ()
    assert [one.name for one in cloud(world=world_of(first)).apps()] == ["web"]


def test_namespaces_of_one_world_are_apart() -> None:
    """In names, states and traffic."""
    first = cloud()
    other = cloud(namespace="other", world=world_of(first))
    first.deploy("web", "web:1", port=80)

    assert other.apps() == ()
    with pytest.raises(NotFoundError, match="namespace 'other'"):
        other.app("web").status()


def test_the_same_story_has_the_same_names_and_times() -> None:
    """A test that failed fails again."""

    def story() -> tuple[list[str], list[tuple[str, str, str]]]:
        memory = cloud(world=World(seed=7))
        state = memory.deploy("web", "web:1", port=80, replicas=3).restart().status()
        events = [(str(one.time), one.object, one.action) for one in memory.events()]
        return [one.name for one in state.replicas], events

    names, events = story()

    assert story() == (names, events)
    assert len(events) > 10


def test_a_cloud_by_name_is_one_of_these() -> None:
    """``Cloud("memory")`` needs no import of the test module."""
    memory = Cloud("memory")

    assert memory.deploy("web", "web:1", replicas=2).status().ready == 2
    assert world_of(memory).clock.seconds > 0


def test_a_world_is_in_memory() -> None:
    """Asked for that of a real engine, the answer says what to use."""

    class Elsewhere:
        """Any other backend."""

        name = "docker"

    class Real:
        """A cloud on one."""

        backend = Elsewhere()

    with pytest.raises(UsageError, match="docker"):
        world_of(Real())  # type: ignore[arg-type]  # what a caller may pass by mistake


def test_a_conflict_can_be_asked_for() -> None:
    """As another writer would make it, once."""
    memory = cloud()
    web = memory.deploy("web", "web:1")
    world_of(memory).faults.conflict_next()

    with pytest.raises(ConflictError, match="changed by someone else"):
        web.scale(2)
    assert web.scale(3).status().ready == 3


def test_a_missing_image_is_the_cause() -> None:
    """Also when it goes between pull and deploy."""
    memory = cloud()
    image = memory.pull("web:1")
    world_of(memory).faults.image_missing("web:1")

    with pytest.raises(RolloutError) as caught:
        image.deploy("web")

    assert caught.value.cause.code is CauseCode.IMAGE_MISSING
    assert "cloudkit pull web:1" in caught.value.cause.fix


def test_a_slow_engine_takes_its_time() -> None:
    """Every step of it."""
    memory = cloud()
    world = world_of(memory)
    world.faults.slow(5)

    memory.deploy("web", "web:1", replicas=2)

    assert world.clock.seconds > 20


def test_programs_answer_by_their_environment() -> None:
    """A behaviour may be a function of it, and a handler that raises is a 500."""
    memory = cloud()

    def behave(env: dict[str, str]) -> Program:
        def answer(request: Request) -> Response | str:
            if request.path == "/boom":
                raise ValueError("no such page")
            return Response(status=404) if request.path == "/none" else f"{env['COLOUR']} {request.env['COLOUR']}"

        return Program(answer=answer)

    world_of(memory).program("web:1", behave)  # type: ignore[arg-type]  # a dictionary is what it gets
    memory.deploy("web", "web:1", port=80, env={"COLOUR": "blue"})
    backend = twin(world=world_of(memory))

    assert backend.request("web").body == "blue blue"
    assert backend.request("web", "/none").status == 404
    assert (backend.request("web", "/boom").status, backend.request("web", "/boom").body) == (
        500,
        "ValueError: no such page",
    )


def test_nobody_behind_an_app_is_a_503_and_nobody_on_a_port_not_found() -> None:
    """As a balancer and an engine say it."""
    memory = cloud()
    memory.deploy("web", "web:1", port=80, replicas=0)
    backend = twin(world=world_of(memory))

    assert backend.request("web").status == 503
    with pytest.raises(NotFoundError, match="9999"):
        backend.request("http://localhost:9999/")


def test_a_closed_connection_changes_nothing_more() -> None:
    """And says so."""
    memory = cloud()
    web = memory.deploy("web", "web:1")
    memory.close()
    memory.close()

    with pytest.raises(BackendError, match="closed"):
        web.scale(2)
