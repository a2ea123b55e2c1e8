"""A balancer that ends, or must change, comes back as what it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import closing

import pytest
from engine.balancer.clients import answers, get, port_of, serve, until, unused
from engine.balancer.place import Place, private_address

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
        other.ensure([Member(name="a", address=address, checked=False)])
        other.admit("b", place.replica("b"))
        until(lambda: other.up("b"))
        seen = {server.name: (server.passing, server.checked) for server in other.servers()}

    assert seen == {"a": (True, False), "b": (True, True)}
    assert get(port_of(front)) == "a"
    assert place.api.inspect_container(front.name)["Id"] == before


def kill(pid: int) -> None:
    """Kill a process as a crash would, behind the engine's back."""
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError as error:
        pytest.skip(f"the engine's processes are not this machine's: {error}")
