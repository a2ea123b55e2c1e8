"""What the benchmarks share: an app to serve, a load to send, and the table that they end in."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.table import Table
from cloudkit import BuiltImage, Cloud

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table below the results."""
    if TABLE.rows:
        terminalreporter.section("figures")
        terminalreporter.write(TABLE.text())
