"""Which BuildKit builds for a cluster: its address, and its certificates by folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.config.builder import find_builder
from cloudkit.errors import ConfigError


@pytest.mark.parametrize("address", ["tcp://b:1234", "tcp://[::1]:1", "unix:///run/b.sock", "docker-container://b"])
def test_an_address(address: str) -> None:
    """It is taken as it was given, with its origin."""
    found = find_builder([{"builder": (address, "argument")}])

    assert found is not None
    assert (str(found[0]), found[1]) == (address, "argument")


@pytest.mark.parametrize("address", ["builder:1234", "tcp://builder", "ssh://me:secret@b", "tcp://b:1 --x", "unix://b"])
def test_no_address(address: str) -> None:
    """The error names the setting, its origin and what is allowed."""
    with pytest.raises(ConfigError, match=r"builder is '.*' \(CLOUDKIT_BUILDER\); it is kubernetes, tcp://host:port"):
        find_builder([{"builder": (address, "CLOUDKIT_BUILDER")}])


def test_certificates_lie_in_a_folder(tmp_path: Path) -> None:
    """By docker's names; a folder that lacks one is an error that names it."""
    layers = [{"builder": ("tcp://b:1", "argument"), "builder_tls": (str(tmp_path), "argument")}]
    (tmp_path / "ca.pem").touch()
    with pytest.raises(ConfigError, match=r"lacks cert\.pem, key\.pem"):
        find_builder(layers)
    (tmp_path / "cert.pem").touch()
    (tmp_path / "key.pem").touch()

    found = find_builder(layers)

    assert found is not None
    assert found[0].tls is not None
    assert found[0].tls.ca == tmp_path / "ca.pem"


def test_the_one_in_the_cluster_has_no_address_and_an_image() -> None:
    """The image is the one that is named, else cloudkit's own choice, and is checked."""
    layers = [{"builder": ("kubernetes", "argument")}, {"builder_image": ("r.example/buildkit:1", "cloudkit.toml")}]

    found = find_builder(layers)

    assert found is not None
    assert (found[0].in_cluster, found[0].image) == (True, "r.example/buildkit:1")
    with pytest.raises(ConfigError, match=r"builder_image is 'NO' \(env\); it is no image reference"):
        find_builder([{"builder": ("kubernetes", "argument"), "builder_image": ("NO", "env")}])
