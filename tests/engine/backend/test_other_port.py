"""Another port of an app, seen by its neighbours: the old one leads to it until the new one does alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import docker
import pytest
from engine.balancer.clients import until
from engine.balancer.place import NODE

from cloudkit.cloud import Cloud

if TYPE_CHECKING:
    from docker.models.containers import Container

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]

LOOP = """
const got = {old: 0, new: 0, none: 0, moved: false};
process.on('SIGTERM', () => { console.log(JSON.stringify(got)); process.exit(0); });
const ask = (port) => fetch(`http://web:${port}/`, {headers: {connection: 'close'}}).then((r) => r.ok, () => false);
(async () => { for (;;) {
  if (!got.moved && await ask(8080)) { if (got.old++ === 0) console.log('begun'); }
  else if (await ask(9090)) { got.new += 1; got.moved = true; }
  else got.none += 1;
} })();
"""


def neighbour(client: docker.DockerClient, cloud: Cloud) -> Container:
    """Start somebody on the apps' network who asks the old port, and the new one from its first refusal on."""
    space = cloud.backend.namespace
    labels = {"cloudkit/namespace": space, "app.kubernetes.io/managed-by": "cloudkit"}
    return client.containers.run(NODE, ["node", "-e", LOOP], network=space, labels=labels, detach=True)


def test_a_neighbour_who_changes_ports_when_the_old_one_ends_misses_nothing(
    client: docker.DockerClient, cloud: Cloud, image: str
) -> None:
    """While both revisions are there, the old number leads to both; after that nobody listens there."""
    web = cloud.deploy("web", image, port=8080, publish=False, replicas=2, env={"LATENCY": "0.05"})
    beside = neighbour(client, cloud)
    try:
        until(lambda: b"begun" in beside.logs())
        web.deploy(port=9090, env={"LISTEN_PORT": "9090", "LATENCY": "0.05"})
        web.restart()
        beside.stop(timeout=10)
        got = json.loads(beside.logs().decode().splitlines()[-1])
    finally:
        beside.remove(force=True, v=True)

    assert got["none"] == 0
    assert got["old"] > 0
    assert got["new"] > 0
