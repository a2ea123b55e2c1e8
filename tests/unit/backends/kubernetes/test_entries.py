"""A kubeconfig's fields mean what they mean to kubectl, and its secrets stay where they are."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, serving
from unit.backends.kubernetes.certificates import Authority
from unit.backends.kubernetes.kubeconfig import client_of, config_of, kubeconfig
from unit.backends.kubernetes.test_credentials import plugin, tokens

from cloudkit.backends.kubernetes.bearer import PERIOD, TokenFile
from cloudkit.backends.kubernetes.credentials import unlock
from cloudkit.backends.kubernetes.tls import tls_context
from cloudkit.errors import AccessError, ConfigError

VERSION = Reply(body={"gitVersion": "v1.34.0"})


def test_the_rights_of_somebody_else_are_asked_for(api: Api, tmp_path: Path) -> None:
    """``as`` and what belongs to it: without them a call would have more rights than kubectl's."""
    user = {
        "token": "x",
        "as": "ann",
        "as-uid": "7",
        "as-groups": ["dev", "ops"],
        "as-user-extra": {"example.org/Scope": ["view"]},
    }
    api.on("GET /version", VERSION)

    client_of(kubeconfig(tmp_path, api.url, user=user)).raw("/version")

    met = api.asked[0].headers
    assert (met["impersonate-user"], met["impersonate-uid"]) == ("ann", "7")
    assert met["impersonate-group"] == "dev, ops"
    assert met["impersonate-extra-example.org%2fscope"] == "view"


def test_the_first_file_that_has_a_name_wins_and_paths_start_from_it(api: Api, tmp_path: Path) -> None:
    """Of two kubeconfigs, each with its own folder."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "token").write_text(folder.name)
    files = [kubeconfig(folder, api.url, user={"tokenFile": "token"}) for folder in (first, second)]
    content = json.loads(files[0].read_text())
    files[0].write_text(json.dumps(content | {"users": None}))
    api.on("GET /version", VERSION)

    client_of(*files).raw("/version")

    assert tokens(api) == ["Bearer second"]


def test_a_file_with_a_token_comes_before_a_token(api: Api, tmp_path: Path) -> None:
    """It is the newer one; a line's end in it is none of the token."""
    (tmp_path / "token").write_text("from-file\n")
    api.on("GET /version", VERSION)

    client_of(kubeconfig(tmp_path, api.url, user={"tokenFile": "token", "token": "old"})).raw("/version")

    assert tokens(api) == ["Bearer from-file"]


def test_a_token_in_a_file_is_read_again_after_a_minute(tmp_path: Path) -> None:
    """Before that, and while the file cannot be read, the last one is used."""
    file, now = tmp_path / "token", 0.0
    file.write_text("first")
    token = TokenFile(file, lambda: now)
    file.write_text("second")

    early = token()
    now = PERIOD
    late = token()
    file.unlink()
    now = 2 * PERIOD

    assert (early, late, token()) == ("Bearer first", "Bearer second", "Bearer second")


def test_a_token_that_no_header_can_hold_is_refused_untold(api: Api, tmp_path: Path) -> None:
    """Before any call, and without a word of it."""
    with pytest.raises(ConfigError, match="holds characters that no header can") as caught:
        client_of(kubeconfig(tmp_path, api.url, user={"token": "s3cret\r\nx-evil: 1"}))

    assert "s3cret" not in str(caught.value)


def test_a_kubeconfig_that_is_wrong_says_where(api: Api, tmp_path: Path) -> None:
    """The field, and nothing of what it holds."""
    with pytest.raises(ConfigError, match="cannot read the credentials of") as caught:
        client_of(kubeconfig(tmp_path, api.url, user={"token": ["s3cret"]}))

    assert "token" in caught.value.evidence[0]
    assert "s3cret" not in str(caught.value)


def test_what_holds_secrets_does_not_show_them(api: Api, tmp_path: Path) -> None:
    """Neither a connection nor what it is made of."""
    place = {"proxy-url": "http://bob:hunter2@proxy.example:3128"}
    cluster = config_of(kubeconfig(tmp_path, api.url, cluster=place)).cluster
    assert cluster is not None

    shown = repr(unlock(cluster))

    assert api.url in shown
    assert "s3cret" not in shown
    assert "hunter2" not in shown


