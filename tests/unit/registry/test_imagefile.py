"""Image files: what is right comes through unchanged, in every form and compression."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from backports import zstd
from unit.registry.archives import blob, docker, layer, layout, sha, tar

from cloudkit.errors import BackendError, NotFoundError, RegistryError, UsageError
from cloudkit.registry.bundle import Bundle
from cloudkit.registry.compression import Limits
from cloudkit.registry.imagefile import open_bundle, write
from cloudkit.registry.pack import write_whole

KINDS = ["plain", "gzip", "zstd", "bzip2", "xz"]


def contents(bundle: Bundle) -> dict[str, bytes]:
    """Return all blobs of a bundle by digest."""
    return {str(digest): bundle.read(descriptor) for digest, descriptor in bundle.blobs().items()}


def named(bundle: Bundle) -> list[tuple[object, object]]:
    """Return the images of a bundle by digest and names."""
    return [(image.target.digest, image.names) for image in bundle.images]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress, bz2.compress, lzma.compress], ids=KINDS)
def test_a_layout_is_read_whatever_compresses_its_archive(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Plain, gzip, zstd, bzip2 and xz, found by their first bytes."""
    (tmp_path / "web").write_bytes(pack(tar(layout(layer()))))

    with open_bundle(tmp_path / "web") as bundle:
        bundle.check(Limits())

        assert [str(name) for image in bundle.images for name in image.names] == ["demo.example/web:1"]


@pytest.mark.parametrize(
    ("pack", "kind"), [(bytes, ""), (gzip.compress, "+gzip"), (zstd.compress, "+zstd")], ids=KINDS[:3]
)
def test_layers_are_looked_through_whatever_compresses_them(
    tmp_path: Path, pack: Callable[[bytes], bytes], kind: str
) -> None:
    """The digest of their content is the one that the configuration names."""
    (tmp_path / "web").write_bytes(tar(layout(layer(), pack(layer()), kind)))

    with open_bundle(tmp_path / "web") as bundle:
        bundle.check(Limits())


def test_a_folder_is_a_layout_too(tmp_path: Path) -> None:
    """As other tools write it."""
    for name, content in layout(layer()).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)

    with open_bundle(tmp_path) as bundle:
        bundle.check(Limits())

        assert len(bundle.blobs()) == 3


def test_an_old_docker_archive_becomes_a_layout_with_right_descriptors(tmp_path: Path) -> None:
    """A layer that is a link to another is that layer; manifest and descriptors are made from the bytes."""
    with open_bundle(docker(tmp_path / "web.tar")) as bundle:
        write(bundle, tmp_path / "oci.tar", "oci")

    with open_bundle(tmp_path / "oci.tar") as again:
        again.check(Limits())
        (image,) = again.images
        (manifest,) = again.manifests(image.target)

    assert [str(layer_.digest) for layer_ in manifest.layers] == [sha(layer())] * 2
    assert [name.familiar for name in image.names] == ["web:1"]


@pytest.mark.parametrize("form", ["oci", "docker"])
def test_what_is_written_is_what_was_read(tmp_path: Path, form: str) -> None:
    """Both ways, every blob has the same bytes and the image the same digest and name."""
    (tmp_path / "in.tar").write_bytes(tar(layout(layer())))

    with open_bundle(tmp_path / "in.tar") as bundle:
        write(bundle, tmp_path / "out.tar", form)
        with open_bundle(tmp_path / "out.tar") as again:
            assert contents(again) == contents(bundle)
            assert named(again) == named(bundle)


def test_equal_images_make_equal_files(tmp_path: Path) -> None:
    """No time, owner or order gets in."""
    shuffled = dict(reversed(layout(layer()).items()))
    (tmp_path / "one.tar").write_bytes(tar(layout(layer())))
    (tmp_path / "two.tar").write_bytes(gzip.compress(tar(shuffled)))

    for name in ("one", "two"):
        with open_bundle(tmp_path / f"{name}.tar") as bundle:
            write(bundle, tmp_path / f"{name}.out", "docker")

    assert (tmp_path / "one.out").read_bytes() == (tmp_path / "two.out").read_bytes()


def test_the_docker_form_is_read_by_old_and_new_engines(tmp_path: Path) -> None:
    """It has the list that old ones read, and is a layout for new ones."""
    (tmp_path / "in.tar").write_bytes(tar(layout(layer())))

    with open_bundle(tmp_path / "in.tar") as bundle:
        write(bundle, tmp_path / "out.tar", "docker")

    with tarfile.open(tmp_path / "out.tar") as archive:
        listed = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]  # a file
        assert listed[0]["Layers"] == [blob(gzip.compress(layer(), mtime=0))]
        assert "index.json" in archive.getnames()


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    """Whole or not at all: no half file, no temporary one."""
    files = layout(layer())
    broken = next(name for name, content in files.items() if content.startswith(b"\x1f\x8b"))
    files[broken] = files[broken][:-1] + b"x"
    (tmp_path / "in.tar").write_bytes(tar(files))
    (tmp_path / "out.tar").write_bytes(b"old")

    with open_bundle(tmp_path / "in.tar") as bundle, pytest.raises(RegistryError, match="does not match its digest"):
        write(bundle, tmp_path / "out.tar", "oci")

    assert (tmp_path / "out.tar").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.tar", "out.tar"]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """The error names the file, and no temporary one stays."""

    def pieces() -> Iterator[bytes]:
        yield b"x"
        raise OSError(28, "No space left on device")

    with pytest.raises(BackendError, match="No space left on device"):
        write_whole(tmp_path / "web.tar", pieces())

    assert list(tmp_path.iterdir()) == []


def test_an_unknown_form_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    """Nothing is written."""
    (tmp_path / "in.tar").write_bytes(tar(layout(layer())))

    with open_bundle(tmp_path / "in.tar") as bundle, pytest.raises(UsageError, match="oci, docker"):
        write(bundle, tmp_path / "out.tar", "zip")


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    """A missing file, and a folder that does not exist to write into."""
    with pytest.raises(NotFoundError, match="No such file"), open_bundle(tmp_path / "none.tar"):
        pass
    (tmp_path / "in.tar").write_bytes(tar(layout(layer())))
    with open_bundle(tmp_path / "in.tar") as bundle, pytest.raises(NotFoundError, match="no folder"):
        write(bundle, tmp_path / "none" / "out.tar", "oci")


def test_a_tar_of_a_file_system_is_told_apart(tmp_path: Path) -> None:
    """It is no image yet; the hint is the command that makes one of it."""
    (tmp_path / "root.tar").write_bytes(layer())

    with pytest.raises(RegistryError, match=r"docker import root\.tar"), open_bundle(tmp_path / "root.tar"):
        pass
