"""Two who change one app at once: one wins, and nothing of the other's stays."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from cloudkit.app import App
from cloudkit.backends.kubernetes.writing import Writing
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError
from cloudkit.model.secret import Secret

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


def test_who_loses_leaves_no_secret_to_who_has_won(web: App, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loser has looked before the winner began, and writes after it is done."""
    begun: list[str] = []
    written = Writing.objects

    def late(writing: Writing, manifests: Any) -> None:
        if not begun:
            begun.append("loser")
            cloud.app("web").deploy(env={"TOKEN": Secret("winner")})
        written(writing, manifests)

    monkeypatch.setattr(Writing, "objects", late)

    with pytest.raises(ConflictError):
        web.deploy(env={"TOKEN": Secret("loser")})

    assert web.status().spec.env == {"TOKEN": Secret("winner")}


def test_a_sealed_secret_of_a_forgotten_revision_is_no_obstacle(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """As when a deletion was interrupted after the Deployment: the next app of the name begins again at 1."""
    cloud.deploy("web", image, command=("sleep", "600"), env={"TOKEN": Secret("old")})
    client.AppsV1Api(api).delete_namespaced_deployment("web", space, propagation_policy="Foreground")

    web = cloud.deploy("web", image, command=("sleep", "600"), env={"TOKEN": Secret("new")})

    assert web.exec("printenv", "TOKEN").output == "new\n"


def test_a_rollback_finds_its_sealed_secret(cloud: Cloud, image: str) -> None:
    """And a change that makes no new revision leaves it."""
    web = cloud.deploy("web", image, command=("sleep", "600"), env={"TOKEN": Secret("first")})
    web.deploy(env={"TOKEN": Secret("second")})

    web.rollback()
    web.scale(2)

    assert web.exec("printenv", "TOKEN").output == "first\n"
