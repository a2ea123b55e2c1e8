"""A registry of one's own: its image made for real, run as its app says, used by engine and client."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from unit.registry.archives import layer, layout, tar

from cloudkit.config import Config
from cloudkit.engine.connect import connect
from cloudkit.engine.images import EngineImages
from cloudkit.errors import AccessError
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.local import registry_domain, registry_image, registry_spec

pytestmark = [pytest.mark.engine, pytest.mark.registry]


@pytest.fixture(scope="module")
def store(engine: str) -> Iterator[EngineImages]:
    """The images of the engine under test."""
    connection = connect(Config.resolve(environ={"DOCKER_HOST": engine}))
    yield EngineImages(connection)
    connection.close()


@pytest.fixture
def running(engine: str, store: EngineImages, free_port: int) -> Iterator[AppSpec]:
    """The app that a registry is, run by hand as its spec says."""
    name = f"t-registry-{secrets.token_hex(4)}"
    spec = registry_spec(name, registry_image(store).reference, port=free_port)
    port, mount = spec.ports[0], spec.mounts[0]
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as client:
        container = client.containers.run(
            store.find(spec.image).tags[0].familiar,
            name=name,
            detach=True,
            init=spec.init,
            cap_drop=list(spec.drop),
            environment={key: str(value) for key, value in spec.env.items()},
            ports={f"{port.number}/tcp": (port.host, port.publish)},
            volumes=[f"{mount.source}:{mount.target}"],
        )
        try:
            yield spec
        finally:
            container.remove(force=True, v=True)
            client.volumes.get(mount.source).remove(force=True)


def test_an_image_goes_through_ones_own_registry(store: EngineImages, running: AppSpec, tmp_path: Path) -> None:
    """Pushed, gone from the engine, pulled again: the same digest, which the client reads too."""
    port = running.ports[0].publish
    assert port
    files = layout(layer(running.name))
    name = f"{registry_domain(port)}/web:1"
    files["index.json"] = files["index.json"].replace(b"demo.example/web:1", name.encode())
    (tmp_path / "web.tar").write_bytes(tar(files))
    store.load(tmp_path / "web.tar")
    reference = Reference.parse(name)
    with RegistryClient(reference.domain, timeout=20) as client:
        client.ping()

        pushed = store.push(reference)
        store.remove(reference)
        pulled = store.pull(reference)
        store.remove(replace(pulled.reference, digest=None))

        assert client.resolve(reference).digest == pushed.digest == pulled.digest
        client.delete(reference)


def test_the_image_is_there_at_once_the_second_time(store: EngineImages) -> None:
    """What was fetched or made is found again."""
    first = registry_image(store)

    assert registry_image(store).digest == first.digest


@pytest.mark.usefixtures("helper")
def test_an_engine_uses_what_a_helper_knows(store: EngineImages, locked: str, tmp_path: Path) -> None:
    """Push and pull with docker's configuration alone."""
    name = f"{locked}/web:1"
    files = layout(layer(name))
    files["index.json"] = files["index.json"].replace(b"demo.example/web:1", name.encode())
    (tmp_path / "web.tar").write_bytes(tar(files))
    store.load(tmp_path / "web.tar")
    reference = Reference.parse(name)

    pushed = store.push(reference)
    store.remove(reference)
    pulled = store.pull(pushed.reference)
    store.remove(pulled.reference)

    assert pulled.digest == pushed.digest


def test_an_engine_without_credentials_is_told_to_log_in(
    store: EngineImages, locked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command names the registry."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "empty"))

    with pytest.raises(AccessError, match=f"docker login {locked}"):
        store.pull(Reference.parse(f"{locked}/web:1"))
