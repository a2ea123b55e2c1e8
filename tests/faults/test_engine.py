"""An engine that restarts, or is killed in the middle of a roll, loses nothing of an app."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import requests
from conftest import sweep
from docker import APIClient
from faults.own import PORT, SERVER, OwnEngine, eventually, own_engine
from testbed.engines import CURRENT, DISTRIBUTION, Engine

from cloudkit.app import App
from cloudkit.backends.docker.labels import COMPONENT, Component
from cloudkit.cloud import Cloud
from cloudkit.errors import BackendError
from cloudkit.model.state import AppPhase, AppState

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("own-engine"), pytest.mark.timeout(400)]

NAMESPACE = "faults"
IMAGE = "node:22-bookworm-slim"
BACK = 60.0  # seconds until an app answers after its engine has come back
TOLD = 15.0  # seconds until a verb knows that its engine is gone

NAMED = ("current", "distribution")


@pytest.fixture
def cloud(own: OwnEngine) -> Iterator[Cloud]:
    """A cloud on an engine that is there at the end, with nothing of the test left."""
    with ExitStack() as undo:
        undo.callback(lambda: sweep(own.address, NAMESPACE))
        yield undo.enter_context(closing(own.cloud(NAMESPACE)))


def deployed(cloud: Cloud, **env: str) -> App:
    """Deploy two replicas behind a balancer; the same call again is the same spec."""
    return cloud.deploy(
        "web", IMAGE, command=SERVER, port=PORT, publish=18080, replicas=2, env=env, stop_grace=2, init=True
    )


def served(own: OwnEngine, url: str) -> set[str]:
    """Return the first words of a few answers."""
    return {own.get(url).partition(" from ")[0] for _ in range(3)}


def test_an_engine_that_restarts_brings_the_app_back_as_it_was(own: OwnEngine, cloud: Cloud) -> None:
    """Replicas, addresses, balancer and published port, with no call of ours; then a plan is empty."""
    before = deployed(cloud).status()
    containers = set(own.containers())

    own.stop()
    own.start()
    with closing(own.cloud(NAMESPACE)) as later:
        web = later.app("web")
        eventually(lambda: web.status().phase is AppPhase.READY, seconds=60)
        after = web.status()

        assert shape(after) == shape(before)
        assert set(own.containers()) == containers
        assert served(own, before.url) == {"hello"}
        assert later.backend.plan(before.spec).empty
        assert deployed(later).status().generation == before.generation


def test_a_cloud_from_before_a_restart_goes_on_after_it(own: OwnEngine, cloud: Cloud) -> None:
    """Connections and balancer sessions that the restart has cut are made again."""
    web = deployed(cloud)

    own.stop()
    own.start()
    eventually(lambda: web.status().phase is AppPhase.READY, seconds=60)

    assert web.scale(3).status().ready == 3
    assert served(own, web.url) == {"hello"}


@pytest.mark.parametrize("engine", [CURRENT, pytest.param(DISTRIBUTION, marks=pytest.mark.old_engine)], ids=NAMED)
def test_an_engine_that_was_killed_brings_back_what_ran_and_nothing_that_was_stopped(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With no call of ours, at the same addresses; what is started later comes back the next time."""
    with either(request, engine, tmp_path_factory.mktemp("old")) as own, closing(own.cloud(NAMESPACE)) as cloud:
        before = deployed(cloud).status()
        workers = [
            cloud.deploy("often", IMAGE, command=SERVER, stop_grace=2, restart="always").stop(),
            cloud.deploy("once", IMAGE, command=SERVER, stop_grace=2, restart="on-failure").stop(),
        ]
        containers = own.containers()

        own.kill()
        own.start()
        eventually(lambda: served(own, before.url) == {"hello"}, seconds=BACK)
        assert own.containers() == containers
        with closing(own.cloud(NAMESPACE)) as later:
            eventually(lambda: later.app("web").status().phase is AppPhase.READY, seconds=BACK)
            assert shape(later.app("web").status()) == shape(before)
            assert later.backend.plan(before.spec).empty
            assert {worker.status().phase for worker in workers} == {AppPhase.STOPPED}
            later.app("often").start()

        own.kill()
        own.start()
        with closing(own.cloud(NAMESPACE)) as latest:
            eventually(lambda: latest.app("often").status().phase is AppPhase.READY, seconds=BACK)
            assert latest.app("once").status().phase is AppPhase.STOPPED
            sweep(own.address, NAMESPACE)


