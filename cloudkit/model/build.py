"""What should be built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

__all__ = ["BuildSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSpec:
    """A build: a context, a Dockerfile, and the options that ``docker build`` has.

    Args:
        context: A folder, or a tar file of one (plain or compressed).
        dockerfile: The Dockerfile's path when it is not ``Dockerfile`` in the context; may lie outside it.
        dockerfile_text: The Dockerfile itself, in place of a file.
        tags: The references that the image gets.
        args: Build arguments.
        target: The stage to build; None is the last.
        platforms: Such as ``("linux/amd64", "linux/arm64")``; empty is the engine's own.
        secrets: Secrets for ``RUN --mount=type=secret,id=KEY``: a value, or the path of a file.
        ssh: Agents for ``RUN --mount=type=ssh``, such as ``("default",)``.
        cache_from: Where cached layers are read, as ``type=registry,ref=...``.
        cache_to: Where they are written.
        labels: Labels of the image.
        no_cache: True builds every step again.
        pull: True asks for a newer base image.
    """

    context: Path
    dockerfile: Path | None = None
    dockerfile_text: str | None = None
    tags: tuple[Reference, ...] = ()
    args: Mapping[str, str] = field(default_factory=dict, hash=False)
    target: str | None = None
    platforms: tuple[str, ...] = ()
    secrets: Mapping[str, Secret | Path] = field(default_factory=dict, hash=False)
    ssh: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    no_cache: bool = False
    pull: bool = False
