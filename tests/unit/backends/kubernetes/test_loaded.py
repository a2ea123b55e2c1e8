"""What is ordinary in a kubeconfig is read without the library ``kubernetes``, which takes long to load."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, failure, serving
from unit.backends.kubernetes.certificates import Authority
from unit.backends.kubernetes.kubeconfig import client_of, kubeconfig
from unit.backends.kubernetes.test_credentials import plugin

from cloudkit.errors import ConfigError

VERSION = Reply(body={"gitVersion": "v1.34.0"})
SLOW = ("kubernetes", "websocket", "tenacity", "requests", "httpx", "docker")
PROGRAM = f"""
import sys
from cloudkit import Cloud
from cloudkit.errors import NotFoundError
cloud = Cloud("kubernetes")
cloud.backend.client.raw("/version")
cloud.backend.client.find("/api/v1/namespaces/none", dict)
print(*(name for name in {SLOW!r} if name in sys.modules))
"""


def loaded(**environ: str) -> list[str]:
    """Return which of the slow libraries a process loads that asks the cluster twice."""
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | environ
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, check=True, capture_output=True, text=True)
    return done.stdout.split()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority of this test's own."""
    return Authority(tmp_path)


@pytest.fixture
def secured(authority: Authority) -> Iterator[Api]:
    """A server with TLS, known by the name ``api.example`` alone."""
    with serving(authority.context(authority.pair("api.example", server=True))) as api:
        api.on("GET /version", VERSION)
        api.on("GET /api/v1/namespaces/none", failure(404, "NotFound", "not found"))
        yield api


def users(folder: Path, authority: Authority) -> dict[str, dict[str, Any]]:
    """Return an ordinary user of each kind."""
    authority.pair("bob")
    (folder / "token").write_text("from-file\n")
    return {
        "token": {"token": "s3cret"},
        "tokenFile": {"tokenFile": "token"},
        "password": {"username": "bob", "password": "pw"},
        "certificate": {"client-certificate": "bob.crt", "client-key": "bob.key"},
        "plugin": plugin(folder, {"token": "plugged"}),
        "nobody": {},
    }


@pytest.mark.parametrize("kind", ["token", "tokenFile", "password", "certificate", "plugin", "nobody"])
def test_an_ordinary_user_loads_no_slow_library(secured: Api, authority: Authority, tmp_path: Path, kind: str) -> None:
    """Of a cluster with an authority and a server name of its own; nor does an object that is not there."""
    place = {"certificate-authority": authority.file.name, "tls-server-name": "api.example"}
    file = kubeconfig(tmp_path, secured.url, user=users(tmp_path, authority)[kind], cluster=place)

    names = loaded(KUBECONFIG=str(file), CLOUDKIT_CONFIG="", HOME=str(tmp_path))

    assert names == []
    assert secured.calls() == ["GET /version", "GET /api/v1/namespaces/none"]


def test_a_server_that_is_not_checked_and_a_proxy_load_none(api: Api, secured: Api, tmp_path: Path) -> None:
    """One kubeconfig says not to check, another one names a proxy."""
    api.on("GET http://cluster.invalid/version", VERSION)
    api.on("GET /version", VERSION)
    api.on("GET /api/v1/namespaces/none", failure(404, "NotFound", "not found"))
    unchecked = kubeconfig(tmp_path, secured.url, cluster={"insecure-skip-tls-verify": True})
    proxied = kubeconfig(tmp_path, "http://cluster.invalid", name="far", cluster={"proxy-url": api.url})

    names = [loaded(KUBECONFIG=str(one), CLOUDKIT_CONFIG="", HOME=str(tmp_path)) for one in (unchecked, proxied)]

    assert names == [[], []]
    assert api.asked[0].headers["host"] == "cluster.invalid"


def token_of(expires: float) -> str:
    """Return what an OpenID provider gives: a token that says when it ends."""
    parts = ({"alg": "none"}, {"exp": int(expires)}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)


def test_an_auth_provider_is_the_librarys(api: Api, tmp_path: Path) -> None:
    """It is loaded for that user, and its token goes along."""
    token = token_of(time.time() + 3600)
    user = {"auth-provider": {"name": "oidc", "config": {"id-token": token, "client-id": "x"}}}
    api.on("GET /version", VERSION)
    api.on("GET /api/v1/namespaces/none", failure(404, "NotFound", "not found"))

    names = loaded(KUBECONFIG=str(kubeconfig(tmp_path, api.url, user=user)), CLOUDKIT_CONFIG="", HOME=str(tmp_path))

    assert "kubernetes" in names
    assert api.asked[0].headers["authorization"] == f"Bearer {token}"


def test_an_auth_provider_keeps_the_clusters_authority_and_name(
    secured: Api, authority: Authority, tmp_path: Path
) -> None:
    """The kubeconfig's other fields hold for it, too."""
    token = token_of(time.time() + 3600)
    user = {"auth-provider": {"name": "oidc", "config": {"id-token": token}}}
    place = {"certificate-authority": authority.file.name, "tls-server-name": "api.example"}

    client_of(kubeconfig(tmp_path, secured.url, user=user, cluster=place)).raw("/version")

    assert secured.asked[0].headers["authorization"] == f"Bearer {token}"


def test_an_auth_provider_that_is_not_known_is_told(api: Api, tmp_path: Path) -> None:
    """Rather than calls without credentials."""
    user = {"auth-provider": {"name": "azure", "config": {}}}

    with pytest.raises(ConfigError, match="cannot read the credentials of") as caught:
        client_of(kubeconfig(tmp_path, api.url, user=user))

    assert caught.value.evidence == ("its auth-provider gave no token",)
    assert api.asked == []
