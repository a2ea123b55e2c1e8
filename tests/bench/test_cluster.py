"""What it takes to bring an app up on a cluster and to roll it, against kubectl with the same objects."""

from __future__ import annotations

import json
import statistics
import sys
import time
from dataclasses import replace
from functools import partial

import pytest
from contract.drivers.sending import load

from bench.conftest import Kubectl
from bench.table import Table
from bench.test_deploy import timed
from cloudkit import Cloud
from cloudkit.backends.kubernetes.manifests import manifests
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference

pytestmark = [pytest.mark.bench, pytest.mark.engine, pytest.mark.kubernetes]
ROUNDS = 5
ROLLS = 3
REPLICAS = 3
LEAST = 10_000
PEER = "kubectl apply, rollout status"


def test_deploy_to_ready_against_kubectl(on_cluster: Cloud, kubectl: Kubectl, pulled: Reference, table: Table) -> None:
    """Three replicas, in turns; the namespace is empty before each, and the image is on the nodes."""
    times = []
    for number in range(ROUNDS):
        command = timed(partial(deployed_by_command, kubectl, f"web-{number}", pulled))
        ready = on_cluster.app(f"web-{number}").status()
        kubectl.clear()
        call = timed(partial(deployed, on_cluster, f"call-{number}", pulled))
        kubectl.clear()
        theirs = timed(partial(applied, kubectl, written(kubectl, ready.spec, f"peer-{number}"), f"peer-{number}"))
        kubectl.clear()
        assert ready.ready == REPLICAS
        times.append((command, call, theirs))

    command, call, peer = (statistics.median(column) for column in zip(*times, strict=True))
    table.add(f"deploy {REPLICAS} to ready, cluster, a process", ours=command, peer=peer, peer_name=PEER, unit="s")
    table.add("  in a session that is open", ours=call, peer=peer, peer_name=PEER, unit="s")


def test_no_request_fails_while_an_app_rolls_on_a_cluster(
    on_cluster: Cloud, kubectl: Kubectl, pulled: Reference, table: Table
) -> None:
    """Of at least 10,000 requests over several rolls none fails; another app is rolled by kubectl in turns."""
    web = on_cluster.deploy("web", str(pulled), port=3000, publish=0, replicas=REPLICAS)
    applied(kubectl, written(kubectl, web.status().spec, "peer"), "peer")
    times = []

    with load(web.url) as met:
        for number in range(ROLLS):
            started = time.perf_counter()
            web.deploy(env={"ROLL": str(number)})
            ours = time.perf_counter() - started
            objects = written(kubectl, web.status().spec, "peer", revision=number + 2)
            times.append((ours, timed(partial(applied, kubectl, objects, "peer"))))
        while met.count < LEAST:
            time.sleep(0.1)

    mine, peer = (statistics.median(column) for column in zip(*times, strict=True))
    what = f"failed of {met.count:,} requests over {ROLLS} rolls on a cluster"
    table.add(what, ours=len(met.failures), peer=0, peer_name="none", unit="requests")
    table.add(f"roll {REPLICAS} beside that load, cluster", ours=mine, peer=peer, peer_name=PEER, unit="s")
    assert met.failures == []


def deployed_by_command(kubectl: Kubectl, name: str, image: Reference) -> None:
    """Bring replicas up by the command line, and return once they are ready."""
    where = ("--backend", "kubernetes", "--namespace", kubectl.namespace)
    wanted = ("--port", "3000", "--publish", "false", "--replicas", str(REPLICAS))
    kubectl.run(sys.executable, "-m", "cloudkit.shell.main", *where, "deploy", name, str(image), *wanted)


def deployed(cloud: Cloud, name: str, image: Reference) -> None:
    """Bring replicas up by a call, which returns once they are ready."""
    cloud.deploy(name, str(image), port=3000, publish=False, replicas=REPLICAS)


def written(kubectl: Kubectl, spec: AppSpec, name: str, *, revision: int = 1) -> str:
    """Return the objects that cloudkit makes of a spec, as another app, for kubectl to apply."""
    objects = manifests(replace(spec, name=name), namespace=kubectl.namespace, revision=revision, generation=revision)
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def applied(kubectl: Kubectl, objects: str, name: str) -> None:
    """Apply objects, and return once the replicas are ready."""
    kubectl("apply", "--filename", "-", given=objects)
    kubectl("rollout", "status", f"deployment/{name}", "--timeout=120s")
