"""Whoever puts a replica behind a balancer may be interrupted in front of any command; the next one finishes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from engine.balancer.clients import get, port_of, until
from engine.balancer.place import Place

from cloudkit.backends.docker.balancer import Balancer, Member
from cloudkit.model.port import Port

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]
Make = Callable[..., Balancer]
CHANGES = ("add server", "set server", "enable health")


@pytest.mark.parametrize("number", range(8))  # two ports: add, weight, state and health of each
def test_a_replica_whose_admission_was_interrupted_is_admitted_by_the_next(
    place: Place, balancer: Make, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Whatever was done of it, the replica is checked on every port, passes, and gets requests."""
    front = balancer(ports=(Port(number=3000, publish=0), Port(number=3001)))
    address = place.replica(
        "a", "for (const p of [3000, 3001]) require('http').createServer((q, s) => s.end('a')).listen(p)"
    )
    interrupt(monkeypatch, front, number)

    with pytest.raises(KeyboardInterrupt):
        front.admit("a", address)
    monkeypatch.undo()
    front.admit("a", address)
    until(lambda: front.up("a"))
    front.enable("a")

    assert get(port_of(front)) == "a"
    assert [(one.name, one.whole, one.serving) for one in front.servers()] == [("a", True, True)]


def test_a_replica_that_was_left_half_admitted_is_told_from_one_that_is_whole(
    place: Place, balancer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checks were never begun, so it would be on trial for ever; sync finishes it, too."""
    front = balancer(ports=(Port(number=3000, publish=0),))
    address = place.replica("a")
    interrupt(monkeypatch, front, 3)
    with pytest.raises(KeyboardInterrupt):
        front.admit("a", address)
    monkeypatch.undo()

    before = front.server("a").whole
    front.sync([Member(name="a", address=address)])

    until(lambda: front.server("a").serving)
    assert (before, front.server("a").whole) == (False, True)


def interrupt(monkeypatch: pytest.MonkeyPatch, front: Balancer, number: int) -> None:
    """Press Ctrl-C in front of the n-th command that changes something."""
    ask, left = front._control.ask, [number]

    def asked(command: str) -> str:
        if command.startswith(CHANGES):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        return ask(command)

    monkeypatch.setattr(front._runtime, "_ask", asked)