def test_a_stop_that_was_interrupted_leaves_nothing_that_the_engine_would_not_restart(
    own: OwnEngine, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the engine's promise to leave it stopped and the stop itself; a start takes the promise back."""
    web = deployed(cloud)
    with monkeypatch.context() as patch:
        patch.setattr(APIClient, "stop", interrupted)
        with pytest.raises(KeyboardInterrupt):
            web.stop()
    promised = policies(own)

    web.start()

    assert (promised, policies(own)) == ({"no"}, {"always"})
    assert web.status().ready == 2


def interrupted(*_: object, **__: object) -> None:
    """End as a process does that is told to."""
    raise KeyboardInterrupt


def policies(own: OwnEngine) -> set[str]:
    """Return the restart policies of the replicas."""
    with closing(own.client()) as client:
        running = client.containers.list(filters={"label": f"{COMPONENT}={Component.REPLICA}"})
        return {one.attrs["HostConfig"]["RestartPolicy"]["Name"] for one in running}


@contextmanager
def either(request: pytest.FixtureRequest, engine: Engine, state: Path) -> Iterator[OwnEngine]:
    """Yield the engine that these tests share, or an older one of this test's own."""
    if engine is CURRENT:
        yield request.getfixturevalue("own")
        return
    if os.geteuid() != 0 or shutil.which("dockerd", path=engine.programs) is None:
        pytest.skip(f"takes root, and a dockerd in {engine.programs}")
    with own_engine(state, engine) as own:
        own.prepare()
        yield own


class Killing:
    """Kills the engine in front of the n-th change that this process asks it for."""

    def __init__(self, own: OwnEngine, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self._own = own
        self.left = step
        self.killed_at = 0.0
        self._send = requests.Session.send
        counted = lambda *a, **k: self._count(*a, **k)  # noqa: E731, PLW0108  # a method would not get the session
        monkeypatch.setattr(requests.Session, "send", counted)

    def _count(self, session: requests.Session, request: requests.PreparedRequest, **options: object) -> object:
        if request.method not in {"GET", "HEAD"}:
            self.left -= 1
            if self.left == 0:
                self._own.kill()
                self.killed_at = time.monotonic()
        return self._send(session, request, **options)  # type: ignore[arg-type]  # handed on as it came


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # the SDK leaves open what it could not connect
@pytest.mark.parametrize("step", [2, 5, 9])
def test_an_engine_killed_in_the_middle_of_a_roll_is_told_and_the_roll_can_be_finished(
    own: OwnEngine, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The error comes within seconds; with the engine back the app answers by itself; the same call again converges."""
    url = deployed(cloud).url
    with monkeypatch.context() as patch:
        killing = Killing(own, step, patch)
        with pytest.raises(BackendError, match="cloudkit doctor"):
            deployed(cloud, BODY="new")
        told = time.monotonic() - killing.killed_at
    gc.collect()

    own.start()
    eventually(lambda: served(own, url) <= {"hello", "new"}, seconds=BACK)
    with closing(own.cloud(NAMESPACE)) as later:
        after = deployed(later, BODY="new").status()

        assert told < TOLD
        assert (after.phase, after.ready, len(after.replicas)) == (AppPhase.READY, 2, 2)
        assert served(own, url) == {"new"}
        assert later.backend.plan(after.spec).empty


def shape(state: AppState) -> object:
    """Return what a restart must not change."""
    replicas = sorted((one.name, one.id, one.address, one.phase) for one in state.replicas)
    return replicas, state.url, state.generation, state.revision
