"""What is missing on a machine is said with the command that mends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cloudkit.config import Config, Endpoint
from cloudkit.engine.doctor import examine, mend
from cloudkit.errors import UnsupportedError
from cloudkit.model.check import Check
from cloudkit.model.progress import silent


def checked(tmp_path: Path, settings: object = None) -> dict[str, Check]:
    """Examine a machine without an engine, with a docker configuration of its own."""
    if settings is not None:
        (tmp_path / "config.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
    config = Config(endpoint=Endpoint(host=f"unix://{tmp_path}/none.sock"), docker_config=tmp_path)
    return {check.name: check for check in examine(config)}


def test_no_engine_does_not_end_the_examination(tmp_path: Path) -> None:
    """What can be looked at without one is looked at."""
    checks = checked(tmp_path)

    assert not checks["engine"].ok
    assert f"{tmp_path}/none.sock" in checks["engine"].detail
    assert {"docker command", "buildx", "credentials"} <= set(checks)


def test_an_engine_that_somebody_chose_is_not_installed(tmp_path: Path) -> None:
    """Only the default one can be had from the distribution."""
    assert not checked(tmp_path)["engine"].fixable


def test_helpers_that_are_not_there_are_named(tmp_path: Path) -> None:
    """Both the store for all and those for single registries."""
    check = checked(tmp_path, {"credsStore": "nosuch-a", "credHelpers": {"r.example": "nosuch-b"}})["credentials"]

    assert not check.ok
    assert "docker-credential-nosuch-a, docker-credential-nosuch-b" in check.detail


def test_accounts_are_listed_without_their_secrets(tmp_path: Path) -> None:
    """Where there are credentials for, not which."""
    check = checked(tmp_path, {"auths": {"registry.example": {"auth": "c2VjcmV0"}}})["credentials"]

    assert check.ok
    assert check.detail == "for registry.example"


@pytest.mark.parametrize("settings", ["{", "[]"])
def test_a_broken_configuration_is_named(tmp_path: Path, settings: str) -> None:
    """With its path."""
    check = checked(tmp_path, settings)["credentials"]

    assert not check.ok
    assert str(tmp_path / "config.json") in check.fix


def test_a_backend_without_an_engine_needs_none() -> None:
    """Nothing is missing for the memory backend."""
    assert [check.ok for check in examine(Config(backend="memory"))] == [True]


def test_what_cannot_be_mended_from_here_says_so() -> None:
    """With what the user can do."""
    with pytest.raises(UnsupportedError) as error:
        mend(Check(name="disk", ok=False, fix="docker system prune"), Config(), listener=silent)

    assert error.value.hint == "docker system prune"
