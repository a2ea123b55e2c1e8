"""A cluster is found as kubectl finds it; and who has an engine and a cluster is not surprised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.config.config_files import docker_context

from cloudkit.config import Config
from cloudkit.config.choice import choose_backend
from cloudkit.config.cluster import find_cluster
from cloudkit.config.layers import layers_of
from cloudkit.errors import ConfigError


def write(file: Path, *contexts: str, current: str | None = None, **namespaces: str) -> Path:
    """Write a kubeconfig; each context has a cluster and a user of its name."""
    content: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.example:6443/"}} for name in contexts],
        "users": [{"name": name, "user": {"token": "s3cret"}} for name in contexts],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": name, "namespace": namespaces.get(name)}}
            for name in contexts
        ],
    }
    for one in content["contexts"]:
        if one["context"]["namespace"] is None:
            del one["context"]["namespace"]
    content |= {"current-context": current} if current is not None else {}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def resolved(home: Path, backend: str | None = "kubernetes", context: str | None = None, **environ: str) -> Config:
    """Resolve with an environment of its own."""
    environ = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run")} | environ
    return Config.resolve(backend, context=context, folder=home, environ=environ)


def test_the_current_context_of_the_users_kubeconfig_is_meant(tmp_path: Path) -> None:
    """With its namespace; and each value says where it came from."""
    file = write(tmp_path / ".kube" / "config", "dev", "prod", current="dev", dev="shop")

    config = resolved(tmp_path)

    assert config.cluster is not None
    assert (config.cluster.server, config.cluster.context) == ("https://dev.example:6443", "dev")
    assert config.endpoint is None
    assert [(row.name, row.value, row.origin) for row in config.sources] == [
        ("backend", "kubernetes", "argument"),
        ("namespace", "shop", "context dev"),
        ("context", "dev", f"current context in {file}"),
        ("endpoint", "https://dev.example:6443", f"current context in {file}"),
        ("registry", "", "default"),
        ("journal", str(tmp_path / ".local/state/cloudkit/journal.sqlite"), "default"),
    ]


def test_a_context_by_name_beats_the_current_one(tmp_path: Path) -> None:
    """And a namespace that is said beats the context's; one that nobody says is ``default``."""
    write(tmp_path / ".kube" / "config", "dev", "prod", current="dev", dev="shop")

    assert resolved(tmp_path, context="prod").namespace == "default"
    assert resolved(tmp_path, CLOUDKIT_CONTEXT="prod").sources["context"].origin == "CLOUDKIT_CONTEXT"
    assert resolved(tmp_path, CLOUDKIT_NAMESPACE="mine").namespace == "mine"


def test_of_several_files_the_first_one_wins(tmp_path: Path) -> None:
    """Value by value, as kubectl has it; a file that is not there is passed over."""
    first = write(tmp_path / "a", "dev")
    second = write(tmp_path / "b", "dev", "prod", current="prod")
    second.write_text(second.read_text().replace("dev.example", "other.example"))
    third = write(tmp_path / "c", "test", current="test")
    listed = f"{tmp_path}/none::{first}:{second}:{third}"

    config = resolved(tmp_path, KUBECONFIG=listed)

    assert config.cluster is not None
    assert config.cluster.context == "prod"
    assert config.cluster.files == (first, second, third)
    named = resolved(tmp_path, context="dev", KUBECONFIG=listed).cluster
    assert named is not None
    assert named.server == "https://dev.example:6443"


def test_a_context_of_one_file_may_name_a_cluster_of_another(tmp_path: Path) -> None:
    """The files are read together."""
    cluster = write(tmp_path / "a", "dev")
    context = tmp_path / "b"
    context.write_text(
        "contexts:\n- name: mine\n  context: {cluster: dev, user: me}\ncurrent-context: mine\nusers: null\n"
    )

    config = resolved(tmp_path, KUBECONFIG=f"{context}:{cluster}")

    assert config.cluster is not None
    assert (config.cluster.server, config.cluster.user) == ("https://dev.example:6443", "me")


