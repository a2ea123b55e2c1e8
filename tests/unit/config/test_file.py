"""The project's file is found upward, holds values alone, and is read only when its folder is the user's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cloudkit.config.file import project_file, read_settings, user_file
from cloudkit.errors import ConfigError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


def test_it_is_found_from_a_folder_below(tmp_path: Path) -> None:
    """The nearest one upward counts."""
    (tmp_path / "cloudkit.toml").write_text("")
    (tmp_path / "a" / "b").mkdir(parents=True)

    assert project_file(tmp_path / "a" / "b", {}) == (tmp_path / "cloudkit.toml").resolve()


@needs_root
@pytest.mark.parametrize("foreign", ["cloudkit.toml", "."])
def test_a_file_or_folder_of_somebody_else_is_refused_by_name(tmp_path: Path, foreign: str) -> None:
    """The error says whose it is and how to trust it."""
    (tmp_path / "cloudkit.toml").write_text("namespace = 'theirs'")
    os.chown(tmp_path / foreign, 54321, 54321)

    with pytest.raises(ConfigError, match=r"is not read: .* belongs to user 54321") as error:
        project_file(tmp_path, {})

    assert f"CLOUDKIT_CONFIG={tmp_path / 'cloudkit.toml'}" in error.value.hint


def test_a_file_that_anyone_may_write_is_refused(tmp_path: Path) -> None:
    """Its owner is then not who wrote it."""
    file = tmp_path / "cloudkit.toml"
    file.write_text("")
    file.chmod(0o666)

    with pytest.raises(ConfigError, match="anyone may write to it"):
        project_file(tmp_path, {})


@needs_root
def test_the_user_behind_sudo_is_trusted(tmp_path: Path) -> None:
    """Root by sudo works in the folders of the one who asked."""
    file = tmp_path / "cloudkit.toml"
    file.write_text("")
    os.chown(file, 54321, 54321)

    assert project_file(tmp_path, {"SUDO_UID": "54321"}) == file.resolve()


@needs_root
def test_a_file_that_is_named_is_trusted(tmp_path: Path) -> None:
    """Naming it is the consent."""
    file = tmp_path / "cloudkit.toml"
    file.write_text("")
    os.chown(file, 54321, 54321)

    assert project_file(Path("/"), {"CLOUDKIT_CONFIG": str(file)}) == file


def test_an_empty_name_reads_none(tmp_path: Path) -> None:
    """The way out where a file is in the way."""
    (tmp_path / "cloudkit.toml").write_text("broken")

    assert project_file(tmp_path, {"CLOUDKIT_CONFIG": ""}) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("namespac = 'x'", "'namespac', which is not known"),
        ("namespace = 3", "namespace in .* is no text"),
        ("namespace = ''", "namespace in .* is no text"),
        ("namespace", "cannot read"),
        ("[run]\ncommand = 'rm -rf /'", "'run', which is not known"),
    ],
)
def test_what_is_no_known_value_is_refused(tmp_path: Path, content: str, message: str) -> None:
    """Nothing in a file is passed over, and nothing in it can be run."""
    file = tmp_path / "cloudkit.toml"
    file.write_text(content)

    with pytest.raises(ConfigError, match=message):
        read_settings(file)


def test_a_near_miss_is_offered(tmp_path: Path) -> None:
    """As the fix of the error."""
    file = tmp_path / "cloudkit.toml"
    file.write_text("namespac = 'x'")

    with pytest.raises(ConfigError) as error:
        read_settings(file)

    assert error.value.hint == "namespace = ..."


def test_the_users_file_follows_xdg() -> None:
    """XDG_CONFIG_HOME where it is set, else .config at home."""
    assert user_file({"XDG_CONFIG_HOME": "/x"}) == Path("/x/cloudkit/config.toml")
    assert user_file({"HOME": "/h"}) == Path("/h/.config/cloudkit/config.toml")
