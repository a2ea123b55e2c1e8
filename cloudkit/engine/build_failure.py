"""Say why a build failed: the step, its line and its log; or the engine, the registry, the disk."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cloudkit.engine.dockerfile import parse_dockerfile
from cloudkit.engine.errors import disk_full, explain
from cloudkit.errors import BackendError, BuildError, CloudkitError, UnsupportedError

__all__ = ["engine_stopped", "failed_step", "failure"]

_PREFIX = re.compile(r"\A(?:failed to build: |failed to solve: |rpc error: code = \w+ desc = )+")
_UNSUPPORTED = re.compile(
    r"(?P<what>[\w -]*?(?:cache export|multi-platform build|multiple platforms|attestations?|OCI exporter"
    r"|docker exporter)[\w -]*?) (?:is|are) (?:not supported|not currently supported|unsupported)[^.]*",
    re.IGNORECASE,
)
_BASE = re.compile(
    r"(?:load metadata for|failed to resolve source metadata for|FROM) (?P<image>[^\s:]+(?::[\w.-]+)?\S*)"
)
_ON_LINE = re.compile(r"parse error (?:on )?line (\d+)")
_ENDED = re.compile(r"exit code: (\d+)|returned a non-zero code: (\d+)")
_MISSING = re.compile(r"\"?(?P<path>/[^\"\s]*)\"?: not found|no such file or directory|file not found", re.IGNORECASE)
_MEANINGS = {
    126: "the command cannot be executed: chmod +x it, and check its first line",
    127: "the command is not in the image: install it in an earlier step, or correct its name",
    137: "the step was killed, most often for lack of memory",
}


def failure(
    error: str, *, text: str, step: str = "", item: str = "", line: int | None = None, log: Sequence[str] = ()
) -> CloudkitError:
    """Return the error for a build that failed.

    Args:
        error: What the builder said.
        text: The Dockerfile.
        step: The instruction that failed; empty when none did.
        item: Its number, such as ``2/3``.
        line: Its line, when the builder said it.
        log: The last lines that it printed.
    """
    error = _PREFIX.sub("", error)
    if (unsupported := _UNSUPPORTED.search(error)) is not None:
        return _unsupported(unsupported)
    base = _BASE.search(step) or _BASE.search(error)
    if base and not _ENDED.search(error) and ("metadata" in f"{step} {error}" or step.startswith("FROM")):
        return _base_missing(base["image"], error)
    if disk_full(error):
        return explain("build", error)
    told = _ON_LINE.search(error)
    line = line or (int(told[1]) if told else _line_of(step, text))
    step = step or parse_dockerfile(text).at(line)
    place = f"step {item}: {step}" if item else step
    shown = f"the build failed at {place}" if place else "the build failed"
    ended = _ENDED.search(error)
    evidence = list(log) if ended and log else [*log, *_short(error)]
    return BuildError(
        f"{shown} (line {line})" if line else shown,
        step=step,
        line=line,
        log=evidence[-20:],
        hint=_hint(error, log),
    )


def _unsupported(match: re.Match[str]) -> UnsupportedError:
    what = " ".join(match["what"].split()).lower()
    hint = "docker buildx create --use (its own builder), or an engine of version 25 or later"
    return UnsupportedError(f"this engine's builder cannot do it: {match[0].strip()}", capability=what, hint=hint)


def _base_missing(image: str, error: str) -> CloudkitError:
    """Say why a base image could not be had: absent, refused, or its registry does not answer."""
    what = f"fetch the base image {image.partition('@')[0].removeprefix('docker.io/library/')}"
    absent = error.rstrip().endswith("not found") or "manifest unknown" in error
    return explain(what, error, status=404 if absent else None)


def _short(error: str) -> list[str]:
    return [part[:500] for part in error.splitlines()[-5:] if part.strip()]


def _hint(error: str, log: Sequence[str]) -> str:
    """Return what mends the step, where its words tell."""
    ended = _ENDED.search(error)
    said = "\n".join(log)
    if disk_full(said):
        return "the disk is full: docker system df, then docker builder prune"
    if "exec format error" in f"{said}{error}":
        return "the image is for another architecture: build(platforms=...), or install emulation (binfmt)"
    if ended and (meaning := _MEANINGS.get(int(ended[1] or ended[2]))):
        return meaning
    missing = _MISSING.search(error)
    if missing and not ended:
        path = (missing["path"] or "the file").lstrip("/")
        return f"{path} is not in the build context: check its name, and .dockerignore"
    return ""


def _line_of(step: str, text: str) -> int | None:
    """Return the line of an instruction in the Dockerfile, when it is there once."""
    wanted = " ".join(step.split())
    lines = [known.line for known in parse_dockerfile(text).instructions if " ".join(known.text.split()) == wanted]
    return lines[0] if len(lines) == 1 else None


def failed_step(error: str) -> bool:
    """True when a step itself failed, so that the engine is not to blame."""
    return _ENDED.search(error) is not None


def engine_stopped(error: str) -> BackendError:
    """Return the error for an engine that went away in the middle of a build."""
    return BackendError(
        "cannot build: the engine stopped or dropped the connection",
        evidence=_short(_PREFIX.sub("", error)) or ["it no longer answers"],
        hint="cloudkit doctor, then build again: finished steps are kept",
    )