@pytest.mark.parametrize(
    ("content", "context", "words"),
    [
        ("contexts: []", None, "no context is current in .*; known are: none"),
        ("contexts: [{name: a}]", "b", "context 'b' is not known in .*; known are: a"),
        ("contexts: [{name: a, context: {cluster: x}}]", "a", "context 'a' in .* names no cluster that has a server"),
        ("contexts: {", "a", "cannot read .*kubeconfig"),
        ("- a\n- b", "a", "cannot read .*kubeconfig: Expected `object"),
        ("", None, "no context is current in .*; known are: none"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere_is_an_error(
    tmp_path: Path, content: str, context: str | None, words: str
) -> None:
    """Never a fallback; the error says what there is."""
    file = tmp_path / "kubeconfig"
    file.write_text(content)

    with pytest.raises(ConfigError, match=words):
        resolved(tmp_path, context=context, KUBECONFIG=str(file))


@pytest.mark.parametrize("environ", [{}, {"KUBECONFIG": "/nowhere/a:/nowhere/b"}])
def test_no_kubeconfig_at_all_is_an_error(tmp_path: Path, environ: dict[str, str]) -> None:
    """It names the files that were looked for."""
    named = "KUBECONFIG names /nowhere/a or /nowhere/b" if environ else f"there is no {tmp_path}/.kube/config"

    with pytest.raises(ConfigError, match=f"no cluster is configured: {named}"):
        resolved(tmp_path, **environ)


def test_a_secret_of_a_kubeconfig_is_in_no_text(tmp_path: Path) -> None:
    """A configuration holds where a cluster is, not how one gets in."""
    write(tmp_path / ".kube" / "config", "dev", current="dev")

    config = resolved(tmp_path)

    assert "s3cret" not in f"{config!r} {config.sources} {config.cluster}"


@pytest.mark.parametrize("registry", ["localhost:5000", "registry.example", "registry.example/team/apps"])
def test_a_registry_is_a_host_or_a_folder_of_one(tmp_path: Path, registry: str) -> None:
    """As references begin."""
    write(tmp_path / ".kube" / "config", "dev", current="dev")

    assert resolved(tmp_path, CLOUDKIT_REGISTRY=registry).registry == registry


@pytest.mark.parametrize("registry", ["https://registry.example", "team", "registry.example/", "localhost:5000/x:1"])
def test_a_registry_that_is_none_is_refused(tmp_path: Path, registry: str) -> None:
    """When it is read, not at the first push."""
    write(tmp_path / ".kube" / "config", "dev", current="dev")

    with pytest.raises(ConfigError, match=r"registry is '.*' \(CLOUDKIT_REGISTRY\)"):
        resolved(tmp_path, CLOUDKIT_REGISTRY=registry)


def test_the_engine_beside_a_cluster_is_the_one_that_docker_finds(tmp_path: Path) -> None:
    """A context that names the cluster does not name the engine; a host does."""
    write(tmp_path / ".kube" / "config", "dev", current="dev")
    docker_context(tmp_path / ".docker", "far", "ssh://me@far.example", current=True)
    config = resolved(tmp_path, context="dev")
    told = resolved(tmp_path, CLOUDKIT_HOST="tcp://near.example:2375")

    found, named = config.engine({"HOME": str(tmp_path)}), told.engine({"HOME": str(tmp_path)})

    assert found.endpoint is not None
    assert (found.backend, found.endpoint.host, found.cluster) == ("docker", "ssh://me@far.example", None)
    assert named.endpoint is not None
    assert named.endpoint.host == "tcp://near.example:2375"


def test_a_kubeconfig_that_lies_there_chooses_nothing(tmp_path: Path) -> None:
    """Who has both an engine and a cluster works on the engine until told."""
    file = write(tmp_path / ".kube" / "config", "dev", current="dev")

    assert resolved(tmp_path, backend=None).backend == "docker"
    assert resolved(tmp_path, backend=None, KUBECONFIG=str(file)).backend == "docker"


def test_a_context_that_only_kubectl_knows_means_its_cluster(tmp_path: Path) -> None:
    """One that docker knows, too, stays docker's."""
    write(tmp_path / ".kube" / "config", "prod", "both", "default")
    docker_context(tmp_path / ".docker", "both", "ssh://me@far.example")

    config = resolved(tmp_path, backend=None, context="prod")

    assert (config.backend, config.sources["backend"].origin) == ("kubernetes", "context prod (argument)")
    assert resolved(tmp_path, backend=None, context="both").backend == "docker"
    assert resolved(tmp_path, backend=None, context="default").backend == "docker"
    assert resolved(tmp_path, backend="kubernetes", context="both").cluster is not None


def test_a_context_that_nobody_knows_names_those_of_both(tmp_path: Path) -> None:
    """Never a silent fallback."""
    write(tmp_path / ".kube" / "config", "dev", "prod")

    with pytest.raises(
        ConfigError, match="context 'prd' is not known; docker knows: default; kubectl knows: dev, prod"
    ):
        resolved(tmp_path, backend=None, context="prd")


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """What a pod finds of its service account."""
    folder = tmp_path / "account"
    folder.mkdir()
    (folder / "token").write_text("mounted")
    (folder / "namespace").write_text("shop\n")
    return folder


POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.mark.parametrize(
    ("said", "environ", "backend"),
    [
        ({}, {}, ("kubernetes", "in-cluster")),
        ({"backend": "docker"}, {}, ("docker", "argument")),
        ({"host": "unix:///run/docker.sock"}, {}, ("docker", "default")),
        ({}, {"DOCKER_HOST": "tcp://docker:2375"}, ("docker", "default")),
        ({}, {"DOCKER_CONTEXT": "far"}, ("docker", "default")),
        ({"context": "default"}, {}, ("docker", "default")),
    ],
)
def test_in_a_pod_its_own_cluster_is_meant_until_an_engine_is_named(
    tmp_path: Path, account: Path, said: dict[str, str], environ: dict[str, str], backend: tuple[str, str]
) -> None:
    """What somebody said counts before what is found."""
    environ = {"HOME": str(tmp_path)} | POD | environ
    layers = layers_of(said, tmp_path, environ)

    assert choose_backend(layers, environ, tmp_path / ".docker", account) == backend


def test_a_pod_without_an_account_is_no_way_into_its_cluster(tmp_path: Path) -> None:
    """As cloudkit's own apps are: they are given no token."""
    environ = {"HOME": str(tmp_path)} | POD

    assert choose_backend([], environ, tmp_path / ".docker", tmp_path / "none") == ("docker", "default")


@pytest.mark.parametrize("host", ["10.96.0.1", "fd00::1"])
def test_a_pod_finds_its_cluster_and_namespace(tmp_path: Path, account: Path, host: str) -> None:
    """Unless a context or KUBECONFIG says otherwise."""
    environ = {"HOME": str(tmp_path)} | POD | {"KUBERNETES_SERVICE_HOST": host}
    file = write(tmp_path / "config", "dev", current="dev")

    inside, origin = find_cluster(None, environ, account)
    outside, _ = find_cluster(None, environ | {"KUBECONFIG": str(file)}, account)

    shown = f"[{host}]" if ":" in host else host
    assert (inside.server, inside.namespace, inside.account, origin) == (
        f"https://{shown}:443",
        "shop",
        account,
        "in-cluster",
    )
    assert (outside.context, outside.account) == ("dev", None)
