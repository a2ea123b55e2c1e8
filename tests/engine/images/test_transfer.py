"""Pull and push between a real engine and a real registry, and one that misbehaves."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from engine.images.conftest import Make
from unit.registry.peer import Peer, Reply, failing, serving

from cloudkit.engine.images import EngineImages
from cloudkit.errors import AccessError, CloudkitError, NotFoundError, RegistryError
from cloudkit.model.progress import Phase, Progress
from cloudkit.model.reference import Digest, Reference
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.manifest import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, digest_of, encode

BASIC = {"WWW-Authenticate": 'Basic realm="x"'}

pytestmark = pytest.mark.engine


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A registry that answers as a test says."""
    with serving() as running:
        running.on("GET /v2/", Reply(body=b"{}", headers={"Docker-Distribution-Api-Version": "registry/2.0"}))
        yield running


@pytest.mark.old_engine
def test_what_is_pushed_is_what_the_registry_has(store: EngineImages, at_registry: Make) -> None:
    """The digest of the result is the one that the registry's own client reads."""
    made = at_registry()

    pushed = store.push(replace(made.reference, digest=None))

    with RegistryClient(pushed.reference.domain) as client:
        assert client.resolve(replace(pushed.reference, digest=None)).digest == pushed.digest
    assert store.find(pushed.reference).reference == pushed.reference


@pytest.mark.old_engine
def test_what_was_pushed_comes_back_by_its_digest(store: EngineImages, at_registry: Make) -> None:
    """Pinned or by tag, it is the same image."""
    made = at_registry()
    pushed = store.push(replace(made.reference, digest=None))
    store.remove(replace(made.reference, digest=None))

    pinned = store.pull(replace(pushed.reference, tag=None))
    tagged = store.pull(replace(pushed.reference, digest=None))

    assert pinned.digest == tagged.digest == pushed.digest
    assert tagged.reference == pushed.reference


@pytest.mark.old_engine
def test_layers_tell_how_far_they_are(store: EngineImages, at_registry: Make) -> None:
    """Each layer is an item of its own that ends, in both directions."""
    made = at_registry()
    events: list[Progress] = []

    store.push(replace(made.reference, digest=None), listener=events.append)
    store.pull(replace(made.reference, digest=None), listener=events.append)

    assert {event.phase for event in events} == {Phase.PUSH, Phase.PULL}
    assert any(event.done and event.item for event in events if event.phase is Phase.PUSH)


@pytest.mark.old_engine
def test_an_image_that_the_registry_does_not_have_is_not_found(store: EngineImages, registry_url: str) -> None:
    """By tag and by digest, with the registry's name."""
    absent = Reference.parse(f"localhost:{registry_url.rpartition(':')[2]}/cloudkit/absent:1")

    for reference in (absent, absent.pinned(Digest("sha256", "1" * 64))):
        with pytest.raises(NotFoundError, match=rf"{absent.domain} does not have it"):
            store.pull(reference)


@pytest.mark.old_engine
def test_an_image_that_the_engine_does_not_have_is_not_pushed(store: EngineImages, registry_url: str) -> None:
    """The engine is named, not the registry."""
    with pytest.raises(NotFoundError, match="the engine does not have it"):
        store.push(Reference.parse(f"localhost:{registry_url.rpartition(':')[2]}/cloudkit/absent:1"))


@pytest.mark.old_engine
def test_a_registry_that_is_not_there_is_said(store: EngineImages, free_port: int) -> None:
    """It is told apart from one that has no such image."""
    with pytest.raises(RegistryError, match="does not answer") as caught:
        store.pull(Reference.parse(f"localhost:{free_port}/web:1"))

    assert caught.value.status is None


