"""A secret reaches the builder by its environment or as a file, and no text ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.engine.build_secrets import mask_for, secret_options
from cloudkit.errors import NotFoundError, UsageError
from cloudkit.model.secret import Secret


def test_a_value_travels_by_the_environment() -> None:
    """The options name a variable, not the value."""
    options, environment = secret_options({"token": Secret("hunter2")})

    assert options == ["--secret=id=token,env=CLOUDKIT_BUILD_SECRET_0"]
    assert environment == {"CLOUDKIT_BUILD_SECRET_0": "hunter2"}


def test_a_file_is_named_by_its_whole_path(tmp_path: Path) -> None:
    """Quoted where the option's own grammar needs it."""
    file = tmp_path / 'a,b"c'
    file.write_text("x")

    options, environment = secret_options({"key": file})

    assert options == [f'--secret=id=key,"src={tmp_path}/a,b""c"']
    assert environment == {}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before the build starts."""
    with pytest.raises(NotFoundError, match="secret 'key': no file"):
        secret_options({"key": tmp_path / "none"})


@pytest.mark.parametrize("identity", ["", "a,b", "a b", "a=b", "a\nb", "x" * 129])
def test_an_id_that_would_be_another_option_is_refused(identity: str) -> None:
    """The option is a list of comma-separated fields."""
    with pytest.raises(UsageError):
        secret_options({identity: Secret("x")})


def test_a_value_that_no_environment_can_hold_is_refused_without_showing_it() -> None:
    """NUL ends a variable."""
    with pytest.raises(UsageError) as error:
        secret_options({"token": Secret("hunter\0two")})

    assert "hunter" not in str(error.value)


def test_every_line_of_a_secret_is_masked(tmp_path: Path) -> None:
    """A step prints line by line; a file counts as well as a value."""
    file = tmp_path / "key"
    file.write_text("BEGIN KEY\nabcdef\nEND KEY\n")
    mask = mask_for({"key": file, "token": Secret("hunter2")})

    assert mask("x abcdef hunter2 y") == "x *** *** y"


def test_short_lines_are_left_alone() -> None:
    """Masking ``a`` would tear every text apart."""
    assert mask_for({"flag": Secret("a")})("a banana") == "a banana"
