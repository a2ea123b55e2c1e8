"""Replacing replicas under load, in the order in which nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from engine.balancer.clients import until
from engine.balancer.load import loading
from engine.balancer.place import Place

from cloudkit.backends.docker.balancer import Balancer

pytestmark = pytest.mark.engine
REQUESTS = 10_000


def join(place: Place, front: Balancer, name: str) -> None:
    """Start a replica and send it requests once it answers."""
    front.admit(name, place.replica(name))
    until(lambda: front.up(name))
    front.enable(name)


def leave(place: Place, front: Balancer, name: str) -> None:
    """Drain a replica, forget it, and stop it."""
    assert front.drain(name, 10)
    front.dismiss(name)
    place.stop(name)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept connections", "a connection each"])
def test_no_request_fails_while_all_replicas_are_replaced(
    place: Place, balancer: Callable[..., Balancer], *, keep_alive: bool
) -> None:
    """Rolls of three replicas, again and again until enough requests were sent, lose none of them."""
    front = balancer()
    current = [f"web-0-{index}" for index in range(3)]
    for name in current:
        join(place, front, name)
    port = front.published()[3000][1]

    rolls = 0
    with loading(port, keep_alive=keep_alive) as load:
        while load.sent < REQUESTS or rolls < 2:
            rolls += 1
            for index, old in enumerate(current):
                current[index] = f"web-{rolls}-{index}"
                join(place, front, current[index])
                leave(place, front, old)

    assert load.failures == {}
    assert load.answers.total() >= REQUESTS
    assert len(load.answers) == 3 * (rolls + 1)
