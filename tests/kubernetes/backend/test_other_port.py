"""An app that rolls to another port: reached under both until the last old replica has gone."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.model.progress import silent

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
MOVED = ("python", "-m", "http.server", "9090")


def numbers(api: Any, space: str, service: str = "web") -> list[int]:
    """Return the ports of a Service."""
    found: Any = client.CoreV1Api(api).read_namespaced_service(service, space)
    return [one.port for one in found.spec.ports]


def test_the_old_port_goes_with_the_last_old_replica(api: Any, space: str, web: App, cloud: Cloud) -> None:
    """And the port of the nodes stays, so the url does."""
    url = web.url

    web.deploy(port=9090, command=MOVED)

    assert (numbers(api, space), web.url) == ([9090], url)
    assert cloud.backend.plan(web.status().spec).empty


def test_what_an_unwatched_roll_leaves_is_no_drift_and_goes_with_the_next_look(
    api: Any, space: str, web: App, cloud: Cloud
) -> None:
    """Nobody waited, so nobody took the old port away; the same call once more does, and so does any change."""
    web.deploy(port=9090, command=MOVED, wait=False)
    web.wait()
    spec = web.status().spec
    plan = cloud.backend.plan(spec)

    assert (numbers(api, space), plan.empty) == ([8080, 9090], True)
    cloud.backend.apply(plan, listener=silent)

    assert numbers(api, space) == [9090]
    assert cloud.backend.plan(spec).empty


def test_a_port_that_fails_goes_back_to_the_old_one(api: Any, space: str, web: App, cloud: Cloud) -> None:
    """The replicas never stopped to be reached."""
    url, before = web.url, {one.id for one in web.status().replicas}

    with pytest.raises(Exception, match="revision 1 runs again"):
        web.deploy(port=9090, deadline="10s")

    assert (numbers(api, space), web.url, {one.id for one in web.status().replicas}) == ([8080], url, before)
    assert cloud.backend.plan(web.status().spec).empty