@pytest.mark.old_engine
@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            failing(401, "UNAUTHORIZED", headers=BASIC),
            AccessError,
            "docker login 127",
        ),
        (failing(403, "DENIED", "requested access to the resource is denied"), AccessError, "docker login 127"),
        (failing(404, "MANIFEST_UNKNOWN", "manifest unknown"), NotFoundError, "does not have it"),
        (failing(429, "TOOMANYREQUESTS", "slow down"), RegistryError, "limits the rate"),
        (failing(500, "UNKNOWN", "broken"), RegistryError, "answered with 500"),
    ],
    ids=["401", "403", "404", "429", "500"],
)
def test_what_the_registry_refuses_the_engine_for_is_told_apart(
    store: EngineImages, peer: Peer, reply: Reply, kind: type[CloudkitError], words: str
) -> None:
    """Each status through the engine is the same kind of error as without one."""
    for method in ("HEAD", "GET"):
        peer.on(f"{method} /v2/web/manifests/1", reply)

    with pytest.raises(kind, match=words):
        store.pull(Reference.parse(f"{peer.domain}/web:1"))


@pytest.mark.parametrize("damage", [pytest.param("another digest", marks=pytest.mark.old_engine), "cut short"])
def test_a_layer_that_comes_wrong_is_not_kept(store: EngineImages, peer: Peer, damage: str) -> None:
    """The engine has no image of that name afterwards; the old one itself tries a cut layer for 75 s."""
    content = secrets.token_bytes(15_000)  # new each time, as engines keep what came of a layer
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{'0' * 64}"]}
    config = encode({"architecture": "amd64", "os": "linux", "rootfs": rootfs})
    described = {
        kind: {"mediaType": kind, "digest": str(digest_of(raw)), "size": len(raw)}
        for kind, raw in ((OCI_CONFIG, config), (OCI_LAYER, content))
    }
    raw = encode(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": described[OCI_CONFIG],
            "layers": [described[OCI_LAYER]],
        }
    )
    headers = {"Content-Type": OCI_MANIFEST, "Docker-Content-Digest": str(digest_of(raw))}
    for name in ("1", str(digest_of(raw))):
        for method in ("HEAD", "GET"):
            peer.on(f"{method} /v2/web/manifests/{name}", Reply(body=raw, headers=headers))
    peer.on(f"GET /v2/web/blobs/{digest_of(config)}", Reply(body=config))
    wrong = Reply(body=b"x" * len(content)) if damage == "another digest" else Reply(body=content, cut=100)
    peer.on(f"GET /v2/web/blobs/{digest_of(content)}", wrong)
    reference = Reference.parse(f"{peer.domain}/web:1")

    with pytest.raises(RegistryError, match=r"digest|cut the connection"):
        store.pull(reference)

    with pytest.raises(NotFoundError):
        store.find(reference)


@pytest.mark.old_engine
def test_a_password_of_dockers_configuration_reaches_the_registry(
    store: EngineImages, peer: Peer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A helper program gives it, the engine sends it, and no error shows it."""
    folder = tmp_path_factory.mktemp("docker")
    program = folder / "docker-credential-engine"
    answer = json.dumps({"Username": "ann", "Secret": "s3cret"})
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    (folder / "config.json").write_text(json.dumps({"credHelpers": {peer.domain: "engine"}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    for method in ("HEAD", "GET"):
        peer.on(f"{method} /v2/web/manifests/1", failing(401, "UNAUTHORIZED", headers=BASIC))
    peer.on("GET /v2/", failing(401, "UNAUTHORIZED", headers=BASIC))

    with pytest.raises(AccessError) as caught:
        store.pull(Reference.parse(f"{peer.domain}/web:1"))

    assert "Basic YW5uOnMzY3JldA==" in {asked.authorization for asked in peer.asked}
    assert "s3cret" not in str(caught.value)


@pytest.mark.old_engine
def test_a_transfer_that_is_interrupted_ends_and_works_the_next_time(store: EngineImages, at_registry: Make) -> None:
    """Ctrl-C comes out at once, from the middle of either direction; the same call again does the whole work."""
    name = replace(at_registry().reference, digest=None)

    def interrupt(_event: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.push(name, listener=interrupt)
    pushed = store.push(name)
    store.remove(name)
    with pytest.raises(KeyboardInterrupt):
        store.pull(name, listener=interrupt)

    assert store.pull(name).digest == pushed.digest
