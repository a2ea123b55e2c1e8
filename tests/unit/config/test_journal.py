"""Where the journal is kept: argument, environment, files, the user's state folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.config.journal import find_journal, journal_shown
from cloudkit.config.settings import Config
from cloudkit.errors import ConfigError


def resolved(home: Path, **environ: str) -> Config:
    """Resolve with an environment of its own."""
    return Config.resolve("docker", host="unix:///run/x", folder=home, environ={"HOME": str(home)} | environ)


def test_without_a_word_it_is_in_the_users_state_folder(tmp_path: Path) -> None:
    """By the XDG base directories."""
    config = resolved(tmp_path)

    assert config.journal == f"{tmp_path}/.local/state/cloudkit/journal.sqlite"
    assert config.sources["journal"].origin == "default"
    assert resolved(tmp_path, XDG_STATE_HOME="/var/s").journal == "/var/s/cloudkit/journal.sqlite"


@pytest.mark.parametrize("value", ["off", "memory", "/a/file.db", "postgresql://ann@db/team"])
def test_the_environment_says_where(tmp_path: Path, value: str) -> None:
    """A file, a database, or nowhere."""
    config = resolved(tmp_path, CLOUDKIT_JOURNAL=value)

    assert (config.journal, config.sources["journal"].origin) == (value, "CLOUDKIT_JOURNAL")


def test_a_file_says_where(tmp_path: Path) -> None:
    """A path of the user's home is meant so."""
    (tmp_path / "cloudkit.toml").write_text("journal = '~/j.db'\n")

    assert resolved(tmp_path).journal == str(Path("~/j.db").expanduser())


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    """Neither by the sources nor by a repr."""
    url = "postgresql://ann:hunter2@db/team?sslmode=require&password=hunter2"
    config = resolved(tmp_path, CLOUDKIT_JOURNAL=url)

    assert config.journal == url
    assert config.sources["journal"].value == "postgresql://ann:***@db/team?sslmode=require&password=***"
    assert "hunter2" not in repr(config) + str(config.sources)
    assert journal_shown("/a/file") == "/a/file"


@pytest.mark.parametrize("value", ["mysql://db/x", "https://db", "a\0b"])
def test_what_is_neither_is_refused(value: str) -> None:
    """With its origin and what is allowed."""
    with pytest.raises(ConfigError, match="it is a file, postgresql://host/name, or off"):
        find_journal([{"journal": (value, "CLOUDKIT_JOURNAL")}], {}, "docker")


def test_a_twins_journal_lives_as_long_as_the_twin() -> None:
    """What a machine is configured to keep is not for it; an argument is."""
    assert find_journal([{}, {"journal": ("/a", "CLOUDKIT_JOURNAL")}], {}, "memory") == ("memory", "default")
    assert find_journal([{"journal": ("/a", "argument")}], {}, "memory") == ("/a", "argument")
