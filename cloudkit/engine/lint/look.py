"""What the rules look at: a Dockerfile, its context, and which files its COPY steps bring where."""

from __future__ import annotations

import fnmatch
import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cloudkit.engine.context import Context
from cloudkit.engine.dockerfile import Dockerfile, Instruction
from cloudkit.model.build import BuildSpec
from cloudkit.model.finding import Finding, Severity

__all__ = ["Look", "error", "warning"]

_WILD = frozenset("*?[")


@dataclass(frozen=True)
class Look:
    """A Dockerfile with its context and what was asked for.

    Args:
        spec: What is to be built.
        context: What the build reads.
        dockerfile: The Dockerfile, read.
    """

    spec: BuildSpec
    context: Context
    dockerfile: Dockerfile

    @property
    def folder(self) -> Path | None:
        """The context's folder; None when it is an archive, of which the rules know nothing."""
        return None if self.context.archive else self.context.path

    @cached_property
    def final(self) -> int:
        """The number of the stage that becomes the image; -1 when there is none."""
        return self.dockerfile.stage_of(self.spec.target)

    @cached_property
    def lineage(self) -> tuple[int, ...]:
        """The stages whose steps the image consists of, the last first."""
        return self.dockerfile.lineage(self.final)

    @cached_property
    def needed(self) -> frozenset[int]:
        """The stages that the build runs: others are left out by BuildKit, so nothing in them is certain to fail."""
        found: set[int] = set()
        waiting = [self.final]
        while waiting:
            stage = waiting.pop()
            for near in self.dockerfile.lineage(stage):
                if near in found or near < 0:
                    continue
                found.add(near)
                froms = (step.flag("from") for step in self.dockerfile.of("COPY", stage=near))
                waiting += [self.dockerfile.stage_of(name) for name in froms if name]
        return frozenset(found)

    def steps(self, *keywords: str) -> Iterator[Instruction]:
        """Yield the image's own steps of these keywords, in the order in which they run."""
        for stage in reversed(self.lineage):
            yield from self.dockerfile.of(*keywords, stage=stage)

    @cached_property
    def last_command(self) -> Instruction | None:
        """What the image runs: its ENTRYPOINT, else its CMD; None when the Dockerfile names none."""
        for keyword in ("ENTRYPOINT", "CMD"):
            if found := list(self.steps(keyword)):
                return found[-1]
        return None

    @cached_property
    def workdir(self) -> str:
        """The folder in which the image's command starts."""
        folder = "/"
        for step in self.steps("WORKDIR"):
            folder = posixpath.join(folder, step.arguments.strip("\"'"))
        return folder

    @cached_property
    def opaque(self) -> bool:
        """True when files come from elsewhere too: another stage, a step that makes some, a base of one's own."""
        made = (step.flag("from") is not None or step.heredocs for step in self.steps("COPY", "ADD"))
        words = ("build", "tsc", "git clone", "curl", "wget", ">", "tar ", "unzip", "mv ", "cp ", "ln ", "generate")
        runs = (step.heredocs or any(word in step.arguments for word in words) for step in self.steps("RUN"))
        return any(made) or any(runs) or self._own_base

    @property
    def _own_base(self) -> bool:
        base = next(iter(self.dockerfile.of("FROM", stage=self.lineage[-1])), None)
        name = base.words[0] if base and base.words else ""
        return "$" in name or "/" in name.removeprefix("docker.io/library/")

    def copied(self) -> Iterator[tuple[Instruction, str, str]]:
        """Yield, of each file or folder of the context that the image gets, the step, the source and the target."""
        folder = "/"
        for step in self.steps("WORKDIR", "COPY", "ADD"):
            if step.keyword == "WORKDIR":
                folder = posixpath.join(folder, step.arguments.strip("\"'"))
            elif step.flag("from") is None and len(step.words) > 1:
                target = posixpath.join(folder, step.words[-1])
                for source in step.words[:-1]:
                    yield step, posixpath.normpath(source.lstrip("/")), target

    def brings(self, path: str) -> bool:
        """True when a COPY step brings the context's file to where the command, started there, finds it."""
        wanted = posixpath.normpath(posixpath.join(self.workdir, path))
        return any(_lands(source, target, path, wanted) for _, source, target in self.copied())

    def exists(self, path: str) -> bool:
        """True when the context has the path, whether ignored or not."""
        return self.folder is not None and os.path.lexists(self.folder / path)

    def ignored(self, path: str) -> bool:
        """True when ``.dockerignore`` keeps the path out."""
        return self.context.ignore.excludes(path)


def _lands(source: str, target: str, path: str, wanted: str) -> bool:
    """True when copying ``source`` to ``target`` puts the context's ``path`` at ``wanted``, or any file there."""
    name = posixpath.normpath(path.lstrip("/"))
    into = target.endswith("/") or source == "." or bool(_WILD & set(source))
    base = posixpath.normpath(target)
    if source == ".":
        return wanted == base or wanted.startswith(base.rstrip("/") + "/")
    if fnmatch.fnmatchcase(posixpath.basename(name), posixpath.basename(source)):
        place = posixpath.join(base, posixpath.basename(wanted)) if into or wanted != base else base
        return place == wanted
    return wanted.startswith(base.rstrip("/") + "/") and not posixpath.splitext(source)[1]


def warning(code: str, line: int | None, text: str, fix: str = "") -> Finding:
    """Return a finding that is likely wrong."""
    return Finding(code=code, severity=Severity.WARNING, line=line, text=text, fix=fix)


def error(code: str, line: int | None, text: str, fix: str = "") -> Finding:
    """Return a finding with which the build cannot succeed."""
    return Finding(code=code, severity=Severity.ERROR, line=line, text=text, fix=fix, certain=True)
