"""What a build reads: a folder or an archive, the Dockerfile in it or apart from it, and what stays out."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cloudkit.engine.dockerignore import Ignore, ignore_file
from cloudkit.errors import BuildError, NotFoundError
from cloudkit.model.build import BuildSpec

__all__ = ["APART", "Context", "archive_of", "entries", "open_context", "with_dockerfile"]

APART = ".cloudkit.Dockerfile"
"""The name that a Dockerfile from outside gets inside an archive."""
TEXT_LIMIT = 4 << 20
ENTRY_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A build's input.

    Args:
        path: The folder or archive.
        archive: True for an archive.
        dockerfile: The Dockerfile's path on disk; None for text, or when it lies inside the archive.
        inner: Its path inside the context; empty when it lies apart.
        text: What it says.
        ignore: What stays out.
    """

    path: Path
    archive: bool
    dockerfile: Path | None
    inner: str
    text: str
    ignore: Ignore = field(default_factory=Ignore)

    @property
    def name(self) -> str:
        """What to call the Dockerfile in a sentence."""
        return self.inner or (self.dockerfile.name if self.dockerfile else "Dockerfile")


def open_context(spec: BuildSpec) -> Context:
    """Look at what a build names.

    Raises:
        NotFoundError: The context or its Dockerfile is not there.
        BuildError: It is there, but cannot be read as what it should be.
    """
    path = spec.context.expanduser().resolve()
    if not path.exists():
        raise NotFoundError(f"the build context {str(spec.context)!r} is not there", hint=f"ls {path.parent}")
    try:
        return _archived(spec, path) if path.is_file() else _in_folder(spec, path)
    except OSError as error:
        raise BuildError(f"cannot read the build context {path}: {error}", hint=f"ls -l {path}") from error


def _in_folder(spec: BuildSpec, path: Path) -> Context:
    dockerfile = _on_disk(spec, path)
    if spec.dockerfile_text is not None or dockerfile is None:
        text, inner = spec.dockerfile_text or "", ""
    else:
        text = _text(dockerfile)
        inner = dockerfile.relative_to(path).as_posix() if dockerfile.is_relative_to(path) else ""
    ignore = Ignore.read(ignore_file(path, dockerfile or path / "Dockerfile"))
    return Context(path=path, archive=False, dockerfile=dockerfile, inner=inner, text=text, ignore=ignore)


def _on_disk(spec: BuildSpec, folder: Path) -> Path | None:
    """Return the Dockerfile's path, looked for in the context first; None when its text is given."""
    if spec.dockerfile_text is not None:
        return None
    wanted = (spec.dockerfile or Path("Dockerfile")).expanduser()
    candidates = [folder / wanted, wanted.absolute()] if spec.dockerfile else [folder / wanted]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise NotFoundError(f"no {wanted} in {folder}", hint=_dockerfile_hint(folder))


def _dockerfile_hint(folder: Path) -> str:
    """Name a Dockerfile that is there under another name, else where to learn to write one."""
    for file in sorted(folder.glob("*")):
        if "dockerfile" in file.name.lower() and file.is_file() and not file.name.endswith(".dockerignore"):
            return f"build(dockerfile={file.name!r})"
    return f"write {folder / 'Dockerfile'}, or describe the image: cloud.image('python:3.13-slim').run(...)"


def _archived(spec: BuildSpec, path: Path) -> Context:
    if spec.dockerfile_text is not None:
        return Context(path=path, archive=True, dockerfile=None, inner="", text=spec.dockerfile_text)
    inner = (spec.dockerfile or Path("Dockerfile")).as_posix()
    text = None if Path(inner).is_absolute() else _member(path, inner)
    if text is not None:
        return Context(path=path, archive=True, dockerfile=None, inner=inner, text=text)
    if spec.dockerfile and spec.dockerfile.is_file():
        return Context(path=path, archive=True, dockerfile=spec.dockerfile, inner="", text=_text(spec.dockerfile))
    raise NotFoundError(f"no {inner} in the archive {path}", hint=f"tar -tf {path}")


def _member(archive: Path, name: str) -> str | None:
    """Return the text of one file of an archive; None when it is not there."""
    try:
        with tarfile.open(archive, "r|*") as tar:
            for count, member in enumerate(tar):
                if member.name.removeprefix("./") == name and member.isfile():
                    stream = tar.extractfile(member)
                    return stream.read(TEXT_LIMIT).decode(errors="replace") if stream else None
                if count > ENTRY_LIMIT:
                    raise BuildError(f"the archive {archive} has more than {ENTRY_LIMIT:,} entries")
    except (tarfile.TarError, EOFError) as error:
        raise BuildError(f"{archive} is no tar archive, or a broken one: {error}", hint=f"tar -tf {archive}") from error
    return None


def _text(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(TEXT_LIMIT).decode(errors="replace")


def entries(context: Context) -> Iterator[str]:
    """Yield the paths of a folder that are part of the build, folders before what they hold, sorted.

    Links are named, never followed; sockets are left out, as the engine does.
    """
    yield from _walk(context.path, "", context)


def _walk(folder: Path, above: str, context: Context) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = f"{above}{entry.name}"
        out = context.ignore.excludes(path) and path not in {context.inner, ".dockerignore"}
        status = entry.stat(follow_symlinks=False)
        if not out and not stat.S_ISSOCK(status.st_mode):
            yield path
        if stat.S_ISDIR(status.st_mode) and not (out and _skippable(context, path)):
            yield from _walk(Path(entry.path), f"{path}/", context)


def _skippable(context: Context, folder: str) -> bool:
    """True when nothing below an excluded folder is part of the build, not even the Dockerfile."""
    return context.ignore.hides(folder) and not context.inner.startswith(f"{folder}/")


def archive_of(context: Context) -> IO[bytes]:
    """Return a folder's build context as a tar in a temporary file; every file belongs to root, as the engine has it.

    Raises:
        BuildError: A file cannot be read; it is named.
    """
    file = tempfile.TemporaryFile(prefix="cloudkit-context-")  # noqa: SIM115  the caller closes it
    try:
        with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for path in entries(context):
                _add(tar, context.path / path, path)
            if not context.inner:
                _add_text(tar, context.text)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _add(tar: tarfile.TarFile, file: Path, path: str) -> None:
    try:
        info = tar.gettarinfo(str(file), arcname=path)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        if info.isfile():
            with file.open("rb") as stream:
                tar.addfile(info, stream)
        else:
            tar.addfile(info)
    except OSError as error:
        raise BuildError(f"cannot read {path!r} in the build context: {error.strerror or error}") from error


def _add_text(tar: tarfile.TarFile, text: str) -> None:
    content = text.encode()
    info = tarfile.TarInfo(APART)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def with_dockerfile(context: Context) -> IO[bytes]:
    """Return an archive with a Dockerfile from outside in front of it, as a tar in a temporary file."""
    file = tempfile.TemporaryFile(prefix="cloudkit-context-")  # noqa: SIM115  likewise
    try:
        with tarfile.open(context.path, "r|*") as source, tarfile.open(fileobj=file, mode="w|") as tar:
            _add_text(tar, context.text)
            for member in source:
                if member.name != APART:
                    tar.addfile(member, source.extractfile(member) if member.isreg() else None)
    except (tarfile.TarError, EOFError) as error:
        file.close()
        raise BuildError(f"{context.path} is no tar archive, or a broken one: {error}") from error
    file.seek(0)
    return file
