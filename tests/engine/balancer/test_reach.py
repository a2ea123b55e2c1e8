"""Who reaches a balancer, and where; who has the port that it wants."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing

import pytest
from engine.balancer.clients import serve, until, unused
from engine.balancer.place import Place

from cloudkit.backends.docker.balancer import Balancer, BalancerSettings, Site
from cloudkit.errors import RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.port import Port

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]
Make = Callable[..., Balancer]


def test_apps_on_the_network_reach_the_balancer_by_the_apps_name(place: Place, balancer: Make) -> None:
    """``http://web:3000`` from a neighbour is the balanced address."""
    serve(place, balancer(), "a")
    script = "fetch('http://web:3000/').then((r) => r.text()).then(console.log)"

    place.replica("neighbour", script)

    until(lambda: place.log("neighbour") == ["a"])


def test_nothing_but_the_apps_ports_can_be_reached_in_a_balancer(place: Place, balancer: Make) -> None:
    """Its control is a file with mode 600 in its own file system: no port, no abstract socket."""
    front = balancer()
    serve(place, front, "a")

    listening = {int(row.split()[1].split(":")[1], 16) for row in lines(place, front, "/proc/net/tcp") if " 0A " in row}
    others = [row for row in lines(place, front, "/proc/net/tcp6") if " 0A " in row]
    abstract = [row for row in lines(place, front, "/proc/net/unix") if "@" in row.split()[-1]]
    udp = lines(place, front, "/proc/net/udp")[1:]

    engines_own_dns = {port for port in listening if port not in {3000, 61001} and not reachable(place, port)}
    assert listening - engines_own_dns == {3000, 61001}  # by its name, and published
    assert others == abstract == []
    assert all(row.split()[1].startswith("0B00007F") for row in udp)  # the engine's DNS, on loopback


def test_a_port_that_an_app_has_is_refused_with_its_name(place: Place, balancer: Make) -> None:
    """The second app is told who has the port, and leaves no container."""
    port = Port(number=3000, publish=unused())
    balancer("web", ports=(port,))

    with pytest.raises(RolloutError, match="app 'web'") as raised:
        balancer("shop", ports=(port,))

    assert raised.value.cause.code is CauseCode.PORT_TAKEN
    assert names(place) == {"web"}


def test_a_port_that_a_process_has_is_refused(place: Place, balancer: Make) -> None:
    """What the engine cannot name is told as a process of its host; no container is left in state created."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = Port(number=3000, publish=server.getsockname()[1])

        with pytest.raises(RolloutError, match="a process of the engine's host") as raised:
            balancer("shop", ports=(port,))

    assert raised.value.cause.code is CauseCode.PORT_TAKEN
    assert names(place) == set()


def test_an_address_in_use_is_drawn_again(place: Place, balancer: Make) -> None:
    """Somebody else's container on the drawn address does not stop a balancer."""
    taken = place.replica("a")
    draws = [taken, place.network.address()]

    class Lottery:
        name = place.network.name

        def address(self) -> str:
            return draws.pop(0)

    image = balancer("other")._image
    settings = BalancerSettings(app="web", ports=(Port(number=3000),))
    site = Site(namespace=place.namespace, app="web", networks=(Lottery(),))

    with closing(Balancer(place.api, image=image, site=site, settings=settings)) as front:
        front.ensure()
        running = front.servers()

    assert running == ()
    assert draws == []


def lines(place: Place, front: Balancer, path: str) -> list[str]:
    """Return the lines of a file inside the balancer."""
    made = place.api.exec_create(front.name, ["cat", path])
    output: bytes = place.api.exec_start(made["Id"])
    return output.decode().splitlines()


def reachable(place: Place, port: int) -> bool:
    """True when a neighbour can connect to a port of the balancer."""
    name = f"probe-{port}"
    script = f"require('net').connect({port}, 'web').on('connect', () => {{ console.log('yes'); process.exit() }})"
    place.replica(name, script + ".on('error', () => console.log('no'))")
    until(lambda: bool(place.log(name)))
    return place.log(name) == ["yes"]


def names(place: Place) -> set[str]:
    """Return the apps that have a balancer."""
    label = f"cloudkit/namespace={place.namespace}"
    rows = place.api.containers(all=True, filters={"label": [label, "app.kubernetes.io/component=balancer"]})
    return {row["Labels"]["app.kubernetes.io/name"] for row in rows}
