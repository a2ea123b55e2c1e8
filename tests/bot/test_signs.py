"""What says that an app is not well, and what an incident becomes by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloudkit.cloud import Cloud
from cloudkit.model.state import ReplicaPhase
from cloudkit.testing import Program, cloud, world_of
from cloudkit_bot.alerts.incident import POINTS, Incident, Point, Sign, again, begun, over
from cloudkit_bot.alerts.quiet import Quiet, zone
from cloudkit_bot.alerts.signs import Restarts
from cloudkit_bot.alerts.watch import Watch, sighted
from cloudkit_bot.store.store import Store, open_store

SIGN = Sign(key="app:web", kind="crash loop", summary="web-1 exited with 3", app="web")


class Clock:
    """A time that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time of day."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A store in a file."""
    made = open_store(str(tmp_path / "bot.sqlite"), "off", clock)
    yield made
    made.close()


@pytest.fixture
def made() -> Cloud:
    """A cloud in memory with an app that is well."""
    there = cloud()
    there.deploy("web", "web:1", port=3000, replicas=2)
    return there


def test_an_app_that_is_restarted_again_and_again_is_in_a_loop_though_it_is_ready_between(made: Cloud) -> None:
    """By how often its replicas were restarted within ten minutes."""
    restarts, app = Restarts(), made.app("web").status()

    def look(count: int, after: float) -> Sign | None:
        replica = replace(app.replicas[0], restarts=count, exit_code=137)
        return restarts.look(replace(app, replicas=(replica,), observed_at=app.observed_at + timedelta(seconds=after)))

    assert [look(0, 0), look(1, 10), look(2, 20)] == [None] * 3
    found = look(3, 30)
    assert found is not None
    assert (found.kind, found.grave) == ("crash loop", False)
    assert found.summary == "replicas of 'web' were restarted 3 times within ten minutes, with exit code 137"
    assert look(3, 40) is None
    assert look(4, 3_600) is None


def test_an_app_that_crashes_once_is_no_incident(made: Cloud, store: Store, clock: Clock) -> None:
    """Its restart policy has mended it."""
    watch = Watch(cloud=lambda: made, incidents=store.incidents, calm=60, clock=clock)
    watch.look()

    world_of(made).faults.crash(made.app("web").status().replicas[0].name)
    world_of(made).clock.advance(5)
    watch.look()

    assert store.incidents.open() == []


def test_what_may_be_over_at_the_next_look_is_an_incident_when_it_is_not(
    made: Cloud, store: Store, clock: Clock
) -> None:
    """A replica that is about to be restarted is doubted once."""
    watch = Watch(cloud=lambda: made, incidents=store.incidents, calm=60, clock=clock)
    well = made.app("web").status()
    first, second = well.replicas
    unwell = replace(well, replicas=(first, replace(second, phase=ReplicaPhase.CRASHED)))

    found = [list(watch._signs(made.backend, (state,), ())) for state in (unwell, well, unwell, unwell)]

    assert [[sign.kind for sign in signs] for signs in found] == [[], [], [], ["degraded"]]


def test_an_incident_is_over_when_it_is_calm(made: Cloud, store: Store, clock: Clock) -> None:
    """Not at the first look without a sign."""
    world_of(made).program("loop:1", Program(exits=1, exit_code=3))
    made.deploy("loop", "loop:1", wait=False)
    world_of(made).clock.advance(30)
    watch = Watch(cloud=lambda: made, incidents=store.incidents, calm=60, clock=clock)
    watch.look()
    made.app("loop").stop()

    clock.now += 59
    watch.look()
    assert [kept.incident.sign.app for kept in store.incidents.open()] == ["loop"]
    clock.now += 2
    watch.look()

    assert store.incidents.open() == []
    last = store.incidents.last("app:loop")
    assert last is not None
    assert last.incident.ended == clock.now


def test_an_app_that_is_gone_has_no_incident(made: Cloud, store: Store, clock: Clock) -> None:
    """After the same calm."""
    sighted(store.incidents, replace(SIGN, app="gone", key="app:gone"), clock(), lambda one: one)
    clock.now += 61

    Watch(cloud=lambda: made, incidents=store.incidents, calm=60, clock=clock).look()

    assert store.incidents.open() == []


