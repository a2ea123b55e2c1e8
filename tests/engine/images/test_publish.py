"""An image on its way to the nodes of a cluster: sent once to the registry that they pull from, named by its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from cloudkit.backends.kubernetes.images import ClusterImages
from cloudkit.backends.readonly import Guard
from cloudkit.config import Config
from cloudkit.engine.connect import Engine, connect
from cloudkit.engine.images import EngineImages
from cloudkit.errors import BackendError, NotFoundError, UsageError
from cloudkit.model.image import ImageState
from cloudkit.model.progress import Progress, silent
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry.client import RegistryClient

pytestmark = [pytest.mark.engine, pytest.mark.registry]

Make = Callable[[], ImageState]
ABSENT = Digest.parse("sha256:" + "0" * 64)


@pytest.fixture
def domain(registry_url: str) -> str:
    """The running registry, as references name it."""
    return f"localhost:{registry_url.rpartition(':')[2]}"


@pytest.fixture
def images(engine: str, domain: str, store: EngineImages) -> Iterator[ClusterImages]:
    """The images of a cluster whose nodes pull from the registry."""
    made = ClusterImages(lambda: connect(Config.resolve("docker", environ={"DOCKER_HOST": engine})), domain)
    yield made
    made.close()
    for tag in [tag for state in store.images() for tag in state.tags if tag.domain == domain]:
        store.remove(tag)


def test_what_only_the_engine_has_is_sent_to_the_registry(images: ClusterImages, domain: str, make: Make) -> None:
    """The reference names what the registry has, by its digest."""
    image, events = make(), list[Progress]()

    reference = images.publish(image, listener=events.append)

    assert (reference.domain, reference.path, reference.tag) == (domain, image.reference.path, image.reference.tag)
    with RegistryClient(domain) as client:
        assert client.resolve(reference).digest == reference.digest
    assert events


def test_what_was_sent_is_not_sent_again(images: ClusterImages, make: Make) -> None:
    """The same image gets the same reference, and nothing is pushed."""
    image, events = make(), list[Progress]()
    first = images.publish(image)

    assert images.publish(image, listener=events.append) == first
    assert events == []


def test_while_planning_nothing_is_sent(images: ClusterImages, domain: str, make: Make) -> None:
    """An image that would have to be is an error with what to do; one that is there is planned with."""
    image = make()
    guarded: object = Guard(images, frozenset())

    with pytest.raises(NotFoundError, match="a plan sends nothing"):
        guarded.publish(image, listener=silent)  # type: ignore[attr-defined]  # it passes all else on
    with RegistryClient(domain) as client, pytest.raises(NotFoundError):
        client.resolve(replace(image.reference, domain=domain, digest=None))
    sent = images.publish(image)

    assert guarded.publish(image, listener=silent) == sent  # type: ignore[attr-defined]


def test_what_its_own_registry_has_is_pulled_from_there(images: ClusterImages, make: Make) -> None:
    """No registry of the cloud's own is needed then, and no engine."""
    there = images.publish(make())

    def no_engine() -> Engine:
        raise BackendError("no engine")

    elsewhere = ClusterImages(no_engine)

    assert elsewhere.publish(elsewhere.find(there)) == there
    assert elsewhere.find(replace(there, digest=None)).reference == there


def test_an_image_with_no_way_to_the_nodes_says_so(engine: str, make: Make) -> None:
    """Without a registry there is none, and the error names the setting."""
    images = ClusterImages(lambda: connect(Config.resolve("docker", environ={"DOCKER_HOST": engine})))

    with pytest.raises(UsageError, match="on the engine only") as caught:
        images.publish(make())

    assert "registry=" in caught.value.hint
    images.close()


def test_an_image_that_is_nowhere_is_not_found(images: ClusterImages, domain: str) -> None:
    """Neither at the registry nor on the engine."""
    reference = Reference(domain=domain, path="nowhere", tag="1")

    with pytest.raises(NotFoundError, match="nowhere"):
        images.publish(ImageState(reference=reference.pinned(ABSENT), digest=ABSENT))
    with pytest.raises(NotFoundError, match="nowhere"):
        images.find(reference)
