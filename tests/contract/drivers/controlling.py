"""A controller as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

__all__ = ["Controller"]

PATIENCE = 90.0  # seconds, as the machine may be busy


class Controller:
    """The command ``cloudkit controller`` in a namespace of the engine that DOCKER_HOST names, until the block ends."""

    def __init__(self, namespace: str) -> None:
        self._said = tempfile.NamedTemporaryFile("w+", suffix=".log")  # noqa: SIM115  # closed with the process
        command = [sys.executable, "-P", "-m", "cloudkit.shell.main", "controller", "--interval", "1"]
        environment = {**os.environ, "CLOUDKIT_NAMESPACE": namespace}
        self.process = subprocess.Popen(command, env=environment, stdout=self._said, stderr=subprocess.STDOUT)

    @property
    def said(self) -> str:
        """What it has printed until now."""
        return Path(self._said.name).read_text(encoding="utf-8")

    def until(self, words: str) -> None:
        """Return once it has said so."""
        ends = time.monotonic() + PATIENCE
        while words not in self.said:
            if self.process.poll() is not None or time.monotonic() > ends:
                raise AssertionError(f"it did not say {words!r}, but: {self.said}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once, as ``kill -9`` does."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        self._said.close()
