"""A connection to the engine under test, both builders, and a build that cleans up after itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker.errors
import pytest

from cloudkit.config import Config
from cloudkit.engine.builder import build
from cloudkit.engine.connect import Engine, connect
from cloudkit.engine.docker_command import docker_command
from cloudkit.model.build import BuildSpec
from cloudkit.model.image import ImageState
from cloudkit.model.progress import Listener, Progress

BASE = "debian:bookworm-slim"


@dataclass
class Built:
    """Builds images, keeps what was told, and knows what to remove."""

    engine: Engine
    events: list[Progress] = field(default_factory=list)
    made: list[ImageState] = field(default_factory=list)

    def __call__(self, context: Path, *, listener: Listener | None = None, **options: Any) -> ImageState:
        """Build, with the events of this build alone in ``events``."""
        self.events.clear()
        spec = BuildSpec(context=context, **options)
        image = build(self.engine, spec, listener=listener or self.events.append)
        self.made.append(image)
        return image

    def run(self, image: ImageState, *command: str, **options: Any) -> str:
        """Return what a command prints in a container of the image."""
        identity = self.engine.client.images.get(str(image.digest)).id
        assert identity is not None
        container = self.engine.client.containers.create(identity, list(command), **options)
        try:
            container.start()
            container.wait()
            return settled(lambda: container.logs(stderr=False)).decode()
        finally:
            container.remove(force=True)

    @property
    def log(self) -> list[str]:
        """The lines that steps have printed."""
        return [event.log for event in self.events if event.log]


def settled(read: Callable[[], bytes]) -> bytes:
    """Return what a log says once it says no more: engine 20.10 may write the last line after the container's end."""
    before, now, end = b"", read(), time.monotonic() + 2
    while (not now or now != before) and time.monotonic() < end:
        time.sleep(0.2)
        before, now = now, read()
    return now


@pytest.fixture
def connected(engine: str) -> Iterator[Engine]:
    """A connection to the engine under test."""
    with closing(connect(Config.resolve(host=engine))) as connection:
        yield connection


@pytest.fixture
def built(connected: Engine) -> Iterator[Built]:
    """Builds images that are gone after the test."""
    built = Built(connected)
    yield built
    for image in built.made:
        for name in (*map(str, image.tags), str(image.digest)):
            with suppress(docker.errors.APIError):
                connected.client.images.remove(name, force=True)


@pytest.fixture(params=["buildx", "classic"])
def builder(request: pytest.FixtureRequest, connected: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Both builders in turn: without the docker command on PATH it is the engine's own."""
    if request.param == "classic":
        (tmp_path / "empty").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    else:
        _needs_buildx(connected)
    return str(request.param)


@pytest.fixture
def buildx(connected: Engine) -> None:
    """A test of what BuildKit alone can do."""
    _needs_buildx(connected)


def _needs_buildx(engine: Engine) -> None:
    command = docker_command(engine.config)
    if command is None or not command.builds:
        pytest.skip("no docker command with buildx")


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a context of files."""

    def make(name: str = "context", **files: str) -> Path:
        context = tmp_path / name
        for path, text in files.items():
            file = context / path.replace("__", "/").replace("_dot_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        context.mkdir(exist_ok=True)
        return context

    return make
