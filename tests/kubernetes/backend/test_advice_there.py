"""The most replicas that fit, by the quotas of a real namespace, as Tab shows them and as the cluster makes them."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client
from pods.workshop import until

from cloudkit.cloud import Cloud
from cloudkit.shell.grammar import catalogue
from cloudkit.shell.prompt.offering import Offering
from cloudkit.shell.prompt.warm import Warm

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

SLEEP = ("sleep", "600")
NOW, QUOTA = "now, 2/2 ready", "most that fit, quota 'team' allows 600m of requests.cpu"


def test_tab_shows_the_number_now_and_what_the_quota_leaves_room_for(
    api: Any, space: str, cloud: Cloud, image: str
) -> None:
    """The tightest quota speaks, and the cluster does not make more than it says."""
    core = client.CoreV1Api(api)
    for name, hard in (("team", {"requests.cpu": "600m", "pods": "50"}), ("wide", {"pods": "40"})):
        core.create_namespaced_resource_quota(space, {"metadata": {"name": name}, "spec": {"hard": hard}})
    web = cloud.deploy("web", image, command=SLEEP, replicas=2, cpu_request="100m")
    until(lambda: (core.read_namespaced_resource_quota("team", space).status.used or {}).get("requests.cpu") == "200m")

    offering = Offering(catalogue(), Warm(patience=20))
    found = offering.values("web.scale(", {"cloud": cloud, "web": web})

    assert found is not None
    offered = [(str(offer), offer.note) for offer in found.offers]
    assert offered[0] == ("2", NOW)
    assert offered[-1] == ("6", QUOTA)
    web.scale(6)
    assert web.status().ready == 6
    assert web.advise()[-1].replicas == 6
