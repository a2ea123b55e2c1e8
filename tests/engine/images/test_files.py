"""Images of a real engine in files and back."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from engine.images.conftest import Make
from unit.registry.archives import layer, layout, tar

from cloudkit.engine.images import EngineImages
from cloudkit.errors import NotFoundError, RegistryError, UsageError
from cloudkit.model.progress import Phase, Progress
from cloudkit.model.reference import Reference
from cloudkit.registry.compression import Limits
from cloudkit.registry.imagefile import open_bundle

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]


def name_of(reference: Reference) -> Reference:
    """Return a reference's tag without its digest."""
    return replace(reference, digest=None)


@pytest.mark.parametrize("form", ["oci", "docker"])
def test_an_image_that_is_saved_and_loaded_is_the_same(
    store: EngineImages, make: Make, tmp_path: Path, form: str
) -> None:
    """Its name and digest come back, after it was gone from the engine."""
    made = make()
    saved = store.save((made,), tmp_path / "web.tar", layout=form)
    store.remove(name_of(made.reference))

    (loaded,) = store.load(saved)

    assert (loaded.reference, loaded.digest) == (made.reference, made.digest)
    assert store.find(made.reference).tags == made.tags


def test_several_images_share_a_file(store: EngineImages, make: Make, tmp_path: Path) -> None:
    """Each comes back under its own name."""
    images = (make(), make())
    saved = store.save(images, tmp_path / "both.tar")
    for image in images:
        store.remove(name_of(image.reference))

    loaded = store.load(saved)

    assert {image.reference for image in loaded} == {image.reference for image in images}


def test_a_saved_layout_holds_right_descriptors(store: EngineImages, make: Make, tmp_path: Path) -> None:
    """Whatever form the engine exports, every digest and size in the file is checked by reading it."""
    made = make()

    saved = store.save((made,), tmp_path / "web.tar", layout="oci")

    with open_bundle(saved) as bundle:
        bundle.check(Limits())
        assert [image.names for image in bundle.images] == [(name_of(made.reference),)]


def test_a_pinned_image_is_saved_though_its_tag_has_moved(store: EngineImages, make: Make, tmp_path: Path) -> None:
    """What the state holds is saved, under the name that it was asked for by."""
    first, second = make(), make()
    store.tag(second, name_of(first.reference))

    saved = store.save((first,), tmp_path / "web.tar")
    store.remove(name_of(first.reference))
    (loaded,) = store.load(saved)

    assert loaded.digest == first.digest


def test_saving_tells_the_bytes(store: EngineImages, make: Make, tmp_path: Path) -> None:
    """Blobs grow to their size, and the file ends the work."""
    made, events = make(), list[Progress]()

    store.save((made,), tmp_path / "web.tar", listener=events.append)
    store.load(tmp_path / "web.tar", listener=events.append)

    blobs = [event for event in events if event.done and event.total]
    assert {event.phase for event in events} == {Phase.SAVE, Phase.LOAD}
    assert all(event.current == event.total for event in blobs)
    assert blobs


def test_a_compressed_archive_is_loaded(store: EngineImages, make: Make, tmp_path: Path) -> None:
    """As people hand them around."""
    made = make()
    saved = store.save((made,), tmp_path / "web.tar")
    (tmp_path / "web.tgz").write_bytes(gzip.compress(saved.read_bytes()))
    store.remove(name_of(made.reference))

    (loaded,) = store.load(tmp_path / "web.tgz")

    assert loaded.digest == made.digest


def test_a_layout_without_a_name_is_loaded_by_its_digest(store: EngineImages, tmp_path: Path) -> None:
    """The result says which image it is."""
    files = layout(layer("unnamed"))
    files["index.json"] = files["index.json"].replace(b"io.containerd.image.name", b"example.nothing")
    (tmp_path / "web.tar").write_bytes(tar(files))

    (loaded,) = store.load(tmp_path / "web.tar")
    try:
        assert loaded.digest
        assert store.find(loaded.reference).digest == loaded.digest
    finally:
        store.remove(loaded.reference)


def test_a_file_that_does_not_match_its_digests_reaches_no_engine(store: EngineImages, tmp_path: Path) -> None:
    """It is refused before the first byte is sent."""
    files = layout(layer("good"), gzip.compress(layer("evil")))
    files["index.json"] = files["index.json"].replace(b"demo.example/web:1", b"cloudkit.test/evil:1")
    (tmp_path / "web.tar").write_bytes(tar(files))

    with pytest.raises(RegistryError, match="unpacks to other content"):
        store.load(tmp_path / "web.tar")

    with pytest.raises(NotFoundError):
        store.find(Reference.parse("cloudkit.test/evil:1"))


def test_what_cannot_be_saved_leaves_no_file(store: EngineImages, make: Make, tmp_path: Path) -> None:
    """An image that is gone, a form that is unknown, no image, a folder that is not there."""
    made = make()
    before = set(tmp_path.iterdir())

    with pytest.raises(UsageError, match="oci, docker"):
        store.save((made,), tmp_path / "web.tar", layout="zip")
    with pytest.raises(UsageError, match="no image"):
        store.save((), tmp_path / "web.tar")
    with pytest.raises(NotFoundError, match="no folder"):
        store.save((made,), tmp_path / "none" / "web.tar")
    store.remove(name_of(made.reference))
    with pytest.raises(NotFoundError, match="not on this engine"):
        store.save((made,), tmp_path / "web.tar")

    assert set(tmp_path.iterdir()) == before
