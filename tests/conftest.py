"""What every test may ask for: an engine, a namespace of its own, a cluster, a registry, a free port."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from typing import NoReturn

import docker
import pytest
from hypothesis import HealthCheck, settings
from testbed import ping
from testbed.cluster.given import Given, given
from testbed.registry import serving

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # a busy machine is no counterexample

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell that runs the suite in the background sets it so
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what the suite starts would not hear Ctrl-C else

if "CLOUDKIT_JOURNAL" not in os.environ:  # the suite, and what it starts, leaves the user's own alone
    _journal = tempfile.TemporaryDirectory(prefix="cloudkit-journal-", ignore_cleanup_errors=True)  # goes at the end
    os.environ["CLOUDKIT_JOURNAL"] = f"{_journal.name}/journal.sqlite"

OWNED = "app.kubernetes.io/managed-by=cloudkit"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which parts must be there: an absent one is a failure then, else a skip with its reason."""
    parser.addoption("--require", default=os.environ.get("CLOUDKIT_REQUIRE", ""), help="such as docker,chromium")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The address of the engine under test, as DOCKER_HOST has it."""
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not ping.answers(address):
        absent(request.config, "docker", f"no engine answers at {address}")
    return address


@pytest.fixture(autouse=True)
def _engine_if_marked(request: pytest.FixtureRequest) -> None:
    """A test marked ``engine`` runs on one, or says why it does not."""
    if request.node.get_closest_marker("engine"):
        request.getfixturevalue("engine")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Given:
    """The cluster under test: its kubeconfig, and the domain of the registry that its nodes pull from.

    It is the one that CLOUDKIT_TEST_KUBECONFIG and CLOUDKIT_TEST_REGISTRY name; that of KUBECONFIG is left alone.
    """
    found = given()
    if isinstance(found, str):
        absent(request.config, "kubernetes", found)
    return found


@pytest.fixture(autouse=True)
def _cluster_if_marked(request: pytest.FixtureRequest) -> None:
    """A test marked ``kubernetes`` runs on a cluster, or says why it does not."""
    if request.node.get_closest_marker("kubernetes"):
        request.getfixturevalue("cluster")


@pytest.fixture
def namespace(engine: str) -> Iterator[str]:
    """A namespace that no other test uses, empty again afterwards."""
    name = f"t-{secrets.token_hex(4)}"
    yield name
    sweep(engine, name)


@pytest.fixture(scope="session")
def registry_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running image registry on loopback, without TLS and without accounts."""
    with serving(tmp_path_factory.mktemp("registry"), unused_port()) as url:
        if url is None:
            absent(request.config, "registry", "no registry program: python tests/testbed build registry")
        yield url


@pytest.fixture
def free_port() -> int:
    """A port on loopback that nothing listens on."""
    return unused_port()


def unused_port() -> int:
    """Return a port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def absent(config: pytest.Config, part: str, reason: str) -> NoReturn:
    """Fail when ``part`` is required, else skip."""
    if part in str(config.getoption("--require")).split(","):
        pytest.fail(f"{part} is required: {reason}", pytrace=False)
    pytest.skip(reason)


def sweep(address: str, namespace: str) -> None:
    """Remove every container, network and volume of a namespace."""
    mine: dict[str, str | list[str] | bool] = {"label": [OWNED, f"cloudkit/namespace={namespace}"]}
    with closing(docker.DockerClient(base_url=address, timeout=60)) as client:
        for container in client.containers.list(all=True, sparse=True, filters=mine):
            removed(container)
        for network in client.networks.list(filters=mine):
            network.remove()
        for volume in client.volumes.list(filters=mine):
            volume.remove(force=True)


def removed(container: docker.models.containers.Container) -> None:
    """Remove a container; one that the engine is removing by itself, as nobody holds it any more, is no error."""
    try:
        container.remove(force=True, v=True)
    except docker.errors.APIError as error:
        if error.status_code not in {404, 409}:
            raise
