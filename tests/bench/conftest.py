"""What the benchmarks share: an app to serve, a load to send, and the table that they end in."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from testbed import compiled
from testbed.cluster.given import Given
from testbed.place import cache

from bench.table import Table
from cloudkit import BuiltImage, Cloud
from cloudkit.model.reference import Reference

SERVER = """\
const http = require("node:http")
const server = http.createServer((request, response) => response.end("Hello World!\\n"))
server.listen(3000)
process.on("SIGTERM", () => server.close(() => process.exit(0)))
"""
DOCKERFILE = """\
FROM node:22-bookworm-slim
COPY server.js /
USER 1000
CMD ["node", "/server.js"]
"""
TABLE = Table()


@pytest.fixture(scope="session")
def table() -> Table:
    """Where each benchmark writes its figures."""
    return TABLE


@pytest.fixture
def cloud(namespace: str) -> Iterator[Cloud]:
    """A cloud on the engine under test, in a namespace of its own."""
    with Cloud("docker", namespace=namespace) as made:
        yield made


@pytest.fixture
def image(cloud: Cloud, tmp_path: Path) -> BuiltImage:
    """A small HTTP server, built once and cached by the engine."""
    (tmp_path / "server.js").write_text(SERVER)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return cloud.image(tmp_path).build(tag="cloudkit-bench/server:1")


@pytest.fixture
def docker(engine: str) -> Iterator[Docker]:
    """The engine's own command, cleaned up behind."""
    command = Docker(engine)
    yield command
    command.remove_all()


@pytest.fixture
def kubectl(cluster: Given) -> Iterator[Kubectl]:
    """The cluster's own command, in a Kubernetes namespace of the test's own."""
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl on PATH")
    command = Kubectl(cluster, f"t-bench-{secrets.token_hex(4)}")
    command("create", "namespace", command.namespace)
    try:
        yield command
    finally:
        command("delete", "namespace", command.namespace, "--wait=false")


@pytest.fixture
def on_cluster(cluster: Given, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud on the cluster under test, in the namespace of ``kubectl``."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with Cloud("kubernetes", namespace=kubectl.namespace, registry=cluster.registry) as made:
        yield made


@pytest.fixture
def pulled(on_cluster: Cloud, kubectl: Kubectl, tmp_path: Path) -> Reference:
    """The small HTTP server, pinned at the registry, and already on the nodes."""
    (tmp_path / "server.js").write_text(SERVER)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    built = on_cluster.image(tmp_path).build(tag="cloudkit-bench/server:1")
    pinned = on_cluster.deploy("warm", built, port=3000, publish=False, replicas=4).status().spec.image
    kubectl.clear()
    return pinned


@pytest.fixture(scope="session")
def stern() -> str | None:
    """Who else follows many pods' logs, compiled once and kept; None without a Go."""
    if not compiled.go_is_there():
        return shutil.which("stern")
    compiled.build("stern")
    return str(cache("bin", "stern"))


@pytest.fixture(scope="session")
def wrk() -> str:
    """The load generator."""
    found = shutil.which("wrk")
    if found is None:
        pytest.skip("no wrk: apt-get install wrk")
    return found


class Docker:
    """Runs the engine's own command; containers that it made go at the end."""

    def __init__(self, engine: str) -> None:
        self.environment = {**os.environ, "DOCKER_HOST": engine}
        self.made: list[str] = []

    def run(self, *arguments: str) -> str:
        """Start a container in the background and return its id."""
        name = f"cloudkit-bench-{secrets.token_hex(4)}"
        self.made.append(name)
        return self("run", "--detach", "--init", "--name", name, *arguments)

    def __call__(self, *arguments: str) -> str:
        """Run one command and return what it printed."""
        done = subprocess.run(["docker", *arguments], env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def remove_all(self) -> None:
        """Remove what ``run`` has made."""
        if self.made:
            self("rm", "--force", "--volumes", *self.made)


class Kubectl:
    """Runs the cluster's own command in one Kubernetes namespace."""

    def __init__(self, cluster: Given, namespace: str) -> None:
        self.namespace = namespace
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        names = {"KUBECONFIG": str(cluster.kubeconfig), "CLOUDKIT_CONFIG": "", "CLOUDKIT_REGISTRY": cluster.registry}
        self.environment = kept | names

    def __call__(self, *arguments: str, given: str | None = None) -> str:
        """Run one command and return what it printed."""
        return self.run("kubectl", "--namespace", self.namespace, *arguments, given=given)

    def run(self, *command: str, given: str | None = None) -> str:
        """Run any program that is to find the cluster."""
        done = subprocess.run(command, env=self.environment, input=given, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def clear(self) -> None:
        """Remove what runs in the namespace, and wait until it is gone."""
        self("delete", "deployments,services", "--all")
        self("delete", "pods", "--all", "--grace-period=1")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table below the results."""
    if TABLE.rows:
        terminalreporter.section("figures")
        terminalreporter.write(TABLE.text())
