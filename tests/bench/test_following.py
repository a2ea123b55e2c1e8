"""How fast the logs of many replicas are followed, and whether a line is lost."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import pytest

from bench.conftest import Kubectl
from bench.table import Table
from cloudkit import Cloud
from cloudkit.model.reference import Reference

pytestmark = [pytest.mark.bench, pytest.mark.engine, pytest.mark.kubernetes]
REPLICAS = 20
LINES = 5_000
TOTAL = REPLICAS * LINES
ROUNDS = 3
PATIENCE = 30  # seconds that one may follow
TALK = f"i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo said=$HOSTNAME/$i in a line of usual length; done"
SAID = re.compile(rb"said=(\S+)")
OURS = "cloudkit"


def test_following_twenty_replicas(
    on_cluster: Cloud, kubectl: Kubectl, pulled: Reference, stern: str | None, table: Table
) -> None:
    """Each follows from the first line on, in turns, until all 100,000 are there; every one must come once."""
    command = ("sh", "-c", f"({TALK}); touch /tmp/said; exec sleep 3600")
    on_cluster.deploy("talk", str(pulled), command=command, readiness="exec:test -f /tmp/said", replicas=REPLICAS)
    space, selector = kubectl.namespace, "app.kubernetes.io/name=talk"
    ours = (sys.executable, "-m", "cloudkit.shell.main", "--backend", "kubernetes", "--namespace", space)
    many = f"--max-log-requests={REPLICAS}"
    followers: dict[str, Sequence[str]] = {
        OURS: (*ours, "logs", "talk", "--follow"),
        "kubectl logs -f": ("kubectl", "-n", space, "logs", "-f", "--prefix", "--tail=-1", many, "-l", selector),
    }
    if stern:
        followers["stern"] = (stern, "-n", space, "-l", selector, "--tail=-1", many)

    taken = [{name: follow(command, kubectl) for name, command in followers.items()} for _ in range(ROUNDS)]

    rates = {name: statistics.median(one[name][0] for one in taken) for name in followers}
    wrong = {name: max(one[name][1] for one in taken) for name in followers}
    for name in (one for one in followers if one != OURS):
        table.add("lines of 20 replicas followed", ours=rates[OURS], peer=rates[name], peer_name=name, unit="1/s")
        table.add("  lost or doubled of 100,000", ours=wrong[OURS], peer=wrong[name], peer_name=name, unit="lines")
    assert wrong[OURS] == 0


def follow(command: Sequence[str], kubectl: Kubectl) -> tuple[float, int]:
    """Return the lines a second until all were read, or patience ended; and how many are missing or came twice."""
    started, seen, count = time.perf_counter(), set[bytes](), 0
    process = subprocess.Popen(command, env=kubectl.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    for line in process.stdout:
        if found := SAID.search(line):
            seen.add(found[1])
            count += 1
        if len(seen) == TOTAL:
            break
    taken = time.perf_counter() - started
    watch.cancel()
    process.kill()
    process.wait()
    process.stdout.close()
    return len(seen) / taken, (TOTAL - len(seen)) + (count - len(seen))
