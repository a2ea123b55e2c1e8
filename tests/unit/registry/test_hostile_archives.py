"""Image files of an attacker: refused by name, in bounded time and memory, with nothing written."""

from __future__ import annotations

import gzip
import io
import json
import resource
import tarfile
from pathlib import Path

import pytest
from unit.registry.archives import MANIFEST, blob, described, layer, layout, tar

from cloudkit.errors import RegistryError
from cloudkit.registry.compression import Limits
from cloudkit.registry.imagefile import open_bundle, write

INDEX = "application/vnd.oci.image.index.v1+json"
SMALL = Limits(size=1024 * 1024, ratio=20, free=64 * 1024, entries=100)


def check(path: Path, limits: Limits = SMALL) -> None:
    """Open and check a file, as loading does."""
    with open_bundle(path, limits) as bundle:
        bundle.check(limits)


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    """Return an entry without content."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (entry("../../etc/cron.d/x"), "outside itself"),
        (entry("blobs/../../x"), "outside itself"),
        (entry("/etc/passwd"), "outside itself"),
        (entry("blobs/sha256/link", tarfile.SYMTYPE, "/etc/shadow"), "neither file nor folder"),
        (entry("x/layer.tar", tarfile.SYMTYPE, "../../../etc/shadow"), "does not hold"),
        (entry("x/layer.tar", tarfile.SYMTYPE, "/etc/shadow"), "does not hold"),
        (entry("blobs/sha256/hard", tarfile.LNKTYPE, "/etc/shadow"), "neither file nor folder"),
        (entry("dev", tarfile.BLKTYPE), "neither file nor folder"),
        (entry("dev", tarfile.CHRTYPE), "neither file nor folder"),
        (entry("pipe", tarfile.FIFOTYPE), "neither file nor folder"),
        (entry("./index.json"), "twice"),
    ],
)
def test_an_entry_that_no_image_file_has_is_refused(tmp_path: Path, extra: tarfile.TarInfo, words: str) -> None:
    """Paths out, links, devices, and one name for two contents."""
    (tmp_path / "web.tar").write_bytes(tar(layout(layer()), extra))

    with pytest.raises(RegistryError, match=words):
        check(tmp_path / "web.tar")


def test_a_link_in_a_layout_folder_is_refused(tmp_path: Path) -> None:
    """It could lead to any file of this machine."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"s3cret")
    folder = tmp_path / "layout"
    for name, content in layout(layer()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    packed = next(path for path in (folder / "blobs/sha256").iterdir() if path.read_bytes()[:2] == b"\x1f\x8b")
    packed.unlink()
    packed.symlink_to(secret)

    with pytest.raises(RegistryError, match="no regular file"):
        check(folder)


@pytest.mark.parametrize("part", ["manifest", "config", "layer"])
@pytest.mark.parametrize("change", ["flip", "cut", "drop"])
def test_a_blob_that_is_not_what_its_digest_names_is_refused(tmp_path: Path, part: str, change: str) -> None:
    """Whichever it is, one bit, one byte less, or all of it."""
    files = layout(layer())
    names = {"manifest": b'"layers"', "config": b'"rootfs"', "layer": b"\x1f\x8b"}
    name = next(key for key, content in files.items() if key.startswith("blobs/") and names[part] in content)
    content = files.pop(name)
    if change != "drop":
        files[name] = content[:-1] + bytes([content[-1] ^ 1]) if change == "flip" else content[:-1]
    (tmp_path / "web.tar").write_bytes(tar(files))

    with pytest.raises(RegistryError, match=r"digest|bytes, not|missing"):
        check(tmp_path / "web.tar")


def test_a_layer_with_other_content_than_the_configuration_names_is_refused(tmp_path: Path) -> None:
    """Its own digest is right, that of its content is not."""
    (tmp_path / "web.tar").write_bytes(tar(layout(layer("good"), gzip.compress(layer("evil")))))

    with pytest.raises(RegistryError, match="unpacks to other content"):
        check(tmp_path / "web.tar")


def test_a_layer_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """By its ratio, before the bytes were made."""
    bomb = gzip.compress(bytes(50 * 1024 * 1024))
    (tmp_path / "web.tar").write_bytes(tar(layout(layer(), bomb)))

    with pytest.raises(RegistryError, match="unpacks to more than"):
        check(tmp_path / "web.tar")


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """The outer compression has the same limits."""
    (tmp_path / "web.tar").write_bytes(gzip.compress(bytes(50 * 1024 * 1024)))

    with pytest.raises(RegistryError, match="unpacks to more than"):
        check(tmp_path / "web.tar")


def test_a_layer_of_too_many_entries_is_refused(tmp_path: Path) -> None:
    """Each empty file costs an inode where it is unpacked."""
    many = tar({f"f{number}": b"" for number in range(101)})
    (tmp_path / "web.tar").write_bytes(tar(layout(many)))

    with pytest.raises(RegistryError, match="more than 100 entries"):
        check(tmp_path / "web.tar")


def test_an_archive_of_too_many_entries_is_refused(tmp_path: Path) -> None:
    """Their places are held in memory."""
    extra = [entry(f"f{number}") for number in range(101)]
    (tmp_path / "web.tar").write_bytes(tar(layout(layer()), *extra))

    with pytest.raises(RegistryError, match="more than 100 entries"):
        check(tmp_path / "web.tar")


def test_a_layer_with_long_names_and_large_files_is_counted_right(tmp_path: Path) -> None:
    """Extended headers of both kinds are no entries to trip over."""
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path = tmp_path / "layer.tar"
        with tarfile.open(path, "w", format=form, pax_headers={"comment": "x" * 5000}) as archive:
            made = tarfile.TarInfo("d" * 99 + "/" + "n" * 150 + "/ü" + "m" * 150)
            made.size = 2000
            archive.addfile(made, io.BytesIO(bytes(2000)))
            archive.addfile(entry("link", tarfile.SYMTYPE, "t" * 200))
        (tmp_path / "web.tar").write_bytes(tar(layout(path.read_bytes())))

        check(tmp_path / "web.tar")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"schemaVersion":2,"manifests":[' + b" " * 5_000_000 + b"]}", "4 MiB"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "deep"),
        (b'{"schemaVersion":2,"manifests":[],"layers":[]}', "both"),
        (b'{"schemaVersion":2,"manifests":{}}', "no list"),
        (b'{"schemaVersion":2,"manifests":[{"digest":"md5:1","size":1}]}', "not of the form|digest"),
        (b'{"schemaVersion":2,"manifests":[{"size":-1}]}', "no valid size"),
        (b"\xff\xfe", "no valid JSON"),
    ],
)
def test_a_hostile_index_is_refused(tmp_path: Path, raw: bytes, words: str) -> None:
    """Large, deep, of two meanings, or no index at all."""
    (tmp_path / "web.tar").write_bytes(tar({**layout(layer()), "index.json": raw}))

    with pytest.raises(RegistryError, match=words):
        check(tmp_path / "web.tar")


