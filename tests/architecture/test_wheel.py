"""What a user installs is what was tested, holds cloudkit and its bot alone, and runs with what it declares."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import cloudkit
import cloudkit_bot

WHEEL = os.environ.get("CLOUDKIT_WHEEL", "")
SOURCES = [Path(__file__).parents[2] / name for name in ("cloudkit", "bot")]
of_the_wheel = pytest.mark.skipif(not WHEEL, reason="a part alone runs on the checkout; the whole run builds the wheel")


@of_the_wheel
def test_the_packages_under_test_are_the_installed_ones() -> None:
    """No file of the checkout is imported."""
    where = [Path(str(package.__file__)) for package in (cloudkit, cloudkit_bot)]

    assert all(path.is_relative_to(sysconfig.get_path("purelib")) for path in where)
    assert not any(sources.exists() for sources in SOURCES)


@of_the_wheel
def test_the_wheel_holds_two_packages_with_their_types_and_its_licence() -> None:
    """No test, no document, no package called ``bot``."""
    names = zipfile.ZipFile(WHEEL).namelist()

    tops = {name.partition("/")[0] for name in names}
    assert tops == {"cloudkit", "cloudkit_bot", f"cloudkit_sdk-{version('cloudkit-sdk')}.dist-info"}
    assert {"cloudkit/py.typed", "cloudkit_bot/py.typed"} <= set(names)
    assert any(name.endswith("/licenses/LICENSE") for name in names)


@of_the_wheel
def test_the_wheel_works_with_what_it_declares(tmp_path: Path) -> None:
    """In an environment of its own the import and the command run, with no package of the tests beside them."""
    run("uv", "venv", "-q", "--python", sys.executable, str(tmp_path / "env"))
    run("uv", "pip", "install", "-q", "--python", str(tmp_path / "env"), WHEEL)

    imported = run(str(tmp_path / "env/bin/python"), "-W", "error", "-c", "from cloudkit import Cloud; print(Cloud)")
    helped = run(str(tmp_path / "env/bin/cloudkit"), "--help")

    assert "Cloud" in imported
    assert "deploy" in helped


@of_the_wheel
def test_the_bot_works_with_what_its_extra_declares(tmp_path: Path) -> None:
    """Its command runs with the extra, with no package of the tests beside it."""
    run("uv", "venv", "-q", "--python", sys.executable, str(tmp_path / "env"))
    run("uv", "pip", "install", "-q", "--python", str(tmp_path / "env"), f"cloudkit-sdk[bot] @ file://{WHEEL}")

    printed = run(str(tmp_path / "env/bin/cloudkit-bot"), "manifest")

    assert "/cloud" in printed


def test_the_command_is_there() -> None:
    """Installing the package puts ``cloudkit`` beside its Python."""
    command = Path(sysconfig.get_path("scripts")) / "cloudkit"

    assert version("cloudkit-sdk") in run(str(command), "--version")


def run(*command: str) -> str:
    """Return what a command printed; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
