"""A store on the engine under test, and images that no other test has."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from unit.registry.archives import layer, layout, tar

from cloudkit.config import Config
from cloudkit.engine.connect import connect
from cloudkit.engine.images import EngineImages
from cloudkit.model.image import ImageState
from cloudkit.model.reference import Reference

Make = Callable[[], ImageState]


@pytest.fixture
def store(engine: str) -> Iterator[EngineImages]:
    """The images of the engine under test."""
    connection = connect(Config.resolve(environ={"DOCKER_HOST": engine}))
    yield EngineImages(connection)
    connection.close()


@pytest.fixture
def make(store: EngineImages, tmp_path: Path) -> Iterator[Make]:
    """Make a small image of new content; it and all names of its repository are gone afterwards."""
    made: list[str] = []

    def fresh() -> ImageState:
        name = f"cloudkit.test/images/{secrets.token_hex(6)}"
        made.append(name)
        files = layout(layer(name))
        files["index.json"] = files["index.json"].replace(b"demo.example/web:1", f"{name}:1".encode())
        path = tmp_path / f"{len(made)}-made.tar"
        path.write_bytes(tar(files))
        (state,) = store.load(path)
        return state

    yield fresh
    for state in store.images():
        for tag in state.tags:
            if tag.repository in made:
                store.remove(tag)


@pytest.fixture
def at_registry(store: EngineImages, make: Make, registry_url: str) -> Iterator[Callable[[], ImageState]]:
    """Make a small image and give it a name at the running registry; the name is gone afterwards."""
    names: list[Reference] = []

    def fresh() -> ImageState:
        state = make()
        port = registry_url.rpartition(":")[2]
        names.append(Reference.parse(f"localhost:{port}/{state.reference.path}:1"))
        return store.tag(state, names[-1])

    yield fresh
    for name in names:
        store.remove(name)
