"""The docker command is found with its buildx, and pointed at the same engine as the SDK."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.config import Config, Endpoint, Tls
from cloudkit.engine.docker_command import docker_command


def program(file: Path, text: str) -> None:
    """Write a program."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A machine with a docker command whose buildx says the version in a file beside it."""
    program(tmp_path / "bin" / "docker", f"echo github.com/docker/buildx $(cat {tmp_path}/version) abc")
    program(tmp_path / "docker" / "cli-plugins" / "docker-buildx", "")
    (tmp_path / "version").write_text("v0.30.1")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    return Config(endpoint=Endpoint(host="unix:///x.sock"), docker_config=tmp_path / "docker")


@pytest.mark.parametrize(
    ("version", "read", "builds"),
    [("v0.30.1", "0.30.1", True), ("v0.12.9", "0.12.9", False), ("v0.0.0+unknown", "0.0.0", True), ("", None, False)],
)
def test_buildx_counts_from_the_version_with_readable_progress(
    config: Config, tmp_path: Path, version: str, read: str | None, *, builds: bool
) -> None:
    """One that was built from source says 0.0.0, and is taken for new."""
    (tmp_path / "version").write_text(version)

    command = docker_command(config)

    assert command is not None
    assert (command.buildx, command.builds) == (read, builds)


def test_without_the_plugin_there_is_no_buildx(config: Config) -> None:
    """The docker command alone is not enough."""
    (config.docker_config / "cli-plugins" / "docker-buildx").unlink()

    command = docker_command(config)

    assert command is not None
    assert not command.builds


def test_without_the_docker_command_there_is_none(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is guessed."""
    monkeypatch.setenv("PATH", "/nonexistent")

    assert docker_command(config) is None


def test_plugins_in_the_folders_of_the_configuration_count(config: Config, tmp_path: Path) -> None:
    """As ``cliPluginsExtraDirs`` says."""
    (config.docker_config / "cli-plugins" / "docker-buildx").unlink()
    program(tmp_path / "extra" / "docker-buildx", "")
    (config.docker_config / "config.json").write_text(f'{{"cliPluginsExtraDirs": ["{tmp_path}/extra"]}}')

    command = docker_command(config)

    assert command is not None
    assert command.builds


def test_the_environment_points_at_the_same_engine(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the process's own says."""
    monkeypatch.setenv("DOCKER_CONTEXT", "other")
    monkeypatch.setenv("DOCKER_HOST", "tcp://other.example:1")
    monkeypatch.setenv("DOCKER_API_VERSION", "1.12")
    monkeypatch.setenv("KEPT", "yes")

    command = docker_command(config)

    assert command is not None
    assert command.environment["DOCKER_HOST"] == "unix:///x.sock"
    assert command.environment["DOCKER_CONFIG"] == str(config.docker_config)
    assert command.environment["KEPT"] == "yes"
    assert not {"DOCKER_CONTEXT", "DOCKER_API_VERSION"} & set(command.environment)


def test_a_context_is_handed_on_by_name(config: Config) -> None:
    """It brings its own certificates and ssh."""
    endpoint = Endpoint(host="ssh://me@far.example", context="far")

    command = docker_command(Config(endpoint=endpoint, docker_config=config.docker_config))

    assert command is not None
    assert command.environment["DOCKER_CONTEXT"] == "far"
    assert "DOCKER_HOST" not in command.environment


def test_certificates_are_handed_on(config: Config, tmp_path: Path) -> None:
    """By their folder."""
    endpoint = Endpoint(host="tcp://far.example:2376", tls=Tls(ca=tmp_path / "certs" / "ca.pem"))

    command = docker_command(Config(endpoint=endpoint, docker_config=config.docker_config))

    assert command is not None
    assert command.environment["DOCKER_TLS_VERIFY"] == "1"
    assert command.environment["DOCKER_CERT_PATH"] == str(tmp_path / "certs")
