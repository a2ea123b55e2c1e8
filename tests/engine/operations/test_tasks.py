"""One-off tasks on a real engine: run to their end, and nothing of them left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import docker
import pytest
from engine.operations.workshop import IMAGE, STOPS, Relay, Workshop

from cloudkit.backends.docker.operations.tasks import run_task
from cloudkit.errors import BackendError, NotFoundError
from cloudkit.model.mount import Mount
from cloudkit.model.progress import Progress, silent
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.resources import Resources
from cloudkit.model.secret import Secret
from cloudkit.model.task import TaskResult, TaskSpec

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]


@pytest.fixture
def image(api: docker.APIClient) -> Reference:
    """The test's image, pinned by what the engine knows it by."""
    return Reference.parse(IMAGE).pinned(Digest.parse(api.inspect_image(IMAGE)["Id"]))


def run(workshop: Workshop, image: Reference, *command: str, **rest: object) -> TaskResult:
    """Run a task without network."""
    task = TaskSpec(image=image, command=command, **rest)  # type: ignore[arg-type]  # a test's own words
    return run_task(workshop.api, workshop.namespace, task, listener=silent, network="none")


def left(workshop: Workshop) -> list[str]:
    """Return the containers of the namespace."""
    rows = workshop.api.containers(all=True, filters={"label": f"cloudkit/namespace={workshop.namespace}"})
    return [row["Names"][0] for row in rows]


def test_output_and_exit_code_come_back_and_nothing_stays(workshop: Workshop, image: Reference) -> None:
    """A task ends as its command does, and its container is gone."""
    result = run(workshop, image, "sh", "-c", "echo out; sleep 0.5; echo err >&2; exit 4")

    assert (result.output, result.exit_code) == ("out\nerr\n", 4)
    assert left(workshop) == []


def test_lines_reach_the_listener_while_it_runs(workshop: Workshop, image: Reference) -> None:
    """Whoever watches sees each line when it is printed."""
    heard: list[tuple[float, str]] = []

    def listen(event: Progress) -> None:
        if event.log:
            heard.append((time.monotonic(), event.log))

    task = TaskSpec(image=image, command=("sh", "-c", "echo one; sleep 1; echo two"))
    run_task(workshop.api, workshop.namespace, task, listener=listen, network="none")

    assert [line for _, line in heard] == ["one", "two"]
    assert heard[1][0] - heard[0][0] > 0.5


def test_input_variables_user_and_folder_are_the_tasks(workshop: Workshop, image: Reference) -> None:
    """What the spec says holds inside, secrets included."""
    script = "cat; echo $TOKEN $(id -un) $(pwd)"

    result = run(
        workshop,
        image,
        "sh",
        "-c",
        script,
        stdin=b"typed\n",
        env={"TOKEN": Secret("hunter2")},
        user="nobody",
        workdir="/tmp",
    )

    assert result.output == "typed\nhunter2 nobody /tmp\n"


def test_entrypoint_and_command_take_the_images_place(workshop: Workshop, image: Reference) -> None:
    """The entry point runs the command as its arguments."""
    assert run(workshop, image, "a", "b", entrypoint=("echo", "said")).output == "said a b\n"


def test_a_volume_keeps_what_one_task_leaves_to_the_next(workshop: Workshop, image: Reference) -> None:
    """A volume is the namespace's, not the task's."""
    mounts = (Mount(target="/data", source="store"),)
    run(workshop, image, "sh", "-c", "echo kept > /data/file", mounts=mounts)

    assert run(workshop, image, "cat", "/data/file", mounts=mounts).output == "kept\n"


def test_limits_hold(workshop: Workshop, image: Reference) -> None:
    """A task that takes more memory than it may is killed."""
    result = run(workshop, image, "tail", "/dev/zero", resources=Resources(memory="32Mi"))

    assert result.exit_code == 137


def test_one_that_takes_too_long_is_killed(workshop: Workshop, image: Reference) -> None:
    """It ends at its time, with what it has printed so far."""
    result = run(workshop, image, "sh", "-c", "echo begun; sleep 60", timeout=1)

    assert (result.exit_code, result.output) == (137, "begun\n")
    assert result.duration < 10
    assert left(workshop) == []