def test_what_tells_more_stays() -> None:
    """A failed rollout is not made a crash loop by its own replicas; the next one takes its place."""
    rollout = replace(SIGN, kind="failed rollout", lasting=True, telling=2, entry=7)
    first = begun(rollout, 0.0)

    assert again(first, SIGN, 5.0).sign == rollout
    assert again(first, replace(SIGN, grave=True), 5.0).sign == replace(rollout, grave=True)
    assert again(first, replace(rollout, entry=9), 5.0).sign.entry == 9
    assert again(over(first, 5.0), SIGN, 9.0).sign == SIGN


def test_one_incident_of_a_key_is_open_at_a_time(store: Store) -> None:
    """Whoever else adds one."""
    assert store.incidents.add(begun(SIGN, 1.0))
    assert not store.incidents.add(begun(SIGN, 1.0))
    assert store.incidents.add(begun(replace(SIGN, key="app:api"), 1.0))


def test_a_change_that_a_card_does_not_show_does_not_draw_it(store: Store, clock: Clock) -> None:
    """That the same sign was seen again is kept, and no more."""
    sighted(store.incidents, SIGN, clock(), lambda one: one)
    (kept,) = store.incidents.due()
    assert store.incidents.claim(kept)
    assert not store.incidents.claim(kept)
    store.incidents.show(kept, "C1", "1.1", 15.0)

    clock.now += 60
    sighted(store.incidents, SIGN, clock(), lambda one: one)
    assert store.incidents.due() == []
    sighted(store.incidents, replace(SIGN, summary="web-1 exited with 4"), clock(), lambda one: one)

    (due,) = store.incidents.due()
    assert (due.incident.seen, due.message, due.drawn) == (clock.now, "1.1", 1)


def test_who_was_to_draw_a_card_and_did_not_is_followed_by_another(store: Store, clock: Clock) -> None:
    """After a minute."""
    sighted(store.incidents, SIGN, clock(), lambda one: one)
    (kept,) = store.incidents.due()
    assert store.incidents.claim(kept)
    assert store.incidents.due() == []

    clock.now += 61

    assert store.incidents.claim(store.incidents.due()[0])


def test_what_is_over_is_forgotten_and_what_is_open_is_not(store: Store) -> None:
    """Long after."""
    done, there = over(begun(SIGN, 1.0), 2.0), begun(replace(SIGN, key="app:api"), 1.0)
    store.incidents.add(done)
    store.incidents.add(there)

    store.incidents.forget(10.0)

    assert [kept.incident for kept in store.incidents.since(0.0)] == [there]


def test_an_incident_remembers_so_many_looks_and_only_those_that_say_something() -> None:
    """The last ones."""
    incident: Incident = begun(SIGN, 0.0)
    for number in range(2 * POINTS):
        incident = incident.looked(Point(at=float(number), ready=number, wanted=2))
        incident = incident.looked(Point(at=number + 0.5, ready=number, wanted=2))

    assert [point.ready for point in incident.points] == list(range(POINTS, 2 * POINTS))


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ("22:00-07:00", "2026-03-28T21:59", ""),
        ("22:00-07:00", "2026-03-28T22:00", "2026-03-29T07:00"),
        ("22:00-07:00", "2026-03-29T06:59", "2026-03-29T07:00"),
        ("22:00-07:00", "2026-03-29T07:00", ""),
        ("12:00-13:00", "2026-03-29T12:30", "2026-03-29T13:00"),
        ("", "2026-03-29T12:30", ""),
    ],
)
def test_quiet_hours_are_those_of_a_place(hours: str, now: str, until: str) -> None:
    """Over midnight, and over a change of daylight saving time."""
    berlin = zone("Europe/Berlin")
    moment = datetime.fromisoformat(now).replace(tzinfo=berlin).timestamp()

    found = Quiet.read(hours, berlin).until(moment)

    wanted = datetime.fromisoformat(until).replace(tzinfo=berlin).astimezone(UTC).timestamp() if until else 0.0
    assert found == wanted
