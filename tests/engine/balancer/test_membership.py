"""Which replicas get requests, and what becomes of those in flight."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable

import pytest
from engine.balancer.clients import attempt, get, port_of, serve, until
from engine.balancer.place import Place

from cloudkit.backends.docker.balancer import Admin, Balancer, Member, Membership
from cloudkit.model.port import Port

pytestmark = pytest.mark.engine
Make = Callable[..., Balancer]


def test_requests_go_round_all_replicas(place: Place, balancer: Make) -> None:
    """Six requests to three replicas are two for each."""
    front = balancer()
    serve(place, front, "a", "b", "c")

    answers = [get(port_of(front)) for _ in range(6)]

    assert {name: answers.count(name) for name in "abc"} == {"a": 2, "b": 2, "c": 2}


def test_a_replica_on_trial_gets_nothing_until_it_is_enabled(place: Place, balancer: Make) -> None:
    """A replica that passes its checks serves only once that is wanted."""
    front = balancer()
    serve(place, front, "a")
    front.admit("b", place.replica("b"))
    until(lambda: front.up("b"))

    answers = {get(port_of(front)) for _ in range(6)}

    assert answers == {"a"}


def test_a_replica_that_starts_slowly_is_up_only_when_it_answers(place: Place, balancer: Make) -> None:
    """Before that, the server says what its check saw."""
    front = balancer()
    front.admit("slow", place.replica("slow", DELAY="1500"))
    until(lambda: bool(front.server("slow").check))

    before = front.server("slow")
    until(lambda: front.up("slow"))

    assert (before.passing, before.check, before.admin) == (False, "L4CON", Admin.TRIAL)


def test_a_request_in_flight_ends_before_the_drain_does(place: Place, balancer: Make) -> None:
    """Draining waits for what a replica is working on, and for no longer than its deadline."""
    front = balancer()
    serve(place, front, "a")
    got: list[str] = []
    request = threading.Thread(target=lambda: got.append(get(port_of(front), "/?wait=1500")))
    request.start()
    until(lambda: front.server("a").sessions == 1)

    too_soon = front.drain("a", 0.2)
    in_time = front.drain("a", 10)
    request.join(10)

    assert (too_soon, in_time, got) == (False, True, ["a"])


def test_a_dismissed_replica_is_forgotten_with_what_it_was_working_on(place: Place, balancer: Make) -> None:
    """Past its deadline a replica's request is cut, so that the replica can go."""
    front = balancer()
    serve(place, front, "a")
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            get(port_of(front), "/?wait=60000", method="POST", timeout=30)
        except (OSError, http.client.HTTPException) as error:
            ended.append(error)

    request = threading.Thread(target=ask)
    request.start()
    until(lambda: front.server("a").sessions == 1)

    front.dismiss("a")
    request.join(10)

    assert not request.is_alive()
    assert len(ended) == 1
    assert front.servers() == ()


def test_sync_makes_the_members_what_they_are_to_be_whatever_was_there(place: Place, balancer: Make) -> None:
    """Adds, moves, drains and forgets; a second time it changes nothing."""
    front = balancer()
    addresses = serve(place, front, "a", "b")
    wanted = [
        Member(name="b", address=addresses["b"], membership=Membership.DRAINING),
        Member(name="c", address=place.replica("c")),
        Member(name="d", address=place.replica("d"), membership=Membership.TRIAL),
    ]

    front.sync(wanted)
    once = {server.name: server.admin for server in front.servers()}
    front.sync(wanted)
    twice = {server.name: server.admin for server in front.servers()}

    assert once == twice == {"b": Admin.DRAIN, "c": Admin.READY, "d": Admin.TRIAL}


def test_two_who_move_a_name_at_once_are_both_done(place: Place, balancer: Make) -> None:
    """A replica that was made again has another address: neither takes away what the other has put there."""
    one, other = balancer(), balancer()
    addresses = place.replica("a"), place.replica("b")
    failures: list[BaseException] = []

    def move(front: Balancer, address: str) -> None:
        try:
            front.sync([Member(name="web-0", address=address)])
        except BaseException as error:  # noqa: BLE001 - told by the test, outside of its thread
            failures.append(error)

    for number in range(20):
        threads = [threading.Thread(target=move, args=(front, addresses[number % 2])) for front in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    until(lambda: one.server("web-0").serving)
    assert failures == []
    assert [(server.address, server.admin) for server in other.servers()] == [(addresses[1], Admin.READY)]


def test_connections_are_balanced_too(place: Place, balancer: Make) -> None:
    """A port of protocol tcp passes bytes both ways and spreads connections."""
    front = balancer(ports=(Port(number=3000, publish=0, protocol="tcp"),), path=None)
    script = "require('net').createServer((s) => { s.write(process.env.HOSTNAME + ' '); s.pipe(s) }).listen(3000)"
    for name in ("a", "b"):
        front.admit(name, place.replica(name, script))
    for name in ("a", "b"):
        until(lambda name=name: front.up(name))
        front.enable(name)

    answers = {echo(port_of(front), b"hello") for _ in range(4)}

    assert answers == {b"a hello", b"b hello"}


def test_a_broken_get_is_sent_again_and_a_broken_post_is_not(place: Place, balancer: Make) -> None:
    """What may be repeated is, on another replica; what may not fails once and was sent once."""
    front = balancer(path=None)
    breaking = SERVER_THAT_BREAKS
    for name, script in (("whole", ""), ("broken", breaking)):
        front.admit(name, place.replica(name, script) if script else place.replica(name))
        until(lambda name=name: front.up(name))
        front.enable(name)

    gets = [attempt(port_of(front), "GET") for _ in range(10)]
    posts = [attempt(port_of(front), "POST") for _ in range(10)]

    assert gets == ["whole"] * 10
    assert posts.count("failed") == 5
    sent = place.log("whole") + place.log("broken")
    assert sent.count("POST") == 10
    assert sent.count("GET") > 10


SERVER_THAT_BREAKS = """\
const { createServer } = require("http");
createServer((request) => { console.log(request.method); request.socket.destroy(); }).listen(3000);
"""


def echo(port: int, data: bytes) -> bytes:
    """Send bytes on a connection of its own and return what came until all of them were back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        got = b""
        while not got.endswith(data):
            got += connection.recv(100)
        return got
