"""Developing inside of what runs when something goes wrong: Ctrl-C, a program that a save has broken."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from contract.drivers.docker import DockerDriver
from contract.drivers.driver import PORT
from faults.own import eventually

from cloudkit.model.log import Event
from cloudkit.model.state import AppPhase

pytestmark = [pytest.mark.engine]

PROGRAM = "/app/server.js"  # where the image has it
SERVER = Path(__file__).parents[1] / "contract" / "drivers" / "program" / "server.js"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The program that is tested, on this machine."""
    shutil.copy(SERVER, tmp_path)
    return tmp_path / "server.js"


def until(events: Iterator[Event], action: str, count: int = 1) -> None:
    """Read until something was done so often."""
    while count:
        count -= next(events).action == action


def test_ctrl_c_ends_it_and_says_what_stands(driver: DockerDriver, source: Path) -> None:
    """With no traceback; replicas go on with what they were given."""
    web = driver.cloud.deploy("web", driver.image, port=PORT, publish=driver.free_port())
    program = shutil.which("cloudkit")
    assert program is not None
    place = ["--backend", "docker", "--namespace", driver.cloud.backend.namespace]
    command = [program, *place, "develop", "web", f"{source}:{PROGRAM}"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        begun = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()

    assert [next(word for word in ("sync", "restart", "watch") if f" {word}" in line) for line in begun] == [
        "sync",
        "restart",
        "watch",
    ]
    assert "1/1 ready; replicas keep what was synced until they are replaced: cloudkit restart web" in said
    assert "Traceback" not in said
    assert web.status().phase is AppPhase.READY
    assert driver.get(web.url).status == 200


def test_a_save_that_breaks_the_program_is_mended_by_the_next(driver: DockerDriver, source: Path) -> None:
    """The first replica that fails keeps the others as they were; files reach it though it is down."""
    web = driver.cloud.deploy("web", driver.image, port=PORT, publish=driver.free_port(), replicas=2)
    good = source.read_text()

    with closing(web.develop(f"{source}:{PROGRAM}")) as events:  # type: ignore[type-var]  # a stream can be closed
        until(events, "watch")
        source.write_text("throw new Error('broken')")
        until(events, "failed")
        serving = driver.get(web.url).status
        source.write_text(good)
        until(events, "restart", 2)

    eventually(lambda: web.status().ready == 2, seconds=60)
    assert serving == 200
