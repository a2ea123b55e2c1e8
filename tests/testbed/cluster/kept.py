"""Clusters that stay until they are told to end: each is held by a process of its own, which ends with it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from testbed.cluster.layout import ROOT
from testbed.cluster.running import running
from testbed.cluster.slots import sweep_killed
from testbed.process import detached, until

__all__ = ["down", "keep", "up"]


def note(name: str) -> Path:
    """Return the file in which a kept cluster says who holds it and how it is found."""
    return ROOT / f"kept-{name}.json"


def log(name: str) -> Path:
    """Return where a kept cluster's own process writes."""
    return ROOT / f"kept-{name}.log"


def up(name: str) -> int:
    """Start a cluster unless it is up; print the shell's lines that lead to it."""
    if holder(name) is None:
        note(name).unlink(missing_ok=True)
        log(name).unlink(missing_ok=True)
        process = detached([sys.executable, "-m", "testbed", "cluster", "keep", name], log(name))
        until(note(name).exists, 300, "the cluster", process, log(name))
        process.returncode = 0  # it stays: this process is not to wait for it
    for variable, value in json.loads(note(name).read_text())["environment"].items():
        print(f"export {variable}={value}")
    return 0


def keep(name: str) -> int:
    """Run a cluster until a signal ends it."""
    try:
        with running() as cluster:
            fresh = note(name).with_suffix(".new")
            fresh.write_text(json.dumps({"process": os.getpid(), "environment": cluster.environment()}))
            fresh.replace(note(name))
            while True:
                signal.pause()
    finally:
        note(name).unlink(missing_ok=True)


def down(name: str) -> int:
    """End a cluster that was started by name; return when nothing of it is left."""
    process = holder(name)
    if process is None:
        sweep_killed()
        note(name).unlink(missing_ok=True)
        print(f"no cluster {name!r} is up", file=sys.stderr)
        return 1
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
    while holder(name) is not None:
        time.sleep(0.1)
    log(name).unlink(missing_ok=True)
    return 0


def holder(name: str) -> int | None:
    """Return the process that holds a cluster, None where there is none."""
    try:
        process = int(json.loads(note(name).read_text())["process"])
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return process if words[-3:-1] == [b"keep", name.encode()] else None
