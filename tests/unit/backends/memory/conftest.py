"""A twin, and specs to put on it."""

from __future__ import annotations

import pytest
from unit.backends.memory.stage import Deployed, Wanted

from cloudkit.backends.memory.program import Program
from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port
from cloudkit.model.progress import silent
from cloudkit.model.reference import Reference
from cloudkit.model.state import AppState
from cloudkit.testing import MemoryBackend, twin


@pytest.fixture
def backend() -> MemoryBackend:
    """A twin of its own."""
    return twin()


@pytest.fixture
def wanted(backend: MemoryBackend) -> Wanted:
    """Make the spec of ``web`` on port 80, its image pulled and its program registered."""

    def make(program: Program | None = None, *, image: str = "web:1", **changes: object) -> AppSpec:
        if program is not None:
            backend.world.program(image, program)
        reference = backend.images.pull(Reference.parse(image), listener=silent).reference
        return AppSpec(name="web", image=reference, ports=(Port(number=80),)).replace(**changes)

    return make


@pytest.fixture
def deployed(backend: MemoryBackend) -> Deployed:
    """Plan and apply a spec, and wait."""

    def deploy(spec: AppSpec) -> AppState:
        state = backend.apply(backend.plan(spec), listener=silent)
        assert state is not None
        return state

    return deploy