def test_indexes_nested_too_deep_are_refused(tmp_path: Path) -> None:
    """Each level is right, there are too many."""
    files = layout(layer())
    target = json.loads(files["index.json"])["manifests"][0]
    for _ in range(10):
        raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [target]}).encode()
        files[blob(raw)] = raw
        target = described(INDEX, raw)
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [target]}).encode()
    (tmp_path / "web.tar").write_bytes(tar(files))

    with pytest.raises(RegistryError, match="nested"):
        check(tmp_path / "web.tar")


def test_indexes_that_list_one_another_many_times_cost_little(tmp_path: Path) -> None:
    """What is listed a thousand times on each of four levels is looked at once."""
    files = layout(layer())
    target = json.loads(files["index.json"])["manifests"][0]
    for _ in range(3):
        raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [target] * 1000}).encode()
        files[blob(raw)] = raw
        target = described(INDEX, raw)
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [target] * 1000}).encode()
    (tmp_path / "web.tar").write_bytes(tar(files))

    check(tmp_path / "web.tar")


def test_an_index_that_names_itself_is_refused(tmp_path: Path) -> None:
    """No content holds its own digest, so a circle is a wrong digest somewhere."""
    files = layout(layer())
    raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described(INDEX, b"x" * 400)]}).encode()
    files[blob(b"x" * 400)] = raw.ljust(400)
    files["index.json"] = raw
    (tmp_path / "web.tar").write_bytes(tar(files))

    with pytest.raises(RegistryError, match="does not match its digest"):
        check(tmp_path / "web.tar")


