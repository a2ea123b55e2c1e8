"""An image that cannot be had is told by what its registry said, or that there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine.causes.patient import app
from unit.registry.peer import Peer, Reply, failing, serving

from cloudkit.backends.docker.image_cause import image_cause
from cloudkit.config import Config
from cloudkit.engine.connect import connect
from cloudkit.engine.images import EngineImages
from cloudkit.errors import AccessError, NotFoundError, RegistryError
from cloudkit.model.cause import Cause, CauseCode

pytestmark = pytest.mark.engine
BASIC = {"WWW-Authenticate": 'Basic realm="registry"'}


@pytest.fixture
def store(engine: str) -> Iterator[EngineImages]:
    """The images of the engine under test."""
    connection = connect(Config.resolve(environ={"DOCKER_HOST": engine}))
    yield EngineImages(connection)
    connection.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A registry that answers as a test says."""
    with serving() as running:
        running.on("GET /v2/", Reply(body=b"{}", headers={"Docker-Distribution-Api-Version": "registry/2.0"}))
        yield running


def cause_of(store: EngineImages, reference: str) -> Cause:
    """Return the cause for an app whose image is to be fetched from there."""
    spec = app(reference)
    with pytest.raises((AccessError, NotFoundError, RegistryError)) as raised:
        store.pull(spec.image)
    return image_cause(spec, raised.value)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (failing(401, "UNAUTHORIZED", headers=BASIC), CauseCode.REGISTRY_REFUSED),
        (failing(403, "DENIED", "requested access to the resource is denied"), CauseCode.REGISTRY_REFUSED),
        (failing(404, "MANIFEST_UNKNOWN", "manifest unknown"), CauseCode.IMAGE_MISSING),
        (failing(429, "TOOMANYREQUESTS", "slow down"), CauseCode.REGISTRY_RATE_LIMITED),
    ],
    ids=["401", "403", "404", "429"],
)
def test_what_a_registry_answers_is_the_cause(store: EngineImages, peer: Peer, reply: Reply, code: CauseCode) -> None:
    """Each is certain, names the image or its registry, and has a call that mends it."""
    for method in ("HEAD", "GET"):
        peer.on(f"{method} /v2/web/manifests/1", reply)

    cause = cause_of(store, f"{peer.domain}/web:1")

    assert (cause.code, cause.certain) == (code, True)
    assert peer.domain in cause.summary
    assert cause.fix


def test_a_registry_that_is_not_there_is_the_cause(store: EngineImages, free_port: int) -> None:
    """Nothing answers, which is no missing image."""
    cause = cause_of(store, f"localhost:{free_port}/web:1")

    assert (cause.code, cause.certain) == (CauseCode.REGISTRY_UNREACHABLE, True)
