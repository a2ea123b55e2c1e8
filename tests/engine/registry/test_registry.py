"""The client with a real registry."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from engine.registry.conftest import PASSWORD, Made

from cloudkit.errors import AccessError, NotFoundError, RegistryError
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.credentials import Credential
from cloudkit.registry.manifest import OCI_INDEX, OCI_LAYER, Descriptor, Index, digest_of, encode, parse

pytestmark = pytest.mark.registry


def upload(client: RegistryClient, reference: Reference, made: Made) -> None:
    """Send an image and give it its name."""
    blobs = client.blobs(reference.path)
    for descriptor, content in made.blobs.items():
        blobs.send(descriptor, io.BytesIO(content))
    client.put(reference, made.manifest)


def test_an_image_goes_up_and_comes_down_unchanged(reference: Reference, made: Made, tmp_path: Path) -> None:
    """Its manifest and blobs have the same bytes, by tag and by digest."""
    with RegistryClient(reference.domain) as client:
        upload(client, reference, made)

        resolved = client.resolve(reference)
        assert resolved.digest == made.manifest.descriptor.digest
        assert client.manifest(reference) == client.manifest(reference.pinned(resolved.digest)) == made.manifest
        for descriptor, content in made.blobs.items():
            path = client.blobs(reference.path).fetch(descriptor, tmp_path / descriptor.digest.short)
            assert path.read_bytes() == content


def test_a_blob_of_many_chunks_arrives_whole(reference: Reference, tmp_path: Path) -> None:
    """More than two chunks, and a last one that is not full."""
    content = os.urandom(20 * 1024 * 1024 + 7)
    descriptor = Descriptor(media_type=OCI_LAYER, digest=digest_of(content), size=len(content))

    with RegistryClient(reference.domain) as client:
        client.blobs(reference.path).send(descriptor, io.BytesIO(content))
        fetched = client.blobs(reference.path).fetch(descriptor, tmp_path / "blob")

    assert fetched.read_bytes() == content


def test_an_index_of_images_is_kept(reference: Reference, made: Made) -> None:
    """Several platforms have one name."""
    own = made.manifest.descriptor
    listed = [{"mediaType": own.media_type, "digest": str(own.digest), "size": own.size}]
    index = parse(encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}), "the index")

    with RegistryClient(reference.domain) as client:
        upload(client, reference, made)
        client.put(replace(reference, tag="all"), index)
        found = client.manifest(replace(reference, tag="all"))

    assert isinstance(found, Index)
    assert found == index


def test_tags_are_listed_over_several_pages(reference: Reference, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry's own links lead to the end."""
    monkeypatch.setattr("cloudkit.registry.client.PAGE", 3)
    wanted = [f"t{number}" for number in range(8)]

    with RegistryClient(reference.domain) as client:
        upload(client, reference, made)
        for tag in wanted:
            client.put(replace(reference, tag=tag), made.manifest)

        assert sorted(client.tags(reference.path)) == sorted(["1", *wanted])


def test_what_is_deleted_is_gone(reference: Reference, made: Made) -> None:
    """With all its tags."""
    with RegistryClient(reference.domain) as client:
        upload(client, reference, made)
        client.delete(reference)

        with pytest.raises(NotFoundError):
            client.resolve(reference)


def test_a_manifest_without_its_blobs_is_refused(reference: Reference, made: Made) -> None:
    """The registry's own code and words are in the error."""
    with (
        RegistryClient(reference.domain) as client,
        pytest.raises(RegistryError, match="MANIFEST_BLOB_UNKNOWN") as caught,
    ):
        client.put(reference, made.manifest)

    assert caught.value.status == 400


def test_a_locked_registry_tells_nobody(locked: str) -> None:
    """Without credentials the error is the command that gets some."""
    with RegistryClient(locked, credential=lambda _domain: None) as client, pytest.raises(AccessError) as caught:
        client.ping()

    assert f"docker login {locked}" in caught.value.hint


def test_a_wrong_password_is_refused_and_not_shown(locked: str) -> None:
    """Asked once, not again and again."""
    wrong = Credential(username="ann", password=Secret("wrong-pass"))
    with RegistryClient(locked, credential=lambda _domain: wrong) as client, pytest.raises(AccessError) as caught:
        client.ping()

    assert "wrong-pass" not in str(caught.value)


@pytest.mark.usefixtures("helper")
def test_a_helper_program_opens_a_locked_registry(locked: str, made: Made) -> None:
    """Docker's configuration alone is enough to push and pull."""
    reference = Reference.parse(f"{locked}/web:1")

    with RegistryClient(locked) as client:
        upload(client, reference, made)

        assert client.manifest(reference) == made.manifest
        assert PASSWORD not in repr(vars(client))