def test_one_digest_as_two_things_is_refused(tmp_path: Path) -> None:
    """A manifest that is listed as a layer too could be read either way (CVE-2021-41190)."""
    files = layout(layer())
    index = json.loads(files["index.json"])
    index["manifests"].append({**index["manifests"][0], "mediaType": INDEX})
    files["index.json"] = json.dumps(index).encode()
    (tmp_path / "web.tar").write_bytes(tar(files))

    with pytest.raises(RegistryError, match=r"two different things|calls itself"):
        check(tmp_path / "web.tar")


@pytest.mark.parametrize(
    "listed",
    [
        {},
        [1],
        [{"Config": "/etc/passwd", "Layers": []}],
        [{"Config": "../../etc/passwd", "Layers": []}],
        [{"Config": "c.json", "Layers": ["/etc/shadow"]}],
        [{"Config": "c.json", "Layers": []}],
    ],
)
def test_a_docker_archive_that_names_what_it_does_not_hold_is_refused(tmp_path: Path, listed: object) -> None:
    """Names are looked up within the archive alone."""
    config = json.dumps({"rootfs": {"diff_ids": ["sha256:x"]}}).encode()
    (tmp_path / "web.tar").write_bytes(tar({"manifest.json": json.dumps(listed).encode(), "c.json": config}))

    with pytest.raises(RegistryError):
        check(tmp_path / "web.tar")


@pytest.mark.parametrize("damage", ["cut", "shifted", "other"])
def test_a_damaged_archive_is_said(tmp_path: Path, damage: str) -> None:
    """Cut short, shifted, or something else."""
    raw = tar(layout(layer()))
    damaged = {"cut": raw[:700], "shifted": bytes(100) + raw, "other": b"no tar at all" * 99}
    (tmp_path / "web.tar").write_bytes(damaged[damage])

    with pytest.raises(RegistryError):
        check(tmp_path / "web.tar")


def test_a_truncated_compressed_archive_is_said(tmp_path: Path) -> None:
    """It is not taken for a smaller one."""
    (tmp_path / "web.tgz").write_bytes(gzip.compress(tar(layout(layer())))[:-20])

    with pytest.raises(RegistryError, match="damaged"):
        check(tmp_path / "web.tgz")


def test_a_header_of_many_megabytes_is_not_read_into_memory(tmp_path: Path) -> None:
    """Neither in the archive nor in a layer."""
    huge = tarfile.TarInfo("pax")
    huge.type, huge.size = tarfile.XHDTYPE, 512 * 1024 * 1024
    head = huge.tobuf()
    with (tmp_path / "outer.tar").open("wb") as file:
        file.write(head)
        file.truncate(600 * 1024 * 1024)
    (tmp_path / "inner.tar").write_bytes(tar(layout(head + bytes(32 * 1024))))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for name in ("outer.tar", "inner.tar"):
        with pytest.raises(RegistryError, match="header"):
            check(tmp_path / name)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_manifest_type_with_no_layer_that_runs_is_no_docker_archive(tmp_path: Path) -> None:
    """What holds only provenance cannot be given to an engine."""
    files = layout(layer(), b"{}", "")
    manifest = next(content for content in files.values() if b'"layers"' in content)
    other = manifest.replace(b"application/vnd.oci.image.layer.v1.tar", b"application/vnd.in-toto+json")
    del files[blob(manifest)]
    files[blob(other)] = other
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [described(MANIFEST, other)]}).encode()
    (tmp_path / "web.tar").write_bytes(tar(files))

    with open_bundle(tmp_path / "web.tar") as bundle, pytest.raises(RegistryError, match="no image that an engine"):
        write(bundle, tmp_path / "out.tar", "docker")
