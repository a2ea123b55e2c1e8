"""What should be built."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloudkit.model.checks import (
    check_flag,
    check_kind,
    check_text,
    check_tuple,
    check_unique,
    freeze,
    is_word,
    name_of,
)
from cloudkit.model.frozen import chosen
from cloudkit.model.reference import Reference
from cloudkit.model.refusal import refusal
from cloudkit.model.secret import Secret

__all__ = ["BuildSpec"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_STAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*+")
_PLATFORM = re.compile(r"[a-z0-9]++/[a-z0-9_]++(?:/[a-z0-9]++)?+")
_LINE = re.compile(r"[\x20-\x7e]++")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*+")


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

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_kind("context", self.context, Path)
        check_kind("dockerfile", self.dockerfile, Path, optional=True)
        check_kind("dockerfile_text", self.dockerfile_text, str, optional=True)
        if self.dockerfile is not None and self.dockerfile_text is not None:
            raise refusal("dockerfile_text", self.dockerfile_text, "None where dockerfile names a file")
        check_tuple("tags", self.tags, Reference)
        check_unique("tag", self.tags)
        for tag in self.tags:
            check_kind("tag", tag.digest, type(None))
        check_text("target", self.target, _STAGE, "a stage's name or number", limit=128, optional=True)
        check_flag("no_cache", self.no_cache)
        check_flag("pull", self.pull)
        object.__setattr__(self, "args", freeze("args", self.args, _check_argument))
        object.__setattr__(self, "secrets", freeze("secrets", self.secrets, _check_secret))
        object.__setattr__(self, "labels", freeze("labels", self.labels, _check_label))
        self._check_lines()

    def _check_lines(self) -> None:
        for field_, allowed in _LINES.items():
            lines = getattr(self, field_)
            check_tuple(field_, lines, str)
            check_unique(field_, lines)
            for line in lines:
                check_text(field_, line, _PLATFORM if field_ == "platforms" else _LINE, allowed, limit=1024)


_LINES = {
    "platforms": "os/architecture or os/architecture/variant, such as linux/arm64",
    "ssh": "default, or a name and the path of its socket or key, such as git=/run/agent.sock",
    "cache_from": "what docker's --cache-from takes, such as type=registry,ref=registry.example/cache",
    "cache_to": "what docker's --cache-to takes, such as type=local,dest=/var/cache/build",
}


def _check_argument(key: object, value: object) -> None:
    check_text("args: name", key, _NAME, "letters, digits and '_', no digit first", limit=256)
    if not is_word(value):
        raise refusal(name_of("args", str(key)), type(value).__name__, "a text without NUL, at most 128 KiB")


def _check_secret(key: object, value: object) -> None:
    check_text("secrets: id", key, _STAGE, "letters, digits, '_', '.' and '-'", limit=128)
    if not isinstance(value, Secret | Path):
        raise refusal(name_of("secrets", str(key)), type(value).__name__, "a Secret, or the Path of a file")


def _check_label(key: object, value: object) -> None:
    check_text("labels: key", key, _LABEL, "letters, digits, '.', '_', '/' and '-'", limit=255)
    if not is_word(value):
        raise refusal(name_of("labels", str(key)), value, "a text without NUL, at most 128 KiB")
