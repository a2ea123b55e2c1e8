"""A balancer as a roll drives it, beside another writer and after an interruption."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import docker
import pytest

from cloudkit.backends.docker.balancer import Admin, Balancer, Site, settings_for
from cloudkit.backends.docker.front import BalancedTraffic
from cloudkit.backends.docker.networks import ensure_network
from cloudkit.cloud import Cloud

pytestmark = pytest.mark.engine


@pytest.fixture
def fronted(cloud: Cloud, image: str, namespace: str) -> Iterator[tuple[Balancer, dict[str, str]]]:
    """The balancer of an app of one ready replica, and that replica."""
    web = cloud.deploy("web", image, port=8080, publish=False)
    api = cloud.backend.engine.api  # type: ignore[attr-defined]  # of the Docker backend
    site = Site(namespace=namespace, app="web", networks=(ensure_network(api, namespace, "default"),))
    balancer = Balancer(api, image="", site=site, settings=settings_for(web.status().spec))
    yield balancer, {f"{namespace}.{one.name}": one.address for one in web.status().replicas}
    balancer.close()


def test_what_another_writer_drains_is_left_to_it(fronted: tuple[Balancer, dict[str, str]]) -> None:
    """It is about to be stopped; one that is to stay takes requests again."""
    balancer, replicas = fronted
    (name,) = replicas
    balancer.drain(name, 5)
    traffic = BalancedTraffic(balancer)

    leaving = traffic.serving(replicas, leaving=[name])
    drained = balancer.server(name).admin
    traffic.serving(replicas, leaving=[])

    assert (leaving, drained) == (frozenset(), Admin.DRAIN)
    assert _eventually(lambda: traffic.serving(replicas, leaving=[]) == {name})
    assert balancer.server(name).admin is Admin.READY


def test_one_whose_admission_was_interrupted_is_admitted_again(fronted: tuple[Balancer, dict[str, str]]) -> None:
    """Between being made known and being checked it is in maintenance, in which it would stay for ever."""
    balancer, replicas = fronted
    (name,) = replicas
    balancer._runtime.maintain(name)

    assert _eventually(lambda: BalancedTraffic(balancer).serving(replicas, leaving=[]) == {name})
    assert balancer.server(name).serving


def test_draining_what_another_writer_has_dismissed_is_no_error(fronted: tuple[Balancer, dict[str, str]]) -> None:
    """It is out, as was wanted."""
    balancer, replicas = fronted
    (name,) = replicas
    traffic = BalancedTraffic(balancer)
    balancer.dismiss(name)

    traffic._drain(name, 1)
    traffic.dismiss([name])

    assert balancer.servers() == ()


def test_an_app_that_listens_on_nothing_has_no_balancer(cloud: Cloud, client: docker.DockerClient, image: str) -> None:
    """It is the one container that it asks for, besides its record."""
    cloud.deploy("worker", image, command=("sleep", "1000"), stop_grace=0)

    label = {"label": f"cloudkit/namespace={cloud.backend.namespace}"}
    parts = {one.labels["app.kubernetes.io/component"] for one in client.containers.list(all=True, filters=label)}

    assert parts == {"replica", "record"}


def _eventually(true: Callable[[], bool]) -> bool:
    """Ask for some seconds."""
    ends = time.monotonic() + 10
    while not (told := true()) and time.monotonic() < ends:
        time.sleep(0.05)
    return told
