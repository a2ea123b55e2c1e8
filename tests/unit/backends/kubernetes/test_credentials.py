"""What a kubeconfig says of how one gets in is what the API server meets."""

from __future__ import annotations

import base64
import json
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.backends.kubernetes.apiserver import Api, Asked, Reply, failure, serving
from unit.backends.kubernetes.certificates import Authority
from unit.backends.kubernetes.kubeconfig import client_of, config_of, kubeconfig

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.connection import Connection
from cloudkit.backends.kubernetes.credentials import unlock
from cloudkit.backends.kubernetes.doctor import examine_cluster
from cloudkit.config.cluster import find_cluster
from cloudkit.errors import AccessError, BackendError, ConfigError

VERSION = Reply(body={"gitVersion": "v1.34.0"})


def plugin(folder: Path, *answers: dict[str, Any], more: str = "", **entry: Any) -> dict[str, Any]:
    """Write a credential plugin that gives these in turn, the last one again and again; return the user's entry."""
    for number, status in enumerate(answers):
        content = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
        (folder / f"answer{number}.json").write_text(json.dumps(content))
    script = folder / "plugin"
    count, last = folder / "count", len(answers) - 1
    script.write_text(
        f"#!/bin/sh\nn=$(cat {count} 2>/dev/null || echo 0)\necho $((n + 1)) >{count}\n{more}\n"
        f"[ $n -gt {last} ] && n={last}\ncat {folder}/answer$n.json\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script)} | entry}


def runs(folder: Path) -> int:
    """Return how often the plugin ran."""
    return int((folder / "count").read_text())


def tokens(api: Api) -> list[str]:
    """Return the tokens that the server met."""
    return [asked.headers.get("authorization", "none") for asked in api.asked]


def guarded(token: str) -> Any:
    """Return an answer that only that token gets."""

    def answer(asked: Asked) -> Reply:
        known = asked.headers.get("authorization") == f"Bearer {token}"
        return VERSION if known else failure(401, "Unauthorized", "Unauthorized")

    return answer


def test_a_token_in_a_file_is_read(api: Api, tmp_path: Path) -> None:
    """Beside the kubeconfig, as its relative path says."""
    (tmp_path / "token").write_text("from-file")
    api.on("GET /version", VERSION)

    client_of(kubeconfig(tmp_path, api.url, user={"tokenFile": "token"})).raw("/version")

    assert tokens(api) == ["Bearer from-file"]


def test_a_token_file_that_was_renewed_is_read_again(api: Api, tmp_path: Path) -> None:
    """A refusal is answered by what lies there now, once."""
    (tmp_path / "token").write_text("old")
    client = client_of(kubeconfig(tmp_path, api.url, user={"tokenFile": "token"}))
    (tmp_path / "token").write_text("new")
    api.on("GET /version", guarded("new"))

    client.raw("/version")

    assert tokens(api) == ["Bearer old", "Bearer new"]


def test_a_name_and_password_go_along(api: Api, tmp_path: Path) -> None:
    """As basic authentication."""
    api.on("GET /version", VERSION)

    client_of(kubeconfig(tmp_path, api.url, user={"username": "bob", "password": "pw"})).raw("/version")

    assert tokens(api) == ["Basic Ym9iOnB3"]


def test_a_plugin_gives_the_token(api: Api, tmp_path: Path) -> None:
    """It is run once for many calls."""
    file = kubeconfig(tmp_path, api.url, user=plugin(tmp_path, {"token": "plugged"}))
    api.on("GET /version", VERSION)
    client = client_of(file)

    for _ in range(3):
        client.raw("/version")

    assert tokens(api) == ["Bearer plugged"] * 3
    assert runs(tmp_path) == 1


def test_a_plugin_runs_again_when_its_token_has_ended(api: Api, tmp_path: Path) -> None:
    """By the time that it gave."""
    soon = (datetime.now(UTC) + timedelta(seconds=11)).isoformat(timespec="seconds").replace("+00:00", "Z")
    user = plugin(tmp_path, {"token": "first", "expirationTimestamp": soon}, {"token": "second"})
    cluster = config_of(kubeconfig(tmp_path, api.url, user=user)).cluster
    assert cluster is not None
    now = time.time()
    client = Client(Connection(cluster, lambda: unlock(cluster), lambda: now), namespace="default")
    api.on("GET /version", VERSION)

    client.raw("/version")
    now += 20
    client.raw("/version")

    assert tokens(api) == ["Bearer first", "Bearer second"]


def test_a_plugin_runs_again_when_its_token_is_refused(api: Api, tmp_path: Path) -> None:
    """As after a revocation; the caller notices nothing, be it a write."""
    file = kubeconfig(tmp_path, api.url, user=plugin(tmp_path, {"token": "revoked"}, {"token": "fresh"}))
    api.on("POST /api/v1/pods", guarded("fresh"))

    made = client_of(file).create("/api/v1/pods", {})

    assert made == VERSION.body
    assert tokens(api) == ["Bearer revoked", "Bearer fresh"]


def test_a_token_that_stays_refused_is_told(api: Api, tmp_path: Path) -> None:
    """Whose it is, and what shows it; the token itself is not told."""
    api.on("GET /version", failure(401, "Unauthorized", "Unauthorized"))

    with pytest.raises(AccessError) as caught:
        client_of(kubeconfig(tmp_path, api.url)).raw("/version")

    assert str(caught.value) == (
        "cannot read /version: the cluster does not accept the credentials of user 'here': expired, or revoked\n"
        "  | Unauthorized\n"
        "  try: log in again; kubectl --context here auth whoami"
    )
    assert len(api.asked) == 2


def test_a_plugin_is_told_the_variables_and_the_cluster(api: Api, tmp_path: Path) -> None:
    """As its entry in the kubeconfig asks."""
    seen = tmp_path / "seen"
    user = plugin(
        tmp_path,
        {"token": "x"},
        more=f'echo "$PROFILE $1 $KUBERNETES_EXEC_INFO" >{seen}',
        args=["login"],
        env=[{"name": "PROFILE", "value": "prod"}],
        provideClusterInfo=True,
    )

    client_of(kubeconfig(tmp_path, api.url, user=user))

    profile, argument, info = seen.read_text().split(" ", 2)
    assert (profile, argument) == ("prod", "login")
    assert json.loads(info)["spec"]["cluster"]["server"] == api.url


def test_a_plugin_that_is_not_there_is_named(api: Api, tmp_path: Path) -> None:
    """With what its entry says of how one installs it."""
    entry = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "no-such-plugin",
        "installHint": "Install it from the vendor.",
    }

    with pytest.raises(ConfigError, match="come from the plugin 'no-such-plugin', which is not there") as caught:
        client_of(kubeconfig(tmp_path, api.url, user={"exec": entry}))

    assert caught.value.evidence == ("Install it from the vendor.",)


