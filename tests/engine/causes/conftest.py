"""Apps that are broken on purpose, on a real engine, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import docker
import pytest
from engine.causes.patient import Diagnosis, Ward

from cloudkit.backends.docker.networks import ensure_network

ROWS = pytest.StashKey[list[tuple[str, Diagnosis]]]()


@pytest.fixture
def ward(engine: str, namespace: str, request: pytest.FixtureRequest) -> Iterator[Ward]:
    """Where a broken app is started and diagnosed; what came of it is listed at the end of the run."""
    with closing(docker.APIClient(base_url=engine, timeout=60)) as api, ExitStack() as stack:
        place = Ward(api, namespace, ensure_network(api, namespace, "default"), stack)
        yield place
        rows = request.config.stash.setdefault(ROWS, [])
        rows.extend((request.node.name, one) for one in place.diagnoses)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List fault, cause and seconds."""
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    terminalreporter.section("causes")
    for test, one in rows:
        certain = "certain" if one.cause and one.cause.certain else "may pass"
        code = one.cause.code.value if one.cause else "none"
        terminalreporter.line(f"{one.seconds:6.2f} s  {code:24} {certain:9} {test.removeprefix('test_')}")
