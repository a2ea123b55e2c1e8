"""How long an import takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from bench.table import Table

pytestmark = pytest.mark.bench
ROUNDS = 15


def test_importing_cloudkit_is_cheaper_than_importing_docker(table: Table) -> None:
    """The import loads no engine's SDK, so it costs less than theirs."""
    bare = best("pass")
    ours, theirs = best("import cloudkit") - bare, best("import docker") - bare

    row = table.add("import, over a bare interpreter", ours=ours, peer=theirs, peer_name="import docker", unit="s")

    assert row.ours < row.peer


def best(program: str) -> float:
    """The shortest of several runs of a fresh interpreter, in seconds."""
    return min(timed(program) for _ in range(ROUNDS))


def timed(program: str) -> float:
    """The seconds that one takes."""
    started = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    return time.perf_counter() - started
