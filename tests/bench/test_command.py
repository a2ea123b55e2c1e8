"""What a command costs that asks a cluster one thing, against kubectl's."""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest
from testbed.cluster.given import Given

from bench.table import Table
from cloudkit.backends.kubernetes.connect import connect
from cloudkit.backends.kubernetes.manifests import manifests
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.config import Config
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference

pytestmark = [pytest.mark.bench, pytest.mark.kubernetes]
ROUNDS = 10
APPS = 20


@pytest.fixture
def space(cluster: Given) -> Iterator[str]:
    """A namespace with some apps, all stopped: no pod takes time from who is measured."""
    name = f"t-bench-{secrets.token_hex(4)}"
    with closing(connect(Config.resolve("kubernetes", environ=environment(cluster)))) as client:
        client.create(object_path("namespaces"), {"metadata": {"name": name}})
        for number in range(APPS):
            image = Reference.parse(f"registry.invalid/app:1@sha256:{number:064x}")
            spec = AppSpec(name=f"app-{number}", image=image, stopped=True)
            for body in manifests(spec, namespace=name, revision=1, generation=1):
                client.apply(object_path(f"{body['kind'].lower()}s", name, body["metadata"]["name"]), body)
        yield name
        client.delete(object_path("namespaces", name=name))


def test_asking_for_the_apps_against_kubectl(cluster: Given, space: str, table: Table) -> None:
    """A fresh process each, in turns: the time until the answer is there, and the processor's time for it."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl on PATH")
    ours = [sys.executable, "-m", "cloudkit.shell.main", "--backend", "kubernetes", "--namespace", space, "apps"]
    theirs = [kubectl, "--namespace", space, "get", "deployments"]

    shown = [output(command, cluster) for command in (ours, theirs)]
    taken = [[measured(command, cluster) for command in (ours, theirs)] for _ in range(ROUNDS)]

    assert all(f"app-{number}" in text for text in shown for number in range(APPS))
    for what, column in (("list 20 apps, a process", 0), ("  processor time of it", 1)):
        mine, peers = (statistics.median(one[command][column] for one in taken) for command in (0, 1))
        table.add(what, ours=mine, peer=peers, peer_name="kubectl get deployments", unit="s")


def environment(cluster: Given) -> dict[str, str]:
    """Return an environment that names the cluster, and lets Python keep what it has compiled."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"KUBECONFIG": str(cluster.kubeconfig), "CLOUDKIT_CONFIG": "", "CLOUDKIT_REGISTRY": cluster.registry}


def output(command: Sequence[str], cluster: Given) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run(command, env=environment(cluster), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def measured(command: Sequence[str], cluster: Given) -> tuple[float, float]:
    """The seconds that a command takes, and those of them that it was at work."""
    before, started = worked(), time.perf_counter()
    output(command, cluster)
    return time.perf_counter() - started, worked() - before


def worked() -> float:
    """The seconds that processes which have ended were at work."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
