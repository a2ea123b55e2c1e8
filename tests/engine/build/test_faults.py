"""An engine that stops, a disk that is full and Ctrl-C end a build in seconds, with a clear word and nothing left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from engine.build.conftest import BASE, Built
from engine.build.relay import relayed
from testbed import ping
from testbed.engines import CURRENT
from testbed.process import detached, ended, until

from cloudkit.config import Config
from cloudkit.engine.builder import build
from cloudkit.engine.connect import Engine, connect
from cloudkit.errors import BackendError
from cloudkit.model.build import BuildSpec
from cloudkit.model.progress import Progress, silent

pytestmark = [pytest.mark.engine]

Folder = Callable[..., Path]
SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.mark.old_engine
@pytest.mark.usefixtures("builder")
def test_an_engine_that_stops_in_the_middle_is_told_within_seconds(
    connected: Engine, folder: Folder, tmp_path: Path
) -> None:
    """The build does not hang on a connection that is dead."""
    host = connected.config.endpoint
    assert host is not None
    context = folder(Dockerfile=f"FROM {BASE}\nRUN echo started; sleep 60\n")

    with (
        relayed(host.host, tmp_path / "relay.sock") as relay,
        closing(connect(Config.resolve(host=relay.address))) as far,
    ):

        def stop(event: Progress) -> None:
            if event.log == "started":
                relay.cut()

        started = time.monotonic()
        with pytest.raises(BackendError, match="the engine stopped or dropped the connection"):
            build(far, BuildSpec(context=context, no_cache=True), listener=stop)

    assert time.monotonic() - started < 30


@pytest.mark.old_engine
@pytest.mark.usefixtures("builder")
def test_ctrl_c_ends_the_build_and_leaves_nothing(connected: Engine, folder: Folder, tmp_path: Path) -> None:
    """No process of ours, no temporary file, no container that goes on."""
    context = folder(Dockerfile=f"FROM {BASE}\nRUN echo ready; sleep 61.{os.getpid()}\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = os.environ | {"DOCKER_HOST": connected.endpoint, "TMPDIR": str(scratch)}
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("build_until_told.py")), str(context)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        _, said = process.communicate(timeout=30)

    assert said == "interrupted\n"
    assert time.monotonic() - started < 15
    assert list(scratch.iterdir()) == []
    until_gone(f"sleep 61.{os.getpid()}")


def until_gone(command: str) -> None:
    """Wait until no process of this machine runs a command."""
    end = time.monotonic() + 20
    while True:
        lines = (entry.read_bytes() for entry in Path("/proc").glob("[0-9]*/cmdline") if entry.exists())
        if not any(line.rstrip(b"\0") == command.replace(" ", "\0").encode() for line in lines):
            return
        assert time.monotonic() < end, f"{command} goes on"
        time.sleep(0.2)


@pytest.fixture
def small_engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine whose disk holds 120 MB, in a network of its own: it would take another engine's bridge away."""
    path = f"{CURRENT.programs}:{SYSTEM}"
    program, mount, umount, unshare = (
        shutil.which(name, path=path) for name in ("dockerd", "mount", "umount", "unshare")
    )
    if not (program and mount and umount and unshare) or os.geteuid() != 0:
        pytest.skip("a full disk takes an engine of its own: no dockerd, or not root")
    data, address = tmp_path / "data", f"unix://{tmp_path}/docker.sock"
    data.mkdir()
    with ExitStack() as undo:
        subprocess.run([mount, "-t", "tmpfs", "-o", "size=120m", "tmpfs", data], check=True)
        undo.callback(subprocess.run, [umount, "-l", data], check=False)
        options = ["--bridge", "none", "--iptables=false", "--ip6tables=false"]
        folders = ["--data-root", data, "--exec-root", tmp_path / "exec", "--pidfile", tmp_path / "pid"]
        command = [unshare, "--net", program, *map(str, folders), "-H", address, *options]
        process = detached(command, tmp_path / "engine.log", os.environ | {"PATH": path})
        undo.callback(ended, process)
        until(lambda: ping.answers(address), 30, "the engine", process, tmp_path / "engine.log")
        yield undo.enter_context(closing(connect(Config.resolve(host=address))))


@pytest.mark.usefixtures("builder")
def test_a_full_disk_is_named_with_what_could_be_freed(small_engine: Engine, folder: Folder) -> None:
    """And no image is there that looks whole."""
    context = folder(Dockerfile="FROM scratch\nCOPY big /big\n")
    (context / "big").write_bytes(os.urandom(150_000_000))

    with pytest.raises(BackendError, match="the engine's disk is full") as error:
        build(small_engine, BuildSpec(context=context), listener=silent)

    assert any("no space left on device" in line for line in error.value.evidence)
    assert error.value.evidence[-1].startswith("could be freed: ")
    assert small_engine.client.images.list() == []


@pytest.mark.old_engine
@pytest.mark.usefixtures("builder")
def test_a_second_try_of_a_build_that_was_called_off_finishes(built: Built, folder: Folder) -> None:
    """What a listener raises ends the build, and the next one works."""
    context = folder(Dockerfile=f"FROM {BASE}\nRUN echo again\n")

    def refuse(event: Progress) -> None:
        if event.log:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built(context, listener=refuse, no_cache=True)

    assert built(context, no_cache=True).digest
