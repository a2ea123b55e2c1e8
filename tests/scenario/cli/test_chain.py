"""The chain from a folder to a rolled app, word by word on a real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pexpect
import pytest
from scenario.cli.conftest import PROGRAM, Run, environment

pytestmark = [pytest.mark.scenario, pytest.mark.engine]


@pytest.fixture(scope="module")
def image(space: str, project: Path) -> Iterator[str]:
    """An image built by the command line."""
    name = f"cli-{space}:1"
    done = subprocess.run(
        [PROGRAM, "build", str(project), "--tag", name],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield name
    subprocess.run([PROGRAM, "remove-image", name, "--yes"], env=environment(), timeout=60, check=False)


@pytest.fixture
def words(cloudkit: Run, space: str) -> Run:
    """Run ``cloudkit`` in the namespace of this module."""

    def run(*given: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return cloudkit("--namespace", space, *given, **changes)

    return run


@pytest.fixture
def web(words: Run, image: str) -> Iterator[str]:
    """An app of two replicas, gone afterwards."""
    done = words("deploy", "web", image, "--port", "3000", "--publish", "0", "--replicas", "2")
    assert done.returncode == 0, done.stderr
    yield "web"
    words("delete", "web", "--yes")


def state(words: Run) -> dict[str, Any]:
    """Return the app as JSON."""
    found: dict[str, Any] = json.loads(words("status", "web", "--json").stdout)
    return found


def test_an_app_answers_scales_rolls_back_and_goes(words: Run, image: str, web: str) -> None:
    """Each command does what it says, and says what it did."""
    url = state(words)["url"]
    assert urllib.request.urlopen(url, timeout=10).read() == b"Hello World!\n"

    assert "3/3 ready" in words("scale", web, "3").stdout
    header, row = words("apps").stdout.splitlines()
    assert (header.split()[0], row.split()[:3]) == ("NAME", ["web", "service", "3/3"])

    assert words("deploy", web, image, "--port", "3000", "--publish", "0", "-e", "A=1").returncode == 0
    assert words("exec", web, "--", "sh", "-c", "echo $A").stdout == "1\n"
    assert words("rollback", web).returncode == 0
    assert words("exec", web, "--", "sh", "-c", "echo [$A]").stdout == "[]\n"
    assert "current" in words("revisions", web).stdout

    assert words("delete", web, "--yes").returncode == 0
    assert words("status", web).returncode == 4


def test_a_plan_changes_nothing(words: Run, web: str) -> None:
    """It shows steps and fields; the app stays as it was."""
    done = words("scale", web, "5", "--plan")

    assert done.returncode == 0
    assert "+replicas: 5" in done.stdout
    assert state(words)["wanted"] == 2


def test_a_plan_in_a_file_is_made_once(words: Run, web: str, tmp_path: Path) -> None:
    """It shows what it writes; applied twice at once and once more it acts once; a stale one is a conflict."""
    file = str(tmp_path / "plan.json")
    planned = words("restart", web, "--plan-out", file, "--json")
    digest = json.loads(planned.stdout)["digest"]
    assert state(words)["generation"] == 1
    assert words("apply", file, "--digest", "0" * 64).returncode == 5

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: words("apply", file, "--digest", digest), range(2)))
    again = words("apply", file)

    assert [(one.returncode, one.stderr[-300:]) for one in (*done, again) if one.returncode] == []
    assert (state(words)["generation"], state(words)["ready"]) == (2, 2)
    assert "2/2" in again.stdout
    assert "nothing to do" in words("apply", file, "--plan").stdout
    words("scale", web, "1")
    stale = words("apply", file)
    assert (stale.returncode, "now 3" in stale.stderr, "plan again" in stale.stderr) == (5, True, True)


def test_a_command_keeps_its_output_and_its_exit_code(words: Run, image: str, web: str) -> None:
    """Inside a replica and in a container of its own."""
    inside = words("exec", web, "sh", "-c", "echo out; exit 3")
    alone = words("run", image, "--", "sh", "-c", "echo out; exit 4")

    assert (inside.returncode, inside.stdout) == (3, "out\n")
    assert (alone.returncode, alone.stdout) == (4, "out\n")


def test_logs_name_their_replica_and_are_json_lines_on_request(words: Run, web: str) -> None:
    """One line of each replica."""
    lines = words("logs", web, "--tail", "1").stdout.splitlines()
    objects = [json.loads(line) for line in words("logs", web, "--tail", "1", "--json").stdout.splitlines()]

    assert len(lines) == 2
    assert all(line.endswith(" | listening on 3000") for line in lines)
    assert {one["text"] for one in objects} == {"listening on 3000"}


def test_a_failed_roll_says_why_and_what_helps(words: Run, image: str) -> None:
    """The cause, the evidence and the next command; exit code 8."""
    done = words("deploy", "broken", image, "--port", "3000", "--publish", "0", "--command", "node nothing.js")

    words("delete", "broken", "--yes")
    assert done.returncode == 8
    assert "MODULE_NOT_FOUND" in done.stderr
    assert "try: " in done.stderr
    assert "Traceback" not in done.stderr


def begun(space: str, *given: str) -> subprocess.Popen[str]:
    """Start a command whose output is read while it runs."""
    return subprocess.Popen(
        [PROGRAM, "--namespace", space, *given],
        env=environment(PYTHONUNBUFFERED="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_ctrl_c_ends_a_followed_log(space: str, web: str) -> None:
    """With 130, at once, and without a traceback."""
    process = begun(space, "logs", web, "--follow", "--tail", "1")
    assert process.stdout is not None
    assert "listening" in process.stdout.readline()

    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)

    assert process.returncode == 130
    assert errors.strip() == "interrupted; nothing was changed"


def test_ctrl_c_during_a_roll_says_what_stands_and_the_same_line_goes_on(
    words: Run, space: str, image: str, web: str
) -> None:
    """The app answers as before; nothing is left that a second try does not repair."""
    url = state(words)["url"]
    never = ("deploy", web, image, "--port", "3000", "--publish", "0", "--readiness", "/ every 1s failures 30")
    process = begun(space, *never, "--command", "sh -c 'sleep 300'")
    time.sleep(6)

    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert f"try: cloudkit --namespace {space} deploy web" in errors
    assert urllib.request.urlopen(url, timeout=10).read() == b"Hello World!\n"
    repaired = words("deploy", web, image, "--port", "3000", "--publish", "0")
    assert repaired.returncode == 0, repaired.stderr
    assert state(words)["settled"]


def test_a_reader_that_leaves_ends_a_followed_log(space: str, words: Run, web: str) -> None:
    """``| head -1`` gets its line; the command ends when the next line has no reader, quietly."""
    url = state(words)["url"]
    line = f"{PROGRAM} --namespace {space} logs {web} --follow --tail 1 | head -1; echo ${{PIPESTATUS[0]}}"
    process = subprocess.Popen(
        ["bash", "-c", line], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        urllib.request.urlopen(url, timeout=10).read()
        time.sleep(0.2)

    out, errors = process.communicate(timeout=10)

    assert out.splitlines()[1] == "141"
    assert errors == ""


def test_the_tab_key_completes_live_names(space: str, web: str, tmp_path: Path) -> None:
    """In a real bash; the name of an app in this namespace."""
    terminal = pexpect.spawn(
        "bash",
        ["--norc", "--noprofile", "-i"],
        env=environment(CLOUDKIT_NAMESPACE=space, XDG_CACHE_HOME=str(tmp_path)),
        encoding="utf-8",
        timeout=30,
    )
    terminal.sendline(f"PATH={PROGRAM.parent}:$PATH; eval \"$(cloudkit completion bash)\"; echo in''stalled")
    terminal.expect_exact("installed\r\n")

    for _ in range(3):  # the first look may be slower than a completion waits
        terminal.send(f"cloudkit scale {web[0]}\t")
        if terminal.expect_exact([f"scale {web}", pexpect.TIMEOUT], timeout=3) == 0:
            break
        terminal.sendcontrol("u")

    terminal.send("\x15exit\r")
    terminal.close()
    assert f"scale {web}" in str(terminal.after)
