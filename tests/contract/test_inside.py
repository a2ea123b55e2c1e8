"""Laws of what runs inside: commands, files, figures, tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract.drivers.driver import Driver
from contract.seen import eventually, names

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError


@pytest.mark.parametrize("code", [0, 1, 7, 126, 255])
def test_a_command_gives_its_exit_code_and_output(web: App, code: int) -> None:
    """Whatever it is, it is no error of ours."""
    result = web.exec("sh", "-c", f"echo told; exit {code}")

    assert (result.exit_code, result.output, result.ok) == (code, "told\n", code == 0)


def test_a_command_runs_where_and_as_told(web: App) -> None:
    """In the named replica, with its input, variables and folder."""
    one = sorted(names(web))[1]

    assert web.exec("hostname", replica=one).output == f"{one}\n"
    assert web.exec("cat", stdin=b"typed\n").output == "typed\n"
    assert web.exec("printenv", "COLOUR", env={"COLOUR": "blue"}).output == "blue\n"
    assert web.exec("pwd", workdir="/app").output == "/app\n"
    with pytest.raises(NotFoundError, match="nobody"):
        web.exec("true", replica="nobody")


def test_a_folder_copied_in_and_out_is_the_same(web: App, tmp_path: Path) -> None:
    """Content and layout, in every replica."""
    source = tmp_path / "site"
    (source / "deep").mkdir(parents=True)
    (source / "index.html").write_bytes(b"<p>hello</p>")
    (source / "deep" / "all.bin").write_bytes(bytes(range(256)))

    web.copy_in(source, "/tmp/site")

    for number, replica in enumerate(sorted(names(web))):
        back = web.copy_out("/tmp/site", tmp_path / f"back{number}", replica=replica)
        found = {one.relative_to(back).as_posix(): one.read_bytes() for one in back.rglob("*") if one.is_file()}
        assert found == {"index.html": b"<p>hello</p>", "deep/all.bin": bytes(range(256))}


def test_one_file_comes_out_as_a_file(web: App, tmp_path: Path) -> None:
    """And one that is not there is not found."""
    (tmp_path / "note").write_text("kept")
    web.copy_in(tmp_path / "note", "/tmp/note")

    back = web.copy_out("/tmp/note", tmp_path / "back")

    assert back.read_text() == "kept"
    with pytest.raises(NotFoundError, match="nothing-there"):
        web.copy_out("/tmp/nothing-there", tmp_path)


def test_nothing_runs_in_a_stopped_app_and_the_error_says_what_starts_it(web: App) -> None:
    """Whether or not the engine keeps its replicas."""
    web.stop()

    with pytest.raises(NotFoundError, match="it is stopped") as caught:
        web.exec("true")

    assert caught.value.hint == "cloudkit start web"


def test_figures_are_those_of_the_running_replicas(driver: Driver, web: App) -> None:
    """One row each, within bounds."""
    web.deploy(memory="128Mi")

    eventually(driver, lambda: {one.replica for one in web.stats()} == names(web), seconds=driver.measured)

    for one in web.stats():
        assert 0 <= one.cpu < 64
        assert 0 < one.memory <= (one.memory_limit or 0) == 128 * 1024 * 1024
        assert one.pids is None or one.pids >= 1


@pytest.mark.parametrize("code", [0, 3])
def test_a_task_runs_once_and_is_gone(driver: Driver, cloud: Cloud, code: int) -> None:
    """Its exit code and output are the result."""
    result = cloud.run(driver.image, "sh", "-c", f"echo done; exit {code}", env={"A": "1"})

    assert (result.exit_code, result.output) == (code, "done\n")
    assert cloud.apps() == ()


def test_a_task_that_takes_too_long_is_ended(driver: Driver, cloud: Cloud) -> None:
    """And does not pass for a success."""
    result = cloud.run(driver.image, "sleep", "60", timeout=1)

    assert not result.ok
    assert 0.9 <= result.duration < 30