def test_a_plugin_that_fails_is_quoted(api: Api, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its own words are the evidence; nothing is printed, and no call goes out without credentials."""
    user = plugin(tmp_path, {"token": "x"}, more="echo 'your session has ended' >&2; exit 3")

    with pytest.raises(AccessError, match="gave no credentials for user 'here'") as caught:
        client_of(kubeconfig(tmp_path, api.url, user=user))

    assert "process returned 3. your session has ended" in caught.value.evidence[0]
    assert api.asked == []
    assert capfd.readouterr() == ("", "")


def test_a_plugin_that_gives_nothing_is_an_error(api: Api, tmp_path: Path) -> None:
    """Rather than calls without credentials."""
    with pytest.raises(AccessError, match="gave no credentials"):
        client_of(kubeconfig(tmp_path, api.url, user=plugin(tmp_path, {})))


def test_a_plugin_leaves_the_kubeconfig_as_it_is(api: Api, tmp_path: Path) -> None:
    """What it gave is kept in memory alone."""
    file = kubeconfig(tmp_path, api.url, user=plugin(tmp_path, {"token": "x"}))
    before = file.read_bytes()

    client_of(file)

    assert file.read_bytes() == before


def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    """From a file beside the kubeconfig or from within it, to a server of the kubeconfig's authority."""
    authority = Authority(tmp_path)
    pair = authority.pair("bob")
    inside = {
        "client-certificate-data": base64.b64encode(pair.cert.read_bytes()).decode(),
        "client-key-data": base64.b64encode(pair.key.read_bytes()).decode(),
    }
    beside = {"client-certificate": "bob.crt", "client-key": "bob.key"}
    with serving(authority.context(authority.pair("127.0.0.1", server=True), wants_client=True)) as api:
        api.on("GET /version", VERSION)

        for name, user in (("inside", inside), ("beside", beside)):
            trust = {"certificate-authority": authority.file.name}
            client_of(kubeconfig(tmp_path, api.url, name=name, user=user, cluster=trust)).raw("/version")

    assert api.calls() == ["GET /version", "GET /version"]


def test_a_plugin_may_give_a_certificate(tmp_path: Path) -> None:
    """In place of a token."""
    authority = Authority(tmp_path)
    pair = authority.pair("bob")
    status = {"clientCertificateData": pair.cert.read_text(), "clientKeyData": pair.key.read_text()}
    with serving(authority.context(authority.pair("127.0.0.1", server=True), wants_client=True)) as api:
        api.on("GET /version", VERSION)
        trust = {"certificate-authority": authority.file.name}

        client_of(kubeconfig(tmp_path, api.url, user=plugin(tmp_path, status), cluster=trust)).raw("/version")

    assert api.calls() == ["GET /version"]


def test_a_server_of_another_authority_is_not_trusted(tmp_path: Path) -> None:
    """The error says so, and where to look; no token was sent."""
    authority, other = Authority(tmp_path), Authority(tmp_path, "other")
    with serving(authority.context(authority.pair("127.0.0.1", server=True))) as api:
        client = client_of(kubeconfig(tmp_path, api.url, cluster={"certificate-authority": str(other.file)}))

        with pytest.raises(BackendError, match="its certificate is not trusted at https://127") as caught:
            client.raw("/version")

    assert caught.value.hint == "kubectl --context here config view: certificate-authority, tls-server-name"
    assert api.asked == []


def test_a_server_is_known_by_the_name_that_the_kubeconfig_says(tmp_path: Path) -> None:
    """``tls-server-name``, as behind a tunnel; under its address it is not trusted."""
    authority = Authority(tmp_path)
    with serving(authority.context(authority.pair("api.example", server=True))) as api:
        api.on("GET /version", VERSION)
        trust = {"certificate-authority": str(authority.file)}
        named = kubeconfig(tmp_path, api.url, name="named", cluster=trust | {"tls-server-name": "api.example"})

        client_of(named).raw("/version")
        with pytest.raises(BackendError, match="its certificate is not trusted"):
            client_of(kubeconfig(tmp_path, api.url, cluster=trust)).raw("/version")

    assert api.calls() == ["GET /version"]


def test_a_server_that_is_not_to_be_checked_is_not(tmp_path: Path) -> None:
    """``insecure-skip-tls-verify``, without a warning at each call; doctor says it."""
    authority = Authority(tmp_path)
    with serving(authority.context(authority.pair("api.example", server=True))) as api:
        api.on("GET /version", VERSION)
        file = kubeconfig(tmp_path, api.url, cluster={"insecure-skip-tls-verify": True})

        client_of(file).raw("/version")
        checks = examine_cluster(config_of(file))

    assert checks[0].detail.endswith("its certificate is not checked: insecure-skip-tls-verify")


def test_a_cluster_behind_a_proxy_is_asked_through_it(api: Api, tmp_path: Path) -> None:
    """``proxy-url``, with the proxy's own password for the proxy."""
    api.on("GET http://cluster.invalid/version", VERSION)
    proxy = api.url.replace("http://", "http://bob:pw@")
    file = kubeconfig(tmp_path, "http://cluster.invalid", cluster={"proxy-url": proxy})
    api.on("GET /version", VERSION)

    client_of(file).raw("/version")

    assert api.asked[0].headers["host"] == "cluster.invalid"
    assert api.asked[0].headers["proxy-authorization"] == "Basic Ym9iOnB3"


def test_a_pod_uses_its_own_account(tmp_path: Path) -> None:
    """Token, authority and namespace lie in its files; a token that was renewed there is used."""
    authority = Authority(tmp_path)
    (tmp_path / "ca.crt").write_bytes(authority.file.read_bytes())
    (tmp_path / "token").write_text("mounted")
    (tmp_path / "namespace").write_text("shop")
    with serving(authority.context(authority.pair("127.0.0.1", server=True))) as api:
        api.on("GET /version", VERSION)
        port = api.url.rpartition(":")[2]
        environ = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port}
        cluster, origin = find_cluster(None, environ, account=tmp_path)
        client = Client(Connection(cluster, lambda: unlock(cluster), time.time), namespace=cluster.namespace)

        client.raw("/version")

    assert (cluster.namespace, origin) == ("shop", "in-cluster")
    assert [token.lower() for token in tokens(api)] == ["bearer mounted"]


def test_a_certificate_that_is_not_there_is_named(api: Api, tmp_path: Path) -> None:
    """With the file that is missing."""
    url = api.url.replace("http:", "https:")
    file = kubeconfig(tmp_path, url, cluster={"certificate-authority": "gone.pem"})

    with pytest.raises(ConfigError, match="cannot read the credentials of") as caught:
        client_of(file)

    assert "gone.pem" in caught.value.evidence[0]
