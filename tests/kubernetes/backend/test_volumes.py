"""Claims on a real cluster: made as asked for, grown where their class lets them, never made smaller."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import UnsupportedError

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


@pytest.fixture
def growing(api: Any) -> Iterator[str]:
    """A class whose volumes may grow, with one volume."""
    name, storage, core = f"t-{secrets.token_hex(4)}", client.StorageV1Api(api), client.CoreV1Api(api)
    storage.create_storage_class(
        {"metadata": {"name": name}, "provisioner": "kubernetes.io/no-provisioner", "allowVolumeExpansion": True}
    )
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
        "storageClassName": name,
        "hostPath": {"path": f"/tmp/{name}", "type": "DirectoryOrCreate"},
    }
    core.create_persistent_volume({"metadata": {"name": name}, "spec": spec})
    yield name
    core.delete_persistent_volume(name)
    storage.delete_storage_class(name)


CANNOT_BECOME = (
    ("size=8Mi", "shrinks"),
    ("size=32Mi", "lets no volume grow"),
    ("class=other", "class"),
    ("shared", "not made to be shared"),
)


def claim(api: Any, space: str) -> Any:
    """Return what was asked for of the volume ``data``."""
    return client.CoreV1Api(api).read_namespaced_persistent_volume_claim("data", space).spec


def deployed(cloud: Cloud, image: str, volume: str) -> App:
    """Return an app that has the volume."""
    return cloud.deploy("web", image, command=("sleep", "600"), volumes=volume)


def test_a_claim_is_made_as_the_volume_says(api: Any, space: str, cloud: Cloud, image: str, growing: str) -> None:
    """Size, class and who may have it; a larger size is asked for of the claim, and replaces no replica."""
    web = deployed(cloud, image, f"data:/data:size=512Mi,class={growing},shared")
    made, before = claim(api, space), {one.id for one in web.status().replicas}

    plan = cloud.backend.plan(web.status().spec.replace(mounts=(web.status().spec.mounts[0].plain,)))
    web.deploy(volumes=f"data:/data:size=768Mi,class={growing},shared")

    assert (made.storage_class_name, made.access_modes) == (growing, ["ReadWriteMany"])
    assert made.resources.requests == {"storage": "512Mi"}
    assert claim(api, space).resources.requests == {"storage": "768Mi"}
    assert {one.id for one in web.status().replicas} == before
    assert "data" not in str(plan)


def test_what_a_claim_cannot_become_is_refused_first(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """To shrink, to grow where its class lets none, another class, shared; nothing has changed then."""
    web = deployed(cloud, image, "data:/data:size=16Mi")

    for words, told in CANNOT_BECOME:
        with pytest.raises(UnsupportedError, match=told) as caught:
            web.deploy(volumes=f"data:/data:{words}")
        assert caught.value.hint

    assert web.status().generation == 1
    assert claim(api, space).resources.requests == {"storage": "16Mi"}
