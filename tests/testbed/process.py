"""Start a process apart from the terminal, wait for it, end it by its id; run a command to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

__all__ = ["detached", "ended", "exit_on_signals", "until", "watched"]


def detached(command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that Ctrl-C reaches the tests first; its output goes to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=env
        )


def ended(process: subprocess.Popen[bytes], grace: float = 20) -> None:
    """Ask a process to end, and make it end after ``grace`` seconds."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(grace)


def until(ready: Callable[[], bool], seconds: float, what: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until ``ready``; raise with the end of its log when the process ends first or the time is over."""
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise RuntimeError(f"{what} did not start:\n{tail}")
        time.sleep(0.05)


def watched(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command to its end; on Ctrl-C it, which the terminal tells too, ends first."""
    with subprocess.Popen(command, env=env) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            code = process.wait(60)
        finally:
            process.terminate()
    return code if code >= 0 else 128 - code


def exit_on_signals() -> None:
    """Let a signal that asks this process to end raise, so that what it has started is taken down."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
