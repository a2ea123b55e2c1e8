"""Files as a cluster is told of them."""

from __future__ import annotations

from typing import Any

import pytest
from unit.backends.kubernetes.causes.patients import app

from cloudkit.backends.kubernetes.manifests import key_of, manifests, surplus_keys
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.secret import Secret

SPEC = app(config={"/etc/a=b/web.toml": "a = 1", "/srv/web.toml": "b"}, secrets={"/run/secrets/token": Secret("x")})


def sent(spec: AppSpec) -> dict[tuple[str, str], Any]:
    """Return the objects of a first revision."""
    return {key_of(one): one for one in manifests(spec, namespace="ns", revision=1, generation=1)}


def pod(spec: AppSpec) -> Any:
    """Return what its pods are made from."""
    return sent(spec)["deployments", "web"]["spec"]["template"]["spec"]


def test_two_files_of_one_name_have_keys_of_their_own() -> None:
    """Each is mounted at its path, and found again by it."""
    data = sent(SPEC)["configmaps", "web-config-1"]["data"]

    mounts = {one["mountPath"]: one for one in pod(SPEC)["containers"][0]["volumeMounts"]}

    assert {path: data[mounts[path]["subPath"]] for path in SPEC.config} == dict(SPEC.config)
    assert all(one["readOnly"] for one in mounts.values())


@pytest.mark.parametrize(
    ("user", "mode", "group"), [(None, 0o444, None), ("0", 0o400, None), ("1000", 0o400, 1000), ("1000:5", 0o400, 5)]
)
def test_a_secret_is_its_users_alone(user: str | None, mode: int, group: int | None) -> None:
    """By the pod's group, as the node gives files to that; all may read it where nobody knows who the user is."""
    made = pod(SPEC.replace(user=user))

    [volume] = [one["secret"] for one in made["volumes"] if "secret" in one]
    assert volume["defaultMode"] == mode
    assert made["securityContext"].get("fsGroup") == group


@pytest.mark.parametrize("field", ["config", "secrets"])
def test_more_than_an_object_takes_is_refused(field: str) -> None:
    """Before anything changes, with what helps."""
    content: Any = "x" * 400_000
    files = {f"/etc/{number}": content if field == "config" else Secret(content) for number in range(3)}

    with pytest.raises(UnsupportedError, match="1048576"):
        sent(app(**{field: files}))


def test_the_files_of_a_revision_go_with_it() -> None:
    """Those that may come back stay, and so does a stranger's."""
    present = [("configmaps", f"web-config-{number}") for number in (1, 2, 3)] + [("configmaps", "web-config-mine")]

    assert surplus_keys(SPEC, revision=3, present=present, kept=[2]) == (("configmaps", "web-config-1"),)
