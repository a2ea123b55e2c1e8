"""A balancer that ends, or must change, comes back as what it was."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import threading
from collections.abc import Callable
from contextlib import closing

import pytest
from engine.balancer.clients import answers, ask, get, port_of, serve, until, unused
from engine.balancer.place import SERVER, Place, private_address

from cloudkit.backends.docker.balancer import Admin, Balancer, BalancerSettings, Check, Member
from cloudkit.backends.docker.balancer.container import write_config
from cloudkit.model.port import Port

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]
Make = Callable[..., Balancer]


def test_a_killed_balancer_comes_back_with_its_replicas_address_and_port(place: Place, balancer: Make) -> None:
    """The engine restarts it, and its saved configuration has who serves and who is on trial."""
    published = Port(number=3000, publish=unused())
    front = balancer(ports=(published,))
    serve(place, front, "a")
    front.admit("b", place.replica("b"))
    before = place.api.inspect_container(front.name)
    kill(before["State"]["Pid"])

    until(lambda: answers(published.publish) == "a")
    until(lambda: front.up("b"))
    after = place.api.inspect_container(front.name)

    assert {server.name: server.admin for server in front.servers()} == {"a": Admin.READY, "b": Admin.TRIAL}
    assert after["RestartCount"] == 1
    assert private_address(after, place) == private_address(before, place)


def test_a_stopped_balancer_is_started_with_the_members_it_is_told(place: Place, balancer: Make) -> None:
    """Ensure mends a balancer that somebody stopped, without making another."""
    front = balancer()
    addresses = serve(place, front, "a")
    place.api.stop(front.name, timeout=1)
    before = place.api.inspect_container(front.name)["Id"]

    front.ensure([Member(name="a", address=addresses["a"])])

    assert get(port_of(front)) == "a"
    assert place.api.inspect_container(front.name)["Id"] == before


def test_a_balancer_whose_configuration_is_damaged_is_replaced(place: Place, balancer: Make) -> None:
    """One that cannot start any more gives way to another, with the same published port and address."""
    published = Port(number=3000, publish=unused())
    front = balancer(ports=(published,))
    addresses = serve(place, front, "a")
    before = place.api.inspect_container(front.name)
    write_config(place.api, front.name, "frontend nonsense\n  no such word\n")
    kill(before["State"]["Pid"])
    until(lambda: place.api.inspect_container(front.name)["State"]["Status"] == "restarting")

    front.ensure([Member(name="a", address=addresses["a"])])

    after = place.api.inspect_container(front.name)
    assert answers(published.publish) == "a"
    assert after["Id"] != before["Id"]
    assert private_address(after, place) == private_address(before, place)


def test_a_balancer_with_other_ports_is_replaced_at_its_address(place: Place, balancer: Make) -> None:
    """A changed port takes another container, which apps still find at the same private address."""
    front = balancer()
    addresses = serve(place, front, "a")
    before = place.api.inspect_container(front.name)
    settings = BalancerSettings(app="web", ports=(Port(number=3000, publish=unused()),), check=Check(port=3000))
    other = Balancer(place.api, image=front._image, site=front._site, settings=settings)

    with closing(other):
        other.ensure([Member(name="a", address=addresses["a"])])
        answer = get(port_of(other))

    after = place.api.inspect_container(front.name)
    assert answer == "a"
    assert after["Id"] != before["Id"]
    assert private_address(after, place) == private_address(before, place)


def test_a_changed_probe_is_taken_up_by_a_reload_and_spares_the_old_replicas(place: Place, balancer: Make) -> None:
    """The replicas of before are not judged by a path they do not have; the container stays."""
    front = balancer()
    script = (
        "require('http').createServer((q, s) => { s.statusCode = q.url === '/' ? 200 : 404; s.end('a') }).listen(3000)"
    )
    address = place.replica("a", script)
    front.admit("a", address)
    until(lambda: front.up("a"))
    front.enable("a")
    before = place.api.inspect_container(front.name)["Id"]
    settings = BalancerSettings(app="web", ports=front._settings.ports, check=Check(port=3000, path="/new"))

    with closing(Balancer(place.api, image=front._image, site=front._site, settings=settings)) as other:
        other.ensure([Member(name="a", address=address, own=front._settings)])
        other.admit("b", place.replica("b"))
        until(lambda: other.up("b"))
        seen = {server.name: (server.passing, server.checked) for server in other.servers()}

    assert seen == {"a": (True, False), "b": (True, True)}
    assert get(port_of(front)) == "a"
    assert place.api.inspect_container(front.name)["Id"] == before


def test_another_port_is_taken_up_by_a_reload_and_each_replica_is_asked_where_it_listens(
    place: Place, balancer: Make
) -> None:
    """What is published, the old port and the new one lead to all replicas; in the end the old port leads nowhere."""
    front = balancer()
    address = serve(place, front, "a")["a"]
    before = (place.api.inspect_container(front.name)["Id"], port_of(front))
    ports = (Port(number=8080, publish=0),)
    settings = BalancerSettings(app="web", ports=ports, check=Check(port=8080, path="/"), before=front._settings.ports)

    with closing(Balancer(place.api, image=front._image, site=front._site, settings=settings)) as other:
        other.ensure([Member(name="a", address=address, own=front._settings)])
        other.admit("b", place.replica("b", SERVER.replace("3000", "8080")))
        until(lambda: other.up("b"))
        other.enable("b")
        published = {get(port_of(other, 8080)) for _ in range(4)}
        inside = {one: asked(place, f"http://web:{one}/", 4) for one in (3000, 8080)}
        seen = {server.name: (server.ports, server.asked, server.whole) for server in other.servers()}
        other.dismiss("a")
        other.settle()
        left = [asked(place, f"http://web:{one}/", 1) for one in (3000, 8080)]
        after = (place.api.inspect_container(front.name)["Id"], port_of(other, 8080))

    assert published == {"a", "b"}
    assert inside == {3000: {"a", "b"}, 8080: {"a", "b"}}
    assert seen == {"a": ({"port-8080": 3000}, 3000, True), "b": ({"port-8080": 8080}, 8080, True)}
    assert left == [{"refused"}, {"b"}]
    assert after == before


def test_a_request_in_flight_over_a_reload_ends_before_the_drain_does(place: Place, balancer: Make) -> None:
    """It is the old worker's, which the new one knows nothing of; a connection that is idle holds up nobody."""
    front = balancer()
    address = serve(place, front, "a")["a"]
    idle = http.client.HTTPConnection("127.0.0.1", port_of(front))
    ask(idle)
    got: list[str] = []
    request = threading.Thread(target=lambda: got.append(get(port_of(front), "/?wait=3000")))
    request.start()
    until(lambda: front.server("a").sessions == 1)
    settings = BalancerSettings(app="web", ports=front._settings.ports, check=Check(port=3000))

    with closing(Balancer(place.api, image=front._image, site=front._site, settings=settings)) as other:
        other.ensure([Member(name="a", address=address, own=front._settings)])
        too_soon = other.drain("a", 0.2)
        in_time = other.drain("a", 10)
        place.stop("a")
        request.join(10)

    idle.close()
    assert (too_soon, in_time, got) == (False, True, ["a"])


def test_whoever_looked_before_a_reload_sees_what_is_there_after_it(place: Place, balancer: Make) -> None:
    """A session that is kept open stays with the old worker, which knows nothing of a replica that came later."""
    front = balancer()
    address = serve(place, front, "a")["a"]
    settings = BalancerSettings(app="web", ports=front._settings.ports, check=Check(port=3000))

    with closing(Balancer(place.api, image=front._image, site=front._site, settings=settings)) as other:
        other.ensure([Member(name="a", address=address, own=front._settings)])
        other.admit("b", place.replica("b"))
        seen = {server.name for server in front.servers()}

    assert seen == {"a", "b"}


def asked(place: Place, url: str, times: int) -> set[str]:
    """Return what a neighbour is answered."""
    name = f"neighbour-{secrets.token_hex(4)}"
    script = f"""(async () => {{ for (let i = 0; i < {times}; i++)
        console.log(await fetch('{url}').then((r) => r.text(), () => 'refused')) }})()"""
    place.replica(name, script)
    until(lambda: len(place.log(name)) == times)
    return set(place.log(name))


def kill(pid: int) -> None:
    """Kill a process as a crash would, behind the engine's back."""
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError as error:
        pytest.skip(f"the engine's processes are not this machine's: {error}")
