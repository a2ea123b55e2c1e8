"""Containers to act on, on a real engine."""

from __future__ import annotations

import gc
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
import pytest
from engine.operations.workshop import Relay, Workshop


@pytest.fixture
def api(engine: str) -> Iterator[docker.APIClient]:
    """A client of the engine."""
    with closing(docker.APIClient(base_url=engine, timeout=60, version="auto")) as client:
        yield client


@pytest.fixture
def workshop(api: docker.APIClient, namespace: str) -> Workshop:
    """Makes containers that are gone after the test."""
    return Workshop(api, namespace)


@pytest.fixture
def relay(engine: str) -> Iterator[Relay]:
    """A relay in front of the engine; its socket has a short path, as the system wants it."""
    with TemporaryDirectory(prefix="relay-") as folder:
        made = Relay(engine, Path(folder))
        yield made
        made.stop()


@pytest.fixture
def far_api(relay: Relay) -> Iterator[docker.APIClient]:
    """A client that reaches the engine through the relay."""
    with closing(docker.APIClient(base_url=relay.address, timeout=10, version="auto")) as client:
        yield client
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # what the SDK has left open


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Whatever a test does, no thread of the library outlives it."""
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("cloudkit-")]
    assert left == []


@pytest.fixture(autouse=True)
def _interrupts_are_heard() -> Iterator[None]:
    """A test run in the background is started deaf to Ctrl-C; the tests of it are about a foreground."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
