"""A build where no engine is: by a BuildKit at an address, kept by the registry of the cloud."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import absent, unused_port
from testbed.buildkit import serving_builds

from cloudkit.backends.kubernetes.registryimages import RegistryImages
from cloudkit.config.builder import Builder
from cloudkit.errors import BackendError, BuildError, NotFoundError, UnsupportedError, UsageError
from cloudkit.model.build import BuildSpec
from cloudkit.model.progress import Phase, Progress
from cloudkit.model.reference import Reference
from cloudkit.registry.client import RegistryClient

pytestmark = [pytest.mark.engine, pytest.mark.registry]

DOCKERFILE = 'FROM scratch\nCOPY web /web\nUSER 65532\nEXPOSE 8080\nENTRYPOINT ["/web"]\n'
WEB = Reference.parse("web:1")


@pytest.fixture(scope="session")
def builder(engine: str, request: pytest.FixtureRequest) -> Iterator[Builder]:
    """A BuildKit on loopback."""
    with serving_builds(engine) as address:
        if address is None:
            absent(request.config, "docker", "no docker command, which hands on connections to BuildKit")
        yield Builder(address=address)


@pytest.fixture
def domain(registry_url: str) -> str:
    """The running registry, as references name it."""
    return f"localhost:{registry_url.rpartition(':')[2]}"


@pytest.fixture
def images(builder: Builder, domain: str, monkeypatch: pytest.MonkeyPatch) -> RegistryImages:
    """The images of a cluster beside which no engine is."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    return RegistryImages(builder, f"{domain}/team")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A context with one small file."""
    (tmp_path / "web").write_text("web")
    return tmp_path


def test_what_is_built_is_at_the_registry(images: RegistryImages, domain: str, context: Path) -> None:
    """By its tag and by its digest, with what its configuration says, and steps and blobs are told of."""
    events: list[Progress] = []
    spec = BuildSpec(context=context, dockerfile_text=DOCKERFILE, tags=(WEB,))

    state = images.build(spec, listener=events.append)

    assert state.reference.repository == f"{domain}/team/web"
    assert (state.user, state.ports, state.entrypoint) == ("65532", (8080,), ("/web",))
    with RegistryClient(domain) as client:
        assert client.resolve(replace(state.reference, digest=None)).digest == state.digest
    assert {Phase.BUILD, Phase.PUSH} <= {event.phase for event in events}
    assert images.publish(state) == state.reference
    assert images.find(WEB).digest == state.digest


def test_several_platforms_are_one_index(images: RegistryImages, context: Path) -> None:
    """Each platform that was asked for is listed at the registry."""
    spec = BuildSpec(context=context, dockerfile_text=DOCKERFILE, platforms=("linux/amd64", "linux/arm64"))

    state = images.build(spec)

    with RegistryClient(state.reference.domain) as client:
        found = client.manifest(state.reference).children
    assert {child.platform for child in found} == {"linux/amd64", "linux/arm64"}


def test_a_failed_step_is_named_with_its_line(images: RegistryImages, context: Path) -> None:
    """As by an engine: the step, its line, the end of its log."""
    text = 'FROM scratch\nCOPY web /web\nRUN ["/none", "serve"]\n'

    with pytest.raises(BuildError) as caught:
        images.build(BuildSpec(context=context, dockerfile_text=text))

    assert (caught.value.line, caught.value.step) == (3, 'RUN ["/none", "serve"]')
    assert "/none" in "\n".join(caught.value.log)


def test_an_image_for_other_nodes_is_told_before_it_runs(images: RegistryImages, context: Path) -> None:
    """No node could run it: publishing it says so, and what would."""
    state = images.build(BuildSpec(context=context, dockerfile_text=DOCKERFILE, platforms=("linux/arm64",)))
    beside = RegistryImages(images.builder, images.registry, nodes=lambda: frozenset({"linux/amd64"}))

    with pytest.raises(NotFoundError, match=r"is for linux/arm64; the cluster's nodes are linux/amd64"):
        beside.publish(state)


def test_one_more_tag_in_the_repository(images: RegistryImages, context: Path) -> None:
    """It names the same image."""
    state = images.build(BuildSpec(context=context, dockerfile_text=DOCKERFILE, tags=(WEB,)))

    images.tag(state, Reference.parse("web:2"))

    assert images.find(Reference.parse("web:2")).digest == state.digest


def test_what_takes_an_engine_is_refused(images: RegistryImages) -> None:
    """The error says why, and the way out."""
    with pytest.raises(UnsupportedError, match="cannot list images: images are built at tcp://") as caught:
        images.images()

    assert caught.value.hint.startswith("curl localhost:")


def test_nothing_listens_there(domain: str, context: Path) -> None:
    """The address is named with what happened."""
    images = RegistryImages(Builder(address=f"tcp://127.0.0.1:{unused_port()}"), domain)

    with pytest.raises(BackendError, match=r"no BuildKit answers at tcp://127\.0\.0\.1:"):
        images.build(BuildSpec(context=context, dockerfile_text=DOCKERFILE))


def test_without_a_registry_nothing_is_built(builder: Builder, context: Path) -> None:
    """There is nowhere to keep it."""
    with pytest.raises(UsageError, match="no registry is set"):
        RegistryImages(builder).build(BuildSpec(context=context, dockerfile_text=DOCKERFILE))
