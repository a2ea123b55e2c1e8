"""Each example is a program that a user runs: it does what it says, and leaves nothing running."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import docker
import pytest

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.engine,
    pytest.mark.xdist_group("examples"),  # they tag and take away images of the same names
]

EXAMPLES = Path(__file__).parents[2] / "examples"
IMAGES = ("example-described:1", "example-prices:1", "example-shop:1")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(namespace: str, tmp_path: Path) -> Run:
    """Run an example in a namespace of its own, from a folder that is not its own."""

    def start(name: str, **changes: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CLOUDKIT_")}
        return subprocess.run(
            [sys.executable, "-W", "error", str(EXAMPLES / name)],
            cwd=tmp_path,
            env=kept | {"CLOUDKIT_NAMESPACE": namespace} | changes,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return start


@pytest.fixture(autouse=True)
def _images_go(engine: str) -> Iterator[None]:
    """The images that examples build and keep are taken away again."""
    yield
    with closing(docker.APIClient(base_url=engine, timeout=60)) as api:
        for name in IMAGES:
            with suppress(docker.errors.ImageNotFound):
                api.remove_image(name, force=True)


def running(engine: str, namespace: str) -> list[str]:
    """Return the containers that a namespace has, running or not."""
    with closing(docker.APIClient(base_url=engine, timeout=60)) as api:
        found = api.containers(all=True, filters={"label": f"cloudkit/namespace={namespace}"})
        return [container["Names"][0] for container in found]


def test_every_example_is_run_here() -> None:
    """An example that no test runs is no example; the quickstart, the tutorial and the bot have tests of their own."""
    programs = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.py")} - {"bot/deploy.py"}

    assert programs == {"automation.py", "described_image.py", "discovery/deploy.py", "save_and_load.py", "task.py"}


def test_a_task(run: Run, engine: str, namespace: str) -> None:
    """Its output comes while it runs, its exit code is the example's, and its secret is shown nowhere."""
    done = run("task.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert "3 lines, the longest has 7 characters" in done.stdout
    assert "a token came along" in done.stdout
    assert "not-for-every-eye" not in done.stdout
    assert running(engine, namespace) == []


def test_a_described_image(run: Run, engine: str, namespace: str) -> None:
    """The Dockerfile that it means is shown, and the app answers."""
    done = run("described_image.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("FROM node:22-bookworm-slim\n")
    assert done.stdout.endswith("Hello from Python!\n")
    assert running(engine, namespace) == []


def test_save_and_load(run: Run) -> None:
    """In both layouts the image comes back with the digest that it had."""
    done = run("save_and_load.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "oci: I travelled, unchanged\ndocker: I travelled, unchanged\n"


def test_two_apps_find_each_other(run: Run, engine: str, namespace: str) -> None:
    """The published one reaches the private one by its name, and both of its replicas answer."""
    done = run("discovery/deploy.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert "today: tea 3.20, said prices-" in done.stdout
    assert done.stdout.endswith("asked 2 replicas of prices\n")
    assert running(engine, namespace) == []


def test_automation(run: Run, engine: str, namespace: str) -> None:
    """A plan is shown first, a version that fails is not released, and the first one goes on serving."""
    done = run("automation.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("release on docker: 5 steps\n  1. record revision 1")
    assert "not released, crash_loop:" in done.stdout
    assert "serving version 1 at revision 1" in done.stdout
    assert running(engine, namespace) == []


def test_automation_without_an_engine_ends_with_its_exit_code(run: Run) -> None:
    """An error is its text on stderr and its code, and no traceback."""
    done = run("automation.py", DOCKER_HOST="unix:///nowhere/docker.sock")

    assert done.returncode == 9
    assert "Traceback" not in done.stderr
    assert "/nowhere/docker.sock" in done.stderr
