"""An engine that restarts, or is killed in the middle of a roll, loses nothing of an app."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
import requests
from conftest import sweep
from faults.own import PORT, SERVER, OwnEngine, eventually

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import BackendError
from cloudkit.model.state import AppPhase, AppState

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("own-engine"), pytest.mark.timeout(400)]

NAMESPACE = "faults"
IMAGE = "node:22-bookworm-slim"
TOLD = 15.0  # seconds until a verb knows that its engine is gone


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
    """The error comes within seconds; with the engine back nothing is called ready; the same call again converges.

    What ran when the engine was killed is ended by the engine when it is back, and left so: it takes its own ending
    of it for somebody's wish.
    """
    url = deployed(cloud).url
    with monkeypatch.context() as patch:
        killing = Killing(own, step, patch)
        with pytest.raises(BackendError, match="cloudkit doctor"):
            deployed(cloud, BODY="new")
        told = time.monotonic() - killing.killed_at
    gc.collect()

    own.start()
    with closing(own.cloud(NAMESPACE)) as later:
        meanwhile = later.app("web").status()
        after = deployed(later, BODY="new").status()

        assert told < TOLD
        assert meanwhile.phase is not AppPhase.READY
        assert (after.phase, after.ready, len(after.replicas)) == (AppPhase.READY, 2, 2)
        assert served(own, url) == {"new"}
        assert later.backend.plan(after.spec).empty


def shape(state: AppState) -> object:
    """Return what a restart must not change."""
    replicas = sorted((one.name, one.id, one.address, one.phase) for one in state.replicas)
    return replicas, state.url, state.generation, state.revision
