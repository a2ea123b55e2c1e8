"""Two who make the first app of one name as different kinds: one of them has it, whoever is faster at which step."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from kubernetes import client
from pods.workshop import until

from cloudkit.backends.kubernetes import onename, writing
from cloudkit.backends.kubernetes.labels import OPEN
from cloudkit.backends.kubernetes.writing import Writing
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError
from cloudkit.model.app import AppSpec
from cloudkit.model.progress import silent
from cloudkit.model.reference import Reference

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

OBJECTS = {"service": "Deployment", "daemon": "DaemonSet", "stateful": "StatefulSet", "job": "CronJob"}
PAIRS = [("service", "stateful"), ("stateful", "service"), ("daemon", "job"), ("job", "daemon")]
SECONDS = 60


class Race:
    """Two writers of one name; the second makes its record once the first is held at one step, until it has ended.

    Args:
        cloud: Where.
        image: What both run.
        kinds: The kind of the first, and of the second.
    """

    def __init__(self, cloud: Cloud, image: str, kinds: tuple[str, str]) -> None:
        images = cloud.backend.images
        pinned = images.publish(images.find(Reference.parse(image)), listener=silent)
        specs = [AppSpec(name="web", image=pinned, command=("sleep", "600"), kind=kind) for kind in kinds]
        self._backend = cloud.backend
        self._plans = [cloud.backend.plan(spec) for spec in specs]
        self.objects = [OBJECTS[kind] for kind in kinds]
        self.ready, self.held, self.ended = Event(), Event(), Event()

    def run(self) -> list[BaseException | None]:
        """Let both apply their plans, which were made from nothing; return how each ended."""
        with ThreadPoolExecutor(2) as pool:
            second = pool.submit(self._apply, 1)
            assert self.ready.wait(SECONDS)
            first = pool.submit(self._apply, 0)
            second.add_done_callback(lambda _done: self.ended.set())
            return [_failure(first), _failure(second)]

    def hold(self, kind: str) -> None:
        """Keep the first at this step until the second has ended."""
        if kind == self.objects[0]:
            self.held.set()
            assert self.ended.wait(SECONDS)

    def await_turn(self, kind: str) -> None:
        """Keep the second from making its record until the first is held."""
        if kind == self.objects[1]:
            self.ready.set()
            assert self.held.wait(SECONDS)

    def _apply(self, index: int) -> None:
        self._backend.apply(self._plans[index], wait=False, listener=silent)


def _failure(outcome: Future[None]) -> BaseException | None:
    return outcome.exception(SECONDS)


def records(api: Any, space: str) -> list[tuple[str, bool]]:
    """Name the kinds of the records that are there and not about to go, and tell which are open."""
    apps, batch = client.AppsV1Api(api), client.BatchV1Api(api)
    lists: dict[str, Callable[[str], Any]] = {
        "Deployment": apps.list_namespaced_deployment,
        "DaemonSet": apps.list_namespaced_daemon_set,
        "StatefulSet": apps.list_namespaced_stateful_set,
        "CronJob": batch.list_namespaced_cron_job,
    }
    found = [(kind, one.metadata) for kind, listed in lists.items() for one in listed(space).items]
    return [(kind, OPEN in one.labels) for kind, one in found if one.deletion_timestamp is None]


@pytest.fixture(params=PAIRS, ids="-".join)
def race(request: pytest.FixtureRequest, cloud: Cloud, image: str, monkeypatch: pytest.MonkeyPatch) -> Race:
    """Two writers whose second waits for the first."""
    made, create = Race(cloud, image, request.param), Writing._create

    def awaited(self: Writing, name: str, record: Any) -> None:
        made.await_turn(record["kind"])
        create(self, name, record)

    monkeypatch.setattr(Writing, "_create", awaited)
    return made


def judged(race: Race, api: Any, space: str, failures: list[BaseException | None], winner: int) -> None:
    """Check that one has the name, and the other was told."""
    assert failures[winner] is None
    assert isinstance(failures[1 - winner], ConflictError)
    until(lambda: records(api, space) == [(race.objects[winner], False)])


def test_who_has_made_and_not_looked_gives_way_by_the_kind(
    race: Race, api: Any, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the second meets an open record, both would decide the same."""
    keep = onename.keep_name

    def held(connection: Any, app: str, kind: str, uid: str) -> None:
        race.hold(kind)
        keep(connection, app, kind, uid)

    monkeypatch.setattr(writing, "keep_name", held)

    failures = race.run()

    order = ["Deployment", "DaemonSet", "StatefulSet", "CronJob"]
    judged(race, api, space, failures, winner=int(order.index(race.objects[1]) < order.index(race.objects[0])))


def test_who_has_looked_and_not_closed_gives_way_by_the_kind(
    race: Race, api: Any, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has seen nobody, and learns by closing that its record is gone."""
    look = onename._rival

    def held(connection: Any, app: str, kind: str) -> Any:
        found = look(connection, app, kind)
        race.hold(kind)
        return found

    monkeypatch.setattr(onename, "_rival", held)

    failures = race.run()

    order = ["Deployment", "DaemonSet", "StatefulSet", "CronJob"]
    judged(race, api, space, failures, winner=int(order.index(race.objects[1]) < order.index(race.objects[0])))


def test_who_has_closed_stays(race: Race, api: Any, space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever kind comes later."""
    close = onename._close

    def held(connection: Any, app: str, kind: str, uid: str) -> None:
        close(connection, app, kind, uid)
        race.hold(kind)

    monkeypatch.setattr(onename, "_close", held)

    judged(race, api, space, race.run(), winner=0)
