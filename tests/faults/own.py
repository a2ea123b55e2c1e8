"""An engine that a test may stop, kill and start again, in a network namespace of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import docker
from testbed import ping
from testbed.__main__ import prepare
from testbed.engines import CURRENT, Engine, Running, running
from testbed.network import inside
from testbed.process import detached, ended, until

from cloudkit.backends.docker.backend import DockerBackend
from cloudkit.cloud import Cloud
from cloudkit.config import Config
from cloudkit.engine.connect import connect
from cloudkit.model.progress import Listener, silent

__all__ = ["PORT", "SERVER", "OwnEngine", "eventually", "own_engine"]

PORT = 8080
SERVER = ("node", "-e", (Path(__file__).parents[1] / "contract/drivers/program/server.js").read_text(encoding="utf-8"))
_GET = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"


class OwnEngine:
    """A running engine, the command that it was started by, and the hands on its process."""

    def __init__(self, state: Path, found: Running) -> None:
        self.address = found.address
        self._network = found.network
        self._folder = state
        process = Path(f"/proc/{self.pid}")
        self._command = _strings(process / "cmdline")
        self._environment = dict(line.split("=", 1) for line in _strings(process / "environ"))
        self._again: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id, as it has written it down."""
        return int((self._folder / "pid").read_text())

    def prepare(self) -> None:
        """Empty it, and make its base images."""
        prepare(self.address)

    def stop(self) -> None:
        """Let it end as a machine's shutdown does, with all that it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once; what it runs goes on without it."""
        self._end(signal.SIGKILL)

    def start(self) -> None:
        """Start it as it was started at first, on the same data."""
        log = self._folder / "engine.log"
        for pid in (
            "pid",
            "exec/containerd/containerd.pid",
        ):  # of processes that nobody has waited for: they look alive
            self._forget(self._folder / pid)
        self._again = detached(inside(self._network, *self._command), log, self._environment)
        until(lambda: ping.answers(self.address), 60, "the engine", self._again, log)

    def close(self) -> None:
        """End the process that was started again; the first is ended by who started it."""
        if self._again is not None:
            ended(self._again, 30)

    def cloud(self, namespace: str, listener: Listener = silent) -> Cloud:
        """Return a cloud on it."""
        engine = connect(Config.resolve(host=self.address))
        return Cloud(DockerBackend(engine, namespace=namespace), namespace=namespace, listener=listener)

    def client(self) -> docker.DockerClient:
        """Return the SDK's client of it."""
        return docker.DockerClient(base_url=self.address, timeout=60)

    def containers(self) -> dict[str, str]:
        """Return the state of each container, by name."""
        with closing(self.client()) as client:
            return {row["Names"][0].lstrip("/"): row["State"] for row in client.api.containers(all=True)}

    def get(self, url: str) -> str:
        """Return what a published url answers, asked from the engine's own network; empty when nothing does."""
        command = inside(self._network, sys.executable, "-c", _GET, url)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout.strip()

    def _forget(self, pid: Path) -> None:
        if pid.exists():
            eventually(lambda: not _alive(int(pid.read_text())), seconds=10)
            pid.unlink()

    def _end(self, how: signal.Signals) -> None:
        pid = self.pid
        os.kill(pid, how)
        if self._again is not None:
            self._again.wait(60)
        eventually(lambda: not _alive(pid), seconds=60)


@contextmanager
def own_engine(state: Path, engine: Engine = CURRENT) -> Iterator[OwnEngine]:
    """Run an engine below ``state``."""
    with running(engine, state) as found, closing(OwnEngine(state / engine.name, found)) as own:
        yield own


def eventually(holds: Callable[[], bool], *, seconds: float = 20) -> float:
    """Look again and again until it holds; return the seconds that took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, f"it did not come true within {seconds:g} s"
        time.sleep(0.1)
    return time.monotonic() - started


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _strings(file: Path) -> list[str]:
    return [part.decode() for part in file.read_bytes().split(b"\0") if part]
