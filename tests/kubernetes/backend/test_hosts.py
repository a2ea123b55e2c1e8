"""An app of host names is reached through the cluster's ingress controller."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from cloudkit.cloud import Cloud

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

SERVE = ("python", "-m", "http.server", "8080")


def test_host_names_lead_to_the_apps_service(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """They come, change and go with the spec, and the plan names them."""
    routes = client.NetworkingV1Api(api)
    web = cloud.deploy("web", image, command=SERVE, port=8080, publish=False, host="web.example.com")
    made = routes.read_namespaced_ingress("web", space)

    with cloud.planning() as plans:
        web.deploy(host=["web.example.com", "www.example.com"])
    web.deploy(host=["web.example.com", "www.example.com"])
    more = routes.read_namespaced_ingress("web", space)
    url = web.url
    web.deploy(host=[])

    assert made.spec.rules[0].http.paths[0].backend.service.to_dict() == {
        "name": "web",
        "port": {"name": None, "number": 8080},
    }
    assert [rule.host for rule in more.spec.rules] == ["web.example.com", "www.example.com"]
    assert url == "http://web.example.com"
    assert [(one.kind.value, one.object, one.detail) for one in plans[0].actions if one.object == "route"] == [
        ("update", "route", "web.example.com, www.example.com")
    ]
    assert routes.list_namespaced_ingress(space).items == []
    assert len(web.status().replicas) == 1
