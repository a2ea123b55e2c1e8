"""Each value comes from the strongest place that has it, and remembers which one that was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from unit.config.config_files import docker_context

from cloudkit.config import Config
from cloudkit.errors import ConfigError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with nothing in it."""
    return tmp_path


def resolved(home: Path, **environ: str) -> Config:
    """Resolve with an environment of its own."""
    return Config.resolve(folder=home, environ={"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run")} | environ)


def test_with_nothing_said_the_defaults_hold(home: Path) -> None:
    """Backend docker, namespace cloudkit, the default sockets; and each says that it is a default."""
    config = resolved(home)

    assert (config.backend, config.namespace) == ("docker", "cloudkit")
    assert config.endpoint is not None
    assert config.endpoint.host.startswith("unix://")
    assert [row.origin for row in config.sources] == ["default", "default", "default", "default sockets", "default"]


def test_an_argument_beats_all_else(home: Path) -> None:
    """Argument over variable over project file over user file, value by value."""
    (home / "cloudkit.toml").write_text("namespace = 'project'\nbalancer_image = 'project:1'\n")
    user = home / ".config" / "cloudkit" / "config.toml"
    user.parent.mkdir(parents=True)
    user.write_text("namespace = 'user'\nbalancer_image = 'user:1'\nhost = 'unix:///user.sock'\n")

    config = Config.resolve(
        namespace="argument", folder=home, environ={"HOME": str(home), "CLOUDKIT_BACKEND": "docker"}
    )

    assert config.namespace == "argument"
    assert config.balancer_image == "project:1"
    assert config.endpoint is not None
    assert config.endpoint.host == "unix:///user.sock"
    assert {row.name: row.origin for row in config.sources} == {
        "backend": "CLOUDKIT_BACKEND",
        "namespace": "argument",
        "balancer_image": str(home / "cloudkit.toml"),
        "endpoint": str(user),
        "journal": "default",
    }


def test_docker_host_beats_docker_context_and_the_current_one(home: Path) -> None:
    """As the docker command has it."""
    docker_context(home / ".docker", "far", "tcp://far.example:2375", current=True)

    config = resolved(home, DOCKER_HOST="tcp://near.example:2375", DOCKER_CONTEXT="far")

    assert config.endpoint is not None
    assert config.endpoint.host == "tcp://near.example:2375"
    assert config.sources["endpoint"].origin == "DOCKER_HOST"


def test_a_context_of_an_argument_beats_docker_host(home: Path) -> None:
    """What is said to cloudkit counts before what is said to docker."""
    docker_context(home / ".docker", "far", "ssh://me@far.example")

    config = Config.resolve(
        context="far", folder=home, environ={"HOME": str(home), "DOCKER_HOST": "tcp://near.example:2375"}
    )

    assert config.endpoint is not None
    assert (config.endpoint.host, config.endpoint.context) == ("ssh://me@far.example", "far")
    assert config.sources["context"].origin == "argument"


def test_the_current_context_is_followed(home: Path) -> None:
    """What ``docker context use`` chose is where cloudkit goes too."""
    docker_context(home / ".docker", "far", "tcp://far.example:2375", current=True)

    config = resolved(home)

    assert config.endpoint is not None
    assert config.endpoint.context == "far"
    assert "current context" in config.sources["endpoint"].origin


@pytest.mark.parametrize("environ", [{"DOCKER_CONTEXT": "prdo"}, {"CLOUDKIT_CONTEXT": "prdo"}])
def test_an_unknown_context_is_an_error_that_names_the_known_ones(home: Path, environ: dict[str, str]) -> None:
    """Never a silent fallback to another engine."""
    docker_context(home / ".docker", "prod", "tcp://prod.example:2375")

    with pytest.raises(ConfigError, match="'prdo' is not known; known are: default, prod"):
        resolved(home, **environ)


def test_a_current_context_that_is_gone_is_an_error(home: Path) -> None:
    """A context that was removed behind docker's back is not replaced by the default engine."""
    (home / ".docker").mkdir()
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": "gone"}))

    with pytest.raises(ConfigError, match="'gone' is not known"):
        resolved(home)


def test_a_host_and_a_context_at_once_are_refused(home: Path) -> None:
    """Both name the engine; neither is guessed to count more."""
    with pytest.raises(ConfigError, match="both a host and a context"):
        Config.resolve(host="unix:///x", context="default", folder=home, environ={"HOME": str(home)})


def test_the_memory_backend_needs_no_engine(home: Path) -> None:
    """Nothing is looked for, so nothing is missing: not even a broken context counts."""
    config = Config.resolve("memory", folder=home, environ={"HOME": str(home), "DOCKER_CONTEXT": "gone"})

    assert config.endpoint is None


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"CLOUDKIT_BACKEND": "swarm"},
            "backend is 'swarm' \\(CLOUDKIT_BACKEND\\); known are: docker, kubernetes, memory",
        ),
        ({"CLOUDKIT_NAMESPACE": "Big Shop"}, "namespace is 'Big Shop'"),
        ({"CLOUDKIT_NAMESPACE": "a" * 64}, "namespace is"),
        ({"DOCKER_HOST": "localhost"}, "DOCKER_HOST is 'localhost'; an engine's address is"),
        ({"CLOUDKIT_HOST": "tcp:// blank"}, "CLOUDKIT_HOST is"),
    ],
)
def test_a_wrong_value_says_where_it_came_from(home: Path, environ: dict[str, str], message: str) -> None:
    """The text names the variable, what it holds and what is allowed."""
    with pytest.raises(ConfigError, match=message):
        resolved(home, **environ)


def test_credentials_in_an_address_are_never_shown(home: Path) -> None:
    """Neither in the table of sources nor in an error."""
    config = resolved(home, DOCKER_HOST="ssh://me:hunter2@far.example")

    with pytest.raises(ConfigError) as error:
        resolved(home, DOCKER_HOST="ftp://me:hunter2@far.example")

    assert "hunter2" not in str(config.sources)
    assert "hunter2" not in str(error.value)


def test_the_sources_are_a_table(home: Path) -> None:
    """One line a value: setting, value, from."""
    lines = str(resolved(home).sources).splitlines()

    assert lines[0].split() == ["setting", "value", "from"]
    assert [line.split()[0] for line in lines[1:]] == ["backend", "namespace", "balancer_image", "endpoint", "journal"]


def test_certificates_of_the_environment_belong_to_tcp_alone(home: Path) -> None:
    """A unix socket speaks plainly, whatever the variables say."""
    (home / "certs").mkdir()
    for kind in ("ca", "cert", "key"):
        (home / "certs" / f"{kind}.pem").write_text("")
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(home / "certs")}

    far = resolved(home, DOCKER_HOST="tcp://far.example:2376", **environ).endpoint
    near = resolved(home, DOCKER_HOST="unix:///x.sock", **environ).endpoint

    assert far is not None
    assert far.tls is not None
    assert far.tls.verify
    assert far.tls.key == home / "certs" / "key.pem"
    assert near is not None
    assert near.tls is None


def test_the_process_environment_is_read_when_called(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the module is imported."""
    monkeypatch.setenv("CLOUDKIT_NAMESPACE", "now")

    assert Config.resolve(host="unix:///x.sock", folder=home).namespace == "now"
