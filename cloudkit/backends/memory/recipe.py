"""What an image of the twin is built from: its Dockerfile followed step by step, its context by content."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cloudkit.backends.memory.commands import NOT_FOUND, Execution, execute
from cloudkit.engine.dockerfile import Dockerfile, Instruction, parse_dockerfile
from cloudkit.engine.dockerignore import Ignore, ignore_file
from cloudkit.errors import BuildError
from cloudkit.model.build import BuildSpec

__all__ = ["Recipe", "digest_of_context", "dockerfile_of"]


@dataclass(slots=True, kw_only=True)
class Recipe:
    """What the image of a Dockerfile's last stage says of itself, instruction by instruction."""

    user: str = ""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()

    def follow(self, step: Instruction, context: Path) -> None:
        """Take in one instruction; raise ``BuildError`` when it fails."""
        match step.keyword:
            case "FROM":
                self.user, self.command, self.entrypoint, self.ports = "", (), (), ()
            case "USER":
                self.user = step.arguments
            case "CMD":
                self.command = _command(step)
            case "ENTRYPOINT":
                self.entrypoint = _command(step)
            case "EXPOSE":
                numbers = (word.split("/")[0] for word in step.words)
                self.ports = (*self.ports, *(int(number) for number in numbers if number.isdigit()))
            case "RUN":
                _run(step)
            case "COPY" | "ADD":
                _copy(step, context)


def dockerfile_of(spec: BuildSpec) -> Dockerfile:
    """Return the Dockerfile that a build means.

    Raises:
        BuildError: It is not there, or has no FROM.
    """
    text = spec.dockerfile_text if spec.dockerfile_text is not None else _read(spec)
    dockerfile = parse_dockerfile(text)
    if not any(dockerfile.of("FROM")):
        raise BuildError("the Dockerfile has no FROM, so there is nothing to build on", hint="start it with FROM")
    return dockerfile


def digest_of_context(spec: BuildSpec) -> str:
    """Return what names the content of a build: of equal files at equal paths, equal text."""
    found = hashlib.sha256(repr((dockerfile_of(spec), sorted(spec.args.items()), spec.target)).encode())
    for path, content in _content(spec):
        found.update(f"{path}\0{len(content)}\0".encode(errors="surrogateescape"))
        found.update(content)
    return found.hexdigest()


def _read(spec: BuildSpec) -> str:
    file = spec.dockerfile or Path("Dockerfile")
    if spec.context.is_file():
        content = dict(_tar_content(spec.context)).get(file.as_posix())
    else:
        place = next((one for one in (spec.context / file, file) if one.is_file()), None)
        content = place.read_bytes() if place else None
    if content is None:
        raise BuildError(f"there is no {file} in {spec.context}", hint=f"write {spec.context / file}")
    return content.decode(errors="replace")


def _content(spec: BuildSpec) -> Iterator[tuple[str, bytes]]:
    if spec.context.is_file():
        yield from _tar_content(spec.context)
        return
    ignore = Ignore.read(ignore_file(spec.context, spec.context / (spec.dockerfile or "Dockerfile")))
    for path in sorted(spec.context.rglob("*")):
        name = path.relative_to(spec.context).as_posix()
        if path.is_file() and not path.is_symlink() and not ignore.excludes(name):
            yield name, path.read_bytes()


def _tar_content(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path) as archive:
            for member in sorted(archive.getmembers(), key=lambda one: one.name):
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield member.name.removeprefix("./"), file.read()
    except tarfile.TarError as error:
        raise BuildError(f"{path} is no tar file: {error}") from error


def _command(step: Instruction) -> tuple[str, ...]:
    """Return the words of the JSON form, or the shell form as the engine runs it."""
    return step.listed if step.listed is not None else ("/bin/sh", "-c", step.arguments)


def _run(step: Instruction) -> None:
    """Run what the twin's shell knows; anything else is taken to succeed."""
    try:
        code, output = execute(Execution(command=("sh", "-c", step.arguments)))
    except (ValueError, IndexError):  # what only a real shell understands
        return
    if code not in (0, NOT_FOUND):
        summary = f"step {step.text!r} failed with exit code {code}"
        raise BuildError(summary, step=step.text, line=step.line, log=output.splitlines())


def _copy(step: Instruction, context: Path) -> None:
    if step.flag("from") is not None or not context.is_dir():
        return
    for source in step.words[:-1]:
        elsewhere = "://" in source or source.startswith("<<") or "$" in source
        if source.strip("./") and not elsewhere and not any(context.glob(source.strip("/"))):
            summary = f"step {step.text!r} failed: {source!r} is not in the build context"
            raise BuildError(summary, step=step.text, line=step.line, log=(f"{source}: not found",))
