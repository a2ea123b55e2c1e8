"""The keyword options of a task, as people type them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypedDict

from cloudkit.model.convert import amount, integer, or_none, pairs, several, text, words
from cloudkit.model.duration import seconds
from cloudkit.model.files import config_files, secret_files
from cloudkit.model.mount import Mount
from cloudkit.model.options import refuse_unknown
from cloudkit.model.parameter import FromFile, Measure, Short, Words
from cloudkit.model.reference import Reference
from cloudkit.model.refusal import refusal
from cloudkit.model.resources import Resources
from cloudkit.model.secret import Secret
from cloudkit.model.shorthand import mount
from cloudkit.model.task import TaskSpec

__all__ = ["TaskOptions", "task_spec"]


class TaskOptions(TypedDict, total=False):
    """How a command runs.

    Args:
        entrypoint: Takes the place of the image's ENTRYPOINT.
        env: Environment variables, as a mapping or ``KEY=VALUE``.
        stdin: What it reads, as bytes or a text; its input is closed where not given.
        volumes: Volumes, folders and memory, such as ``data:/var/lib/data``, ``/srv/www:/www:ro`` or ``tmpfs:/tmp``.
        config: Files of configuration, by their path there: a text, or the ``Path`` of a file here.
        secrets: Secret files, by their path or their name in ``/run/secrets``: a ``Secret``, or the ``Path`` of a file.
        cpu: The limit of processor time, such as ``500m``.
        memory: The limit of memory, such as ``256Mi``.
        pids: The most processes and threads.
        user: The user it runs as.
        workdir: The folder it starts in.
        timeout: How long it may take before it is killed, such as ``5m``.
    """

    entrypoint: Annotated[Sequence[str] | str, Words()]
    env: Annotated[Mapping[str, str | Secret] | Sequence[str], Short("e")]
    stdin: bytes | str
    volumes: Annotated[Sequence[Mount | str] | Mount | str, Short("v")]
    config: Annotated[Mapping[str, str | Path], FromFile()]
    secrets: Annotated[Mapping[str, str | Secret | Path], FromFile()]
    cpu: Annotated[str | float, Measure("cores")]
    memory: Annotated[str | int, Measure("bytes")]
    pids: int
    user: Annotated[str, Short("u")]
    workdir: Annotated[str, Short("w")]
    timeout: Annotated[str | float, Measure("seconds")]


def task_spec(image: Reference, command: Sequence[str], options: TaskOptions) -> TaskSpec:
    """Return the task that the options mean.

    Raises:
        UsageError: An option is unknown or has a value that it cannot have.

    >>> task_spec(Reference.parse("node:22"), ["node", "-v"], {"timeout": "1m"}).timeout
    60.0
    """
    given: Mapping[str, object] = dict(options)
    refuse_unknown(given, TaskOptions.__optional_keys__)
    found = {name: _FIELDS[name](name, value) for name, value in given.items() if name in _FIELDS}
    found |= {"mounts": found.pop("volumes")} if "volumes" in found else {}
    limits = {name: _LIMITS[name](name, value) for name, value in given.items() if name in _LIMITS}
    return replace(TaskSpec(image=image, command=tuple(command), resources=replace(Resources(), **limits)), **found)


_Convert = Callable[[str, object], Any]


def _bytes(option: str, value: object) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    if value is None or isinstance(value, bytes):
        return value
    raise refusal(option, type(value).__name__, "bytes or a text")


def _mounts(option: str, value: object) -> tuple[Mount, ...]:
    return tuple(mount(option, item) for item in several(option, value))


_FIELDS: Mapping[str, _Convert] = {
    "entrypoint": or_none(words),
    "env": pairs,
    "stdin": _bytes,
    "volumes": _mounts,
    "config": config_files,
    "secrets": secret_files,
    "user": or_none(text),
    "workdir": or_none(text),
    "timeout": or_none(seconds),
}
_LIMITS: Mapping[str, _Convert] = {"cpu": or_none(amount), "memory": or_none(amount), "pids": or_none(integer)}
