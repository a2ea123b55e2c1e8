"""Where a balancer finds the replicas of the revision that gives way: as its record says."""

from __future__ import annotations

from dataclasses import replace

from unit.backends.docker.listing import app, observation, record, replica

from cloudkit.backends.docker.front import giving_way, settings_of_others
from cloudkit.model.port import Port
from cloudkit.model.secret import Secret

OLD = app(ports=(Port(number=3000),), env={"TOKEN": Secret("hunter2")}, secrets={"/run/a": Secret("b")})
NEW = app(ports=(Port(number=8080),))


def test_an_older_replica_listens_where_its_own_revision_does() -> None:
    """Read from its record alone, without the values of its secrets."""
    seen = observation(record(1, spec=OLD), record(2, 2, NEW), replica("web-1-a"), replica("web-2-a", revision=2))

    others = settings_of_others(seen, 2)

    assert {number: settings.ports for number, settings in others.items()} == {1: OLD.ports}
    assert giving_way(NEW, seen.replicas, others) == OLD.ports


def test_no_port_gives_way_once_the_last_old_replica_has_gone() -> None:
    """Nor where the ports are the same, or the revision before had no balancer."""
    gone = observation(record(1, spec=OLD), record(2, 2, NEW), replica("web-2-a", revision=2))
    same = observation(record(1, spec=NEW), record(2, 2, NEW.replace(env={"A": "1"})), replica("web-1-a"))
    without = observation(record(1, spec=app()), record(2, 2, NEW), replica("web-1-a"))

    for seen in (gone, same, without):
        assert giving_way(NEW, seen.replicas, settings_of_others(seen, 2)) == ()


def test_the_newest_record_of_a_revision_counts() -> None:
    """A number of replicas, for one, makes another generation and no other revision."""
    seen = observation(record(1, spec=OLD), record(2, spec=OLD.replace(replicas=3)), record(3, 2, NEW))
    early = replace(seen, records=seen.records[:2])

    assert set(settings_of_others(seen, 2)) == set(settings_of_others(early, 2)) == {1}
