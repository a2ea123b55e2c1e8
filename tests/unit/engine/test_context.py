"""What a build reads is found, checked and packed as the engine does it."""

from __future__ import annotations

import os
import socket
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from cloudkit.engine.context import APART, archive_of, entries, open_context, with_dockerfile
from cloudkit.errors import BuildError, NotFoundError
from cloudkit.model.build import BuildSpec


def packed(spec: BuildSpec) -> dict[str, tarfile.TarInfo]:
    """Return the members of what would be sent."""
    with closing(archive_of(open_context(spec))) as archive, tarfile.open(fileobj=archive) as tar:
        return {member.name: member for member in tar}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A context with a Dockerfile."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


def test_everything_goes_but_what_is_ignored(folder: Path) -> None:
    """Dockerfile and .dockerignore always go."""
    (folder / "a").mkdir()
    (folder / "a" / "in.txt").write_text("")
    (folder / "out.log").write_text("")
    (folder / ".dockerignore").write_text("*.log\nDockerfile\n.dockerignore\n")

    assert set(packed(BuildSpec(context=folder))) == {".dockerignore", "Dockerfile", "a", "a/in.txt"}


def test_every_file_belongs_to_root(folder: Path) -> None:
    """Who built it does not show in the image."""
    (folder / "Dockerfile").chmod(0o750)

    member = packed(BuildSpec(context=folder))["Dockerfile"]

    assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
    assert member.mode & 0o777 == 0o750


def test_a_link_that_leaves_the_context_stays_a_link(folder: Path) -> None:
    """What it points to is not read."""
    (folder / "passwd").symlink_to("/etc/passwd")

    member = packed(BuildSpec(context=folder))["passwd"]

    assert member.issym()
    assert member.size == 0


def test_a_link_to_a_folder_is_not_walked(folder: Path) -> None:
    """A link to the folder above would never end."""
    (folder / "loop").symlink_to(folder)

    assert set(packed(BuildSpec(context=folder))) == {"Dockerfile", "loop"}


def test_sockets_are_left_out_and_pipes_are_not_opened(folder: Path) -> None:
    """Reading a pipe would wait for ever."""
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))

    members = packed(BuildSpec(context=folder))

    assert set(members) == {"Dockerfile", "pipe"}
    assert members["pipe"].isfifo()


@pytest.mark.parametrize("name", ["new\nline", "blank blank", "-rf", "ünï", "a" * 200, "tab\t", "quote'\""])
def test_any_name_that_a_file_can_have_goes_as_it_is(folder: Path, name: str) -> None:
    """Names are data."""
    (folder / name).write_text("x")

    assert name in packed(BuildSpec(context=folder))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    """It is not left out in silence."""
    (folder / "secret").write_text("")
    (folder / "secret").chmod(0)

    with pytest.raises(BuildError, match="cannot read 'secret'"):
        packed(BuildSpec(context=folder))


def test_a_dockerfile_apart_goes_under_a_name_of_its_own(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The context's own Dockerfile stays what it is."""
    apart = tmp_path_factory.mktemp("apart") / "Other"
    apart.write_text("FROM debian:12\n")

    context = open_context(BuildSpec(context=folder, dockerfile=apart))

    assert (context.inner, context.text) == ("", "FROM debian:12\n")
    assert set(packed(BuildSpec(context=folder, dockerfile=apart))) == {"Dockerfile", APART}


def test_a_dockerfile_is_looked_for_in_the_context_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then in the current folder, as the docker command does."""
    (folder / "docker").mkdir()
    (folder / "docker" / "Web").write_text("FROM a:1\n")
    monkeypatch.chdir(folder / "docker")

    assert open_context(BuildSpec(context=folder, dockerfile=Path("docker/Web"))).inner == "docker/Web"
    assert open_context(BuildSpec(context=folder, dockerfile=Path("Web"))).inner == "docker/Web"


def test_no_dockerfile_names_one_that_is_there(tmp_path: Path) -> None:
    """Under another name."""
    (tmp_path / "prod.Dockerfile").write_text("")

    with pytest.raises(NotFoundError) as error:
        open_context(BuildSpec(context=tmp_path))

    assert error.value.hint == "build(dockerfile='prod.Dockerfile')"


def test_a_context_that_is_not_there_is_named() -> None:
    """As the user wrote it."""
    with pytest.raises(NotFoundError, match="'nowhere' is not there"):
        open_context(BuildSpec(context=Path("nowhere")))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_the_dockerfile_of_an_archive_is_read(folder: Path, tmp_path: Path, mode: str) -> None:
    """However it is compressed, and with or without ``./``."""
    archive = tmp_path / "context.tar"
    with tarfile.open(archive, mode) as tar:
        tar.add(folder / "Dockerfile", "./Dockerfile")

    context = open_context(BuildSpec(context=archive))

    assert (context.archive, context.inner, context.text) == (True, "Dockerfile", "FROM scratch\n")


def test_a_dockerfile_is_added_to_an_archive(folder: Path, tmp_path: Path) -> None:
    """All else in it stays as it is."""
    archive = tmp_path / "context.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(folder / "Dockerfile", "a/b")
    context = open_context(BuildSpec(context=archive, dockerfile_text="FROM x:1"))

    with closing(with_dockerfile(context)) as stream, tarfile.open(fileobj=stream) as tar:
        contents = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr] # files

    assert contents == {"a/b": b"FROM scratch\n", APART: b"FROM x:1"}


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_named(tmp_path: Path, content: bytes) -> None:
    """With the command that shows it."""
    archive = tmp_path / "context.tar"
    archive.write_bytes(content)

    with pytest.raises((BuildError, NotFoundError)) as error:
        open_context(BuildSpec(context=archive))

    assert str(archive) in str(error.value)


def test_what_is_kept_below_an_ignored_folder_is_found(folder: Path) -> None:
    """An exception reaches into it."""
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "keep.md").write_text("")
    (folder / "a" / "b" / "drop.txt").write_text("")
    (folder / ".dockerignore").write_text("a\n!**/keep.md\n")

    assert "a/b/keep.md" in list(entries(open_context(BuildSpec(context=folder))))
    assert "a/b/drop.txt" not in list(entries(open_context(BuildSpec(context=folder))))