@pytest.mark.parametrize(("command", "code"), [("no-such-command", 127), ("/etc/passwd", 126)])
def test_a_command_that_cannot_start_is_a_shells_code(
    workshop: Workshop, image: Reference, command: str, code: int
) -> None:
    """127 for one that is not there, 126 for one that is no program; the words are the output."""
    result = run(workshop, image, command)

    assert result.exit_code == code
    assert command in result.output


def test_an_image_that_is_not_there_says_how_to_get_it(workshop: Workshop) -> None:
    """The error names the image and the call that fetches it; no secret is in it."""
    missing = Reference.parse(f"registry.example/none@sha256:{'0' * 64}")

    with pytest.raises(NotFoundError, match=r"registry\.example/none.*pull\(\)") as caught:
        run(workshop, missing, "true", env={"TOKEN": Secret("hunter2")})

    assert "hunter2" not in str(caught.value)
    assert left(workshop) == []


def test_an_interrupt_removes_it(workshop: Workshop, image: Reference) -> None:
    """Ctrl-C ends the task and leaves nothing."""
    threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        run(workshop, image, "sleep", "60")

    assert left(workshop) == []


def test_a_task_whose_caller_was_killed_removes_itself(workshop: Workshop, image: Reference, engine: str) -> None:
    """After kill -9 the task runs to its end, and then the engine removes it."""
    code = (
        "import docker; from cloudkit.backends.docker.operations.tasks import run_task\n"
        "from cloudkit.model.task import TaskSpec; from cloudkit.model.reference import Reference\n"
        f"api = docker.APIClient(base_url={engine!r}, version='auto')\n"
        f"task = TaskSpec(image=Reference.parse({str(image)!r}), command=('sleep', '4'))\n"
        f"run_task(api, {workshop.namespace!r}, task, listener=lambda _: None, network='none')\n"
    )
    caller = subprocess.Popen([sys.executable, "-c", code])
    running = until(
        lambda: bool(workshop.api.containers(filters={"label": f"cloudkit/namespace={workshop.namespace}"}))
    )
    caller.kill()
    caller.wait()

    assert running
    assert until(lambda: left(workshop) == [])


@STOPS
def test_an_engine_that_stops_is_an_error_within_seconds(
    workshop: Workshop, image: Reference, relay: Relay, far_api: docker.APIClient
) -> None:
    """A task whose engine goes away does not hang."""
    threading.Timer(1.5, relay.stop).start()
    begun = time.monotonic()

    with pytest.raises(BackendError):
        run_task(
            far_api,
            workshop.namespace,
            TaskSpec(image=image, command=("sleep", "3")),
            listener=silent,
            network="none",
        )

    assert time.monotonic() - begun < 10
    assert until(lambda: left(workshop) == [])


def until(condition: object, seconds: float = 20) -> bool:
    """Wait until something is so."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():  # type: ignore[operator]  # a condition is called
            return True
        time.sleep(0.1)
    return False


def test_the_folder_of_a_file_below_a_mount_goes_with_the_task(workshop: Workshop, image: Reference) -> None:
    """It is a volume that has no name, and nothing of it is left."""
    mounts = (Mount(target="/data", source="notes"),)

    result = run(workshop, image, "cat", "/data/conf/a", mounts=mounts, config={"/data/conf/a": "below"})

    assert (result.exit_code, result.output) == (0, "below")
    assert volumes(workshop) == {f"{workshop.namespace}.notes"}


def test_a_file_that_cannot_stand_at_its_path_is_told(workshop: Workshop, image: Reference) -> None:
    """With the path's own trouble, and what shows it; nothing is left."""
    with pytest.raises(BackendError, match="cannot be put where they belong") as caught:
        run(workshop, image, "true", config={"/etc/passwd/a": "x"})

    assert caught.value.hint
    assert left(workshop) == []


def volumes(workshop: Workshop) -> set[str]:
    """Name the volumes that are of the test's namespace, by their labels."""
    rows = workshop.api.volumes(filters={"label": f"cloudkit/namespace={workshop.namespace}"})["Volumes"] or []
    return {one["Name"] for one in rows}
