"""A network, replicas and a balancer on a real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import docker
import pytest
from engine.balancer.place import Place

from cloudkit.backends.docker.balancer import Balancer, BalancerSettings, Check, Site, ensure_image
from cloudkit.backends.docker.networks import ensure_network
from cloudkit.model.port import Port
from cloudkit.model.progress import silent

WEB = Port(number=3000, publish=0)


@pytest.fixture
def place(engine: str, namespace: str) -> Iterator[Place]:
    """A network of the test's own."""
    with closing(docker.APIClient(base_url=engine, timeout=60)) as api:
        yield Place(api, namespace, ensure_network(api, namespace, "default"))


@pytest.fixture
def balancer(place: Place) -> Iterator[Callable[..., Balancer]]:
    """Makes balancers in front of apps of the test's namespace; each is running when it is handed over."""
    image = ensure_image(place.api, configured=None, listener=silent)
    with ExitStack() as stack:

        def make(app: str = "web", *, ports: tuple[Port, ...] = (WEB,), path: str | None = "/") -> Balancer:
            settings = BalancerSettings(app=app, ports=ports, check=Check(port=ports[0].number, path=path))
            site = Site(namespace=place.namespace, app=app, networks=(place.network,))
            made = Balancer(place.api, image=image, site=site, settings=settings)
            stack.callback(made.close)
            made.ensure()
            return made

        yield make