def test_a_key_is_left_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though TLS is given keys by file alone."""
    authority, scratch = Authority(tmp_path), tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    pair = authority.pair("bob")
    user = {
        "client-certificate-data": base64.b64encode(pair.cert.read_bytes()).decode(),
        "client-key-data": base64.b64encode(pair.key.read_bytes()).decode(),
    }
    with serving(authority.context(authority.pair("127.0.0.1", server=True), wants_client=True)) as api:
        api.on("GET /version", VERSION)
        trust = {"certificate-authority": authority.file.name}

        client_of(kubeconfig(tmp_path, api.url, user=user, cluster=trust)).raw("/version")

        assert api.calls() == ["GET /version"]
    assert list(scratch.iterdir()) == []


def test_a_certificate_that_the_kubeconfig_names_needs_none_above_it(tmp_path: Path) -> None:
    """The server's own will do, as for kubectl."""
    authority = Authority(tmp_path)
    pair = authority.pair("127.0.0.1", server=True)
    with serving(authority.context(pair)) as api:
        api.on("GET /version", VERSION)

        client_of(kubeconfig(tmp_path, api.url, cluster={"certificate-authority": pair.cert.name})).raw("/version")

    assert api.calls() == ["GET /version"]


def test_an_authority_without_key_identifiers_is_trusted(tmp_path: Path) -> None:
    """As managed clusters have them: no Python asks more of it than kubectl does; of the system's, it may."""
    authority = Authority(tmp_path).file.read_bytes()

    context = tls_context(authority=authority, pair=None, verified=True)

    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1


def test_a_plugin_sees_the_authority_and_what_is_meant_for_it(api: Api, tmp_path: Path) -> None:
    """The authority's file as data; of the extensions, the one that plugins have."""
    seen = tmp_path / "seen"
    (tmp_path / "ca.pem").write_bytes(b"PEM")
    user = plugin(tmp_path, {"token": "x"}, more=f'echo "$KUBERNETES_EXEC_INFO" >{seen}', provideClusterInfo=True)
    place = {
        "certificate-authority": "ca.pem",
        "extensions": [
            {"name": "other", "extension": {"no": 1}},
            {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}},
        ],
    }

    client_of(kubeconfig(tmp_path, api.url, user=user, cluster=place))

    assert json.loads(seen.read_text())["spec"] == {
        "interactive": False,
        "cluster": {
            "server": api.url,
            "certificate-authority-data": base64.b64encode(b"PEM").decode(),
            "config": {"audience": "a"},
        },
    }


def test_a_plugin_takes_nothing_of_a_programs_input(api: Api, tmp_path: Path) -> None:
    """What is piped into a command is the command's."""
    user = plugin(tmp_path, {"token": "x"}, more="cat >/dev/null")
    file = kubeconfig(tmp_path, api.url, user=user)
    program = "import sys; from cloudkit import Cloud; Cloud('kubernetes').backend; print(sys.stdin.read())"

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"KUBECONFIG": str(file), "HOME": str(tmp_path), "CLOUDKIT_CONFIG": "", "PATH": "/usr/bin:/bin"},
        input="mine",
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout == "mine\n"


def test_a_plugin_that_must_ask_a_person_needs_one(api: Api, tmp_path: Path) -> None:
    """Without a terminal it is not run."""
    user = plugin(tmp_path, {"token": "x"}, interactiveMode="Always")

    with pytest.raises(ConfigError, match="wants to ask a person, and here is no terminal"):
        client_of(kubeconfig(tmp_path, api.url, user=user))

    assert not (tmp_path / "count").exists()


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("no json", "what it printed is not understood"),
        ('{"apiVersion": "v0", "kind": "ExecCredential"}', "it speaks v0, and the kubeconfig says client."),
    ],
)
def test_a_plugin_that_is_not_understood_is_told(api: Api, tmp_path: Path, printed: str, said: str) -> None:
    """With what is wrong, and without what it printed."""
    user = plugin(tmp_path, {"token": "x"}, more=f"echo '{printed}'; exit 0")

    with pytest.raises(AccessError, match="gave no credentials") as caught:
        client_of(kubeconfig(tmp_path, api.url, user=user))

    assert said in str(caught.value)
