"""Tasks run once on a real cluster, and nothing of them stays."""

from __future__ import annotations

import signal
import threading
from time import monotonic
from typing import Any

import pytest
from pods.workshop import until

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.labels import COMPONENT
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.tasks import run_task
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import CloudkitError, UnsupportedError
from cloudkit.model.mount import Mount
from cloudkit.model.progress import Progress
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources
from cloudkit.model.secret import Secret
from cloudkit.model.task import TaskResult, TaskSpec

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


@pytest.fixture
def run(client: Client, images: dict[str, str]) -> Any:
    """Runs a task and sees that nothing of it is left."""

    def once(*command: str, **options: Any) -> TaskResult:
        image = Reference.parse(options.pop("image", images["shell"]))
        told: list[Progress] = options.pop("told", [])
        try:
            return run_task(client, TaskSpec(image=image, command=command, **options), listener=told.append)
        finally:
            until(lambda: not left(client), 30)

    return once


def left(client: Client) -> list[str]:
    """Return what is left of tasks."""
    kinds = ("jobs", "pods", "secrets")
    found = [client.list(object_path(kind, client.namespace), Pod, labels=f"{COMPONENT}=task").items for kind in kinds]
    return [one.metadata.name for items in found for one in items]


@pytest.mark.parametrize("code", [0, 3, 255])
def test_its_exit_code_and_output_are_the_result(run: Any, code: int) -> None:
    """And its lines are told as they come."""
    told: list[Progress] = []

    result = run("sh", "-c", f"echo one; sleep 0.3; echo two >&2; exit {code}", told=told)

    assert (result.exit_code, result.output) == (code, "one\ntwo\n")
    assert [one.log for one in told if one.log] == ["one", "two"]


def test_it_runs_where_and_as_told(run: Any) -> None:
    """With its variables, secret ones too, its folder, its user and its input."""
    env = {"COLOUR": "$(HOME) blue", "TOKEN": Secret("hush")}

    assert run("sh", "-c", 'echo "$COLOUR $TOKEN"', env=env).output == "$(HOME) blue hush\n"
    assert run("pwd", workdir="/usr/share").output == "/usr/share\n"
    assert run("id", "-u", user="1000:1000").output == "1000\n"
    assert run("wc", "-c", stdin=b"x" * 2_000_000).output == "2000000\n"
    assert run("echo", "entered", entrypoint=("env",)).output == "entered\n"


def test_a_volume_outlives_the_task(run: Any, client: Client) -> None:
    """The next one finds what the first one wrote."""
    mounts = (Mount(target="/data", source="kept"),)

    run("sh", "-c", "echo written > /data/note", mounts=mounts)

    assert run("cat", "/data/note", mounts=mounts).output == "written\n"
    client.delete(object_path("persistentvolumeclaims", client.namespace, "kept"))


def test_one_that_takes_too_long_is_killed(run: Any) -> None:
    """What it has printed is kept."""
    result = run("sh", "-c", "echo begun; sleep 60", timeout=2)

    assert (result.exit_code, result.output) == (137, "begun\n")
    assert result.duration < 30


def test_a_command_that_cannot_be_started_ends_as_in_a_shell(run: Any) -> None:
    """With the runtime's words as output."""
    assert run("nothing-there").exit_code == 127
    assert "nothing-there" in run("nothing-there").output
    assert run("/etc/passwd").exit_code == 126


def test_an_interrupt_removes_it(run: Any) -> None:
    """Ctrl-C while it runs."""
    timer = threading.Timer(4, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    timer.start()

    with pytest.raises(KeyboardInterrupt):
        run("sleep", "60")

    timer.join()


def test_what_cannot_begin_says_why_and_does_not_wait_for_ever(run: Any, images: dict[str, str]) -> None:
    """An image that is nowhere, and what no cluster does."""
    begun = monotonic()
    absent = images["shell"].replace("/shell:", "/nowhere:")

    with pytest.raises(CloudkitError, match=r"cannot begin.*image") as raised:
        run("true", image=absent)
    assert raised.value.evidence
    assert monotonic() - begun < 100
    with pytest.raises(UnsupportedError, match="processes"):
        run("true", resources=Resources(pids=5))
