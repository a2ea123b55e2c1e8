"""The engines under test: a current one and Debian's 20.10, each in a network namespace of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from testbed import ping
from testbed.network import inside, namespace
from testbed.place import cache
from testbed.process import detached, ended, until

__all__ = ["CURRENT", "DISTRIBUTION", "Engine", "Running", "running"]


@dataclass(frozen=True)
class Engine:
    """An engine that can be started: its name, and where its programs are."""

    name: str
    programs: str


@dataclass(frozen=True)
class Running:
    """An engine that runs: its address, and the network namespace that its ports are in."""

    address: str
    network: str


CURRENT = Engine("current", str(cache("bin")))
DISTRIBUTION = Engine("distribution", "/usr/sbin:/usr/bin")


@contextmanager
def running(engine: Engine, state: Path) -> Iterator[Running]:
    """Run an engine whose socket and log are below ``state``; end it, its containers and its mounts afterwards."""
    folder = state / engine.name
    log = folder / "engine.log"
    address = f"unix://{folder}/docker.sock"
    path = f"{engine.programs}:{os.environ['PATH']}"
    program = shutil.which("dockerd", path=path)
    if program is None:
        raise RuntimeError(f"no dockerd in {engine.programs}")
    with ExitStack() as undo:
        network = undo.enter_context(namespace(engine.name))
        undo.callback(unmount, folder)
        data = undo.enter_context(data_root(engine.name))
        options = ["--data-root", data, "--exec-root", folder / "exec", "--pidfile", folder / "pid", "-H", address]
        command = inside(network, program, *map(str, options))
        process = detached(command, log, os.environ | {"PATH": path})
        undo.callback(stragglers, folder)
        undo.callback(ended, process, 30)
        until(lambda: ping.answers(address), 30, "the engine", process, log)
        yield Running(address, network)


@contextmanager
def data_root(name: str) -> Iterator[Path]:
    """Yield a folder for an engine's images that is kept, and that no other run uses now."""
    for index in range(100):
        with cache(f"{name}-{index}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield cache(f"{name}-{index}", "data").parent
            return
    raise RuntimeError(f"a hundred runs use {cache(name)} now")


def stragglers(folder: Path) -> None:
    """End what an engine that was killed has left: the processes that name its folder on their command line."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{folder}/".encode() in (entry / "cmdline").read_bytes() and int(entry.name) != os.getpid():
                os.kill(int(entry.name), signal.SIGKILL)


def unmount(folder: Path) -> None:
    """Unmount what an engine left mounted below its folder, the deepest first."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), key=len, reverse=True):
        subprocess.run(["umount", "-l", mount], check=False)
