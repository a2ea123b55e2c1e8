"""The keyword options of a build, as people type them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypedDict

from cloudkit.model.build import BuildSpec
from cloudkit.model.convert import flag, or_none, pairs, text, texts
from cloudkit.model.options import refuse_unknown
from cloudkit.model.parameter import Short
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

__all__ = ["BuildOptions", "build_spec"]


class BuildOptions(TypedDict, total=False):
    """How an image is built.

    Args:
        tag: The name that the image gets; several as a list.
        file: The Dockerfile's path when it is not ``Dockerfile`` in the context.
        args: Build arguments, as a mapping or ``KEY=VALUE``.
        target: The stage to build.
        platform: Such as ``linux/arm64``; several as a list.
        secrets: Secrets of ``RUN --mount=type=secret,id=KEY``: a ``Secret``, or ``KEY=PATH`` of a file.
        ssh: Agents of ``RUN --mount=type=ssh``, such as ``default``.
        cache_from: Where cached layers are read, as ``type=registry,ref=...``.
        cache_to: Where cached layers are written.
        labels: Labels of the image, as a mapping or ``KEY=VALUE``.
        no_cache: Build every step again.
        pull: Ask for a newer base image.
    """

    tag: Annotated[Sequence[str] | str, Short("t")]
    file: Annotated[str | Path, Short("f")]
    args: Mapping[str, str] | Sequence[str]
    target: str
    platform: Sequence[str] | str
    secrets: Mapping[str, Secret | Path] | Sequence[str]
    ssh: Sequence[str] | str
    cache_from: Sequence[str] | str
    cache_to: Sequence[str] | str
    labels: Mapping[str, str] | Sequence[str]
    no_cache: bool
    pull: bool


def build_spec(context: Path, options: BuildOptions, *, dockerfile_text: str | None = None) -> BuildSpec:
    """Return the build that the options mean.

    Args:
        context: The folder or tar.
        options: How it is built.
        dockerfile_text: The Dockerfile itself, in place of one in the context.

    Raises:
        UsageError: An option is unknown or has a value that it cannot have.

    >>> build_spec(Path("."), {"tag": "web:1", "args": ["V=2"]}).tags
    (Reference.parse('docker.io/library/web:1'),)
    """
    given: Mapping[str, object] = dict(options)
    refuse_unknown(given, BuildOptions.__optional_keys__)
    found = {_FIELDS[name][0]: _FIELDS[name][1](name, value) for name, value in given.items()}
    return BuildSpec(context=context, dockerfile_text=dockerfile_text, **found)


def _path(option: str, value: object) -> Path:
    return value if isinstance(value, Path) else Path(text(option, value))


def _tags(option: str, value: object) -> tuple[Reference, ...]:
    return tuple(Reference.parse(one) for one in texts(option, value))


def _secrets(option: str, value: object) -> dict[str, Secret | Path]:
    found = pairs(option, value)
    return {key: one if isinstance(one, Secret | Path) else Path(text(option, one)) for key, one in found.items()}


_FIELDS: Mapping[str, tuple[str, Callable[[str, object], Any]]] = {
    "tag": ("tags", _tags),
    "file": ("dockerfile", or_none(_path)),
    "args": ("args", pairs),
    "target": ("target", or_none(text)),
    "platform": ("platforms", texts),
    "secrets": ("secrets", _secrets),
    "ssh": ("ssh", texts),
    "cache_from": ("cache_from", texts),
    "cache_to": ("cache_to", texts),
    "labels": ("labels", pairs),
    "no_cache": ("no_cache", flag),
    "pull": ("pull", flag),
}
