"""The twin's image store and registry."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from cloudkit.errors import BuildError, NotFoundError, RegistryError, UsageError
from cloudkit.model.build import BuildSpec
from cloudkit.model.progress import Progress, silent
from cloudkit.model.reference import Reference
from cloudkit.testing import MemoryBackend, Program, twin

WEB = Reference.parse("web:1")
DOCKERFILE = 'FROM node:22\nEXPOSE 3000/tcp\nCOPY . .\nRUN npm ci\nUSER node\nCMD ["node", "index.js"]\n'


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A build context."""
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "index.js").write_text("1")
    return folder


def test_equal_content_has_an_equal_digest(backend: MemoryBackend, context: Path) -> None:
    """The digest of a build is made of what was built, wherever and whenever."""
    spec = BuildSpec(context=context, tags=(WEB,))

    first = backend.images.build(spec, listener=silent)
    again = twin().images.build(spec, listener=silent)
    (context / "index.js").write_text("2")
    other = backend.images.build(spec, listener=silent)

    assert first.digest == again.digest != other.digest


def test_what_is_ignored_does_not_count(backend: MemoryBackend, context: Path) -> None:
    """A file that .dockerignore leaves out changes no digest."""
    (context / ".dockerignore").write_text("*.log\n")
    spec = BuildSpec(context=context)

    before = backend.images.build(spec, listener=silent)
    (context / "debug.log").write_text("noise")

    assert backend.images.build(spec, listener=silent).digest == before.digest


def test_an_image_says_what_its_dockerfile_said(backend: MemoryBackend, context: Path) -> None:
    """User, command and ports are those of the last stage."""
    events: list[Progress] = []

    image = backend.images.build(BuildSpec(context=context, tags=(WEB,), labels={"a": "b"}), listener=events.append)

    assert (image.user, image.command, image.ports, image.labels) == ("node", ("node", "index.js"), (3000,), {"a": "b"})
    assert image.tags == (WEB,)
    assert [event.message for event in events][:2] == ["FROM node:22", "EXPOSE 3000/tcp"]


@pytest.mark.parametrize(
    ("dockerfile", "step", "line"),
    [
        ("FROM a\nRUN echo no; exit 3\n", "RUN echo no; exit 3", 2),
        ("FROM a\n\nCOPY missing.txt /\n", "COPY missing.txt /", 3),
    ],
)
def test_a_failing_step_is_named_with_its_line(
    backend: MemoryBackend, context: Path, dockerfile: str, step: str, line: int
) -> None:
    """And nothing is tagged."""
    with pytest.raises(BuildError) as caught:
        backend.images.build(BuildSpec(context=context, dockerfile_text=dockerfile, tags=(WEB,)), listener=silent)

    assert (caught.value.step, caught.value.line) == (step, line)
    assert backend.images.images() == ()


def test_a_tar_is_a_context_too(backend: MemoryBackend, context: Path, tmp_path: Path) -> None:
    """Its content counts as a folder's."""
    with tarfile.open(tmp_path / "context.tar", "w") as archive:
        archive.add(context, arcname=".")

    from_tar = backend.images.build(BuildSpec(context=tmp_path / "context.tar"), listener=silent)

    assert from_tar.digest == backend.images.build(BuildSpec(context=context), listener=silent).digest


def test_a_tag_that_moved_pulls_another_image(backend: MemoryBackend) -> None:
    """Publishing again is what a push by somebody else does."""
    backend.world.program("web:1", Program())
    first = backend.images.pull(WEB, listener=silent)
    backend.world.program("web:1", Program())

    second = backend.images.pull(WEB, listener=silent)

    assert first.digest != second.digest
    assert backend.images.pull(first.reference, listener=silent).digest == first.digest


def test_a_missing_image_is_refused_as_a_registry_does(backend: MemoryBackend) -> None:
    """By its code and status."""
    backend.world.faults.image_missing("web:1")

    with pytest.raises(RegistryError) as caught:
        backend.images.pull(WEB, listener=silent)

    assert (caught.value.oci_code, caught.value.status) == ("MANIFEST_UNKNOWN", 404)


def test_names_come_and_go_and_the_image_with_the_last(backend: MemoryBackend) -> None:
    """Removing a name that is not there is no error."""
    image = backend.images.pull(WEB, listener=silent)
    other = Reference.parse("localhost:5000/web:2")

    assert backend.images.tag(image, other).digest == image.digest
    backend.images.remove(WEB)
    assert backend.images.find(other).digest == image.digest
    backend.images.remove(other)
    backend.images.remove(other)
    with pytest.raises(NotFoundError):
        backend.images.find(image.reference)


def test_what_was_pushed_can_be_pulled_by_its_digest(backend: MemoryBackend, context: Path) -> None:
    """The registry keeps what a push brought, also when the store has lost it."""
    built = backend.images.build(BuildSpec(context=context, tags=(WEB,)), listener=silent)
    pushed = backend.images.push(WEB, listener=silent)
    backend.images.remove(WEB)

    assert backend.images.pull(pushed.reference, listener=silent).digest == built.digest


@pytest.mark.parametrize("layout", ["oci", "docker"])
def test_a_saved_image_loads_as_the_same_one(backend: MemoryBackend, tmp_path: Path, layout: str) -> None:
    """Digest, names and what the image says survive the file."""
    backend.world.program("web:1", Program(), ports=(3000,))
    image = backend.images.pull(WEB, listener=silent)

    path = backend.images.save((image,), tmp_path / "web.tar", layout=layout, listener=silent)
    (loaded,) = twin().images.load(path, listener=silent)

    assert (loaded.digest, loaded.tags, loaded.ports) == (image.digest, (WEB,), (3000,))


@pytest.mark.parametrize("layout", ["oci", "docker"])
def test_a_blob_that_was_changed_is_refused(backend: MemoryBackend, tmp_path: Path, layout: str) -> None:
    """What does not match its digest is not loaded."""
    image = backend.images.pull(WEB, listener=silent)
    path = backend.images.save((image,), tmp_path / "web.tar", layout=layout, listener=silent)
    _with_every_layer_changed(path)

    with pytest.raises(RegistryError, match="does not match its digest"):
        twin().images.load(path, listener=silent)


def test_an_unknown_layout_and_file_are_refused(backend: MemoryBackend, tmp_path: Path) -> None:
    """Before anything is written, and by name."""
    image = backend.images.pull(WEB, listener=silent)
    (tmp_path / "junk").write_bytes(b"junk")

    with pytest.raises(UsageError, match="oci, docker"):
        backend.images.save((image,), tmp_path / "x.tar", layout="zip", listener=silent)
    with pytest.raises(RegistryError, match="no readable tar archive"):
        backend.images.load(tmp_path / "junk", listener=silent)
    with pytest.raises(NotFoundError):
        backend.images.load(tmp_path / "none", listener=silent)
    assert [one.name for one in tmp_path.iterdir()] == ["junk"]


def _with_every_layer_changed(path: Path) -> None:
    with tarfile.open(path) as archive:
        files = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]  # all are files
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            changed = content.replace(b"library/web", b"library/wab") if b"{" not in content else content
            member = tarfile.TarInfo(name)
            member.size = len(changed)
            archive.addfile(member, io.BytesIO(changed))
