"""Docker's contexts are read as the docker command wrote them; a broken one is named, never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.config.config_files import docker_context

from cloudkit.config.docker_context import context_names, current_context, read_context
from cloudkit.errors import ConfigError


def test_a_context_brings_its_certificates(tmp_path: Path) -> None:
    """They lie beside it, under the digest of its name."""
    docker_context(tmp_path, "far", "tcp://far.example:2376", tls=True)

    endpoint = read_context(tmp_path, "far")

    assert endpoint.tls is not None
    assert endpoint.tls.verify
    assert endpoint.tls.ca is not None
    assert endpoint.tls.ca.name == "ca.pem"


def test_names_are_sorted_with_the_default_first(tmp_path: Path) -> None:
    """The default is there without a file."""
    docker_context(tmp_path, "zoo", "unix:///z")
    docker_context(tmp_path, "ape", "unix:///a")

    assert context_names(tmp_path) == ("default", "ape", "zoo")


def test_no_configuration_means_the_default(tmp_path: Path) -> None:
    """A machine on which docker was never used has the default context."""
    assert current_context(tmp_path) == "default"


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    """With its path, so that it can be mended."""
    (tmp_path / "config.json").write_text(content, encoding="latin-1")

    with pytest.raises(ConfigError, match=str(tmp_path / "config.json")):
        current_context(tmp_path)


def test_a_context_for_something_else_is_refused(tmp_path: Path) -> None:
    """One without a docker endpoint leads nowhere."""
    docker_context(tmp_path, "far", "")

    with pytest.raises(ConfigError, match="has no docker endpoint"):
        read_context(tmp_path, "far")
