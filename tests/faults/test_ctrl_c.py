"""Ctrl-C while a deploy waits or rolls: the command ends, what is there says so, and the same call finishes it."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from contract.drivers.docker import DockerDriver
from contract.drivers.driver import PORT
from faults.own import eventually

from cloudkit.app import App
from cloudkit.errors import NotFoundError
from cloudkit.model.state import AppPhase

pytestmark = [pytest.mark.engine]

SLOW = "START_DELAY=8"  # seconds in which the deploy can do nothing but wait


@contextmanager
def deploying(driver: DockerDriver, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command that deploys."""
    program = shutil.which("cloudkit")
    assert program is not None
    place = ["--backend", "docker", "--namespace", driver.cloud.backend.namespace]
    command = [program, *place, "deploy", "web", driver.image, "--port", str(PORT), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C; return the exit code and what the command said, which ends within seconds."""
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=10)
    return process.returncode, said


def finished(driver: DockerDriver, *options: str) -> int:
    """Run the command to its end; return its exit code."""
    with deploying(driver, *options) as process:
        process.communicate(timeout=90)
    return process.returncode


def started(app: App, revision: int) -> bool:
    """Tell whether replicas of a revision are up, and not ready yet."""
    try:
        replicas = [one for one in app.status().replicas if one.revision == revision]
    except NotFoundError:
        return False
    return bool(replicas) and not any(one.ready for one in replicas)


def test_ctrl_c_while_a_first_deploy_waits(driver: DockerDriver) -> None:
    """It ends at once with 130; the app is not called ready before it is; the same call waits for it."""
    options = ("--publish", str(driver.free_port()), "--replicas", "2", "--env", SLOW)
    web = driver.cloud.app("web")

    with deploying(driver, *options) as process:
        eventually(lambda: started(web, 1), seconds=60)
        code, said = interrupted(process)
    meanwhile = web.status()
    again = finished(driver, *options)
    after = web.status()

    assert (code, again) == (130, 0)
    assert "Traceback" not in said
    assert meanwhile.phase is AppPhase.PROGRESSING
    assert (after.phase, after.ready, after.generation) == (AppPhase.READY, 2, 1)
    assert driver.get(web.url).status == 200


def test_ctrl_c_in_the_middle_of_a_roll(driver: DockerDriver, web: App) -> None:
    """The old revision serves on without a failed request; the same call finishes the roll."""
    url = web.url
    options = ("--publish", url.rpartition(":")[2], "--env", SLOW, "--env", "BODY=new")

    with driver.load(url) as load:
        with deploying(driver, *options) as process:
            eventually(lambda: started(web, 2), seconds=60)
            code, said = interrupted(process)
        meanwhile, body = web.status(), driver.get(url).body
        again = finished(driver, *options)
    after = web.status()

    assert (code, again) == (130, 0)
    assert "Traceback" not in said
    assert meanwhile.phase is not AppPhase.READY
    assert body.startswith("hello from")
    assert load.failures == []
    assert (after.phase, after.ready, after.generation, after.revision) == (AppPhase.READY, 2, 2, 2)
    assert driver.get(url).body.startswith("new from")


def test_ctrl_c_in_the_middle_of_a_stateful_roll(driver: DockerDriver) -> None:
    """The others serve on as they were; the same call finishes the roll, and no name is missing or there twice."""
    kind = ("--kind", "stateful", "--volumes", "data:/data", "--replicas", "2")
    first = ("--publish", str(driver.free_port()), *kind)
    assert finished(driver, *first) == 0
    web = driver.cloud.app("web")
    web.exec("sh", "-c", "echo kept > /data/note", replica="web-1")
    options = (*first, "--env", SLOW, "--env", "BODY=new")

    with driver.load(web.url) as load:
        with deploying(driver, *options) as process:
            eventually(lambda: started(web, 2), seconds=60)
            code, said = interrupted(process)
        meanwhile = web.status()
        again = finished(driver, *options)
    after = web.status()

    assert (code, again, load.failures) == (130, 0, [])
    assert "Traceback" not in said
    assert sorted((one.name, one.revision) for one in meanwhile.replicas) == [("web-0", 1), ("web-1", 2)]
    assert (after.phase, [(one.name, one.revision) for one in after.replicas]) == (
        AppPhase.READY,
        [("web-0", 2), ("web-1", 2)],
    )
    assert web.exec("cat", "/data/note", replica="web-1").output == "kept\n"
