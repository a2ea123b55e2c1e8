"""A command that runs once, and what came of it; what a replica uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cloudkit.model.checks import check_kind, check_number, check_path, check_tuple, check_unique, check_words, freeze
from cloudkit.model.files import check_config, check_paths_apart, check_secret
from cloudkit.model.frozen import chosen
from cloudkit.model.mount import Mount
from cloudkit.model.names import check_user, check_variable
from cloudkit.model.reference import Reference
from cloudkit.model.refusal import shown
from cloudkit.model.resources import Resources
from cloudkit.model.rows import mimebundle, pretty
from cloudkit.model.secret import Secret

__all__ = ["TaskResult", "TaskSpec", "Usage"]

LONGEST = 7 * 86_400.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """A command in a container of its own, removed when it has ended.

    Args:
        image: The image, pinned.
        command: Takes the place of the image's CMD; empty keeps it.
        entrypoint: Takes the place of the image's ENTRYPOINT; None keeps it.
        env: Environment variables.
        stdin: What it reads; None closes its input.
        mounts: Volumes and folders.
        config: Files with these contents, by their absolute path.
        secrets: Files of secret contents, by their absolute path.
        resources: What it may use.
        user: The user it runs as; None keeps the image's.
        workdir: The folder it starts in; None keeps the image's.
        timeout: Seconds after which it is killed; None waits for ever.
    """

    image: Reference
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    env: Mapping[str, str | Secret] = field(default_factory=dict, hash=False)
    stdin: bytes | None = None
    mounts: tuple[Mount, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict, hash=False)
    secrets: Mapping[str, Secret] = field(default_factory=dict, hash=False)
    resources: Resources = field(default_factory=Resources)
    user: str | None = None
    workdir: str | None = None
    timeout: float | None = None

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_kind("image", self.image, Reference)
        check_words("command", self.command, empty=True)
        check_words("entrypoint", self.entrypoint, empty=True, optional=True)
        object.__setattr__(self, "env", freeze("env", self.env, check_variable))
        check_kind("stdin", self.stdin, bytes, optional=True)
        check_tuple("mounts", self.mounts, Mount)
        check_unique("mount: target", (mount.target for mount in self.mounts))
        object.__setattr__(self, "config", freeze("config", self.config, check_config))
        object.__setattr__(self, "secrets", freeze("secrets", self.secrets, check_secret))
        check_paths_apart([*self.config, *self.secrets], [mount.target for mount in self.mounts])
        check_kind("resources", self.resources, Resources)
        check_user("user", self.user)
        check_path("workdir", self.workdir, optional=True)
        if self.timeout is not None:
            check_number("timeout", self.timeout, 0, LONGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """What came of a command.

    Args:
        command: What ran.
        exit_code: Its exit code.
        output: What it printed on both streams, in order, decoded with replacement; the last 16 MiB.
        duration: Seconds.
        truncated: True when the beginning of the output was dropped.
    """

    command: tuple[str, ...]
    exit_code: int
    output: str
    duration: float
    truncated: bool = False

    _repr_pretty_ = pretty
    _repr_mimebundle_ = mimebundle

    def __repr__(self) -> str:
        begin = f"TaskResult(command={self.command!r}, exit_code={self.exit_code}, duration={self.duration:.3g}"
        return f"{begin}, output={shown(self.output)})"

    @property
    def ok(self) -> bool:
        """True when the exit code is 0."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one replica uses, now.

    Args:
        replica: Its name.
        cpu: Cores, so 0.5 is half of one.
        memory: Bytes in use, without the page cache.
        memory_limit: Bytes allowed; None when unbounded.
        received: Bytes received since it started; None where the backend does not tell.
        sent: Bytes sent since it started; None where the backend does not tell.
        pids: Processes and threads; None where the backend does not tell.
        observed_at: When this was seen.
    """

    replica: str
    cpu: float
    memory: int
    memory_limit: int | None
    received: int | None
    sent: int | None
    pids: int | None
    observed_at: datetime

    def __str__(self) -> str:
        """Return one line, such as ``web-2-x7 0.25 cores, 34.1 MiB of 256.0 MiB, 12 processes``."""
        limit = f" of {_mebibytes(self.memory_limit)}" if self.memory_limit is not None else ""
        processes = f", {self.pids} processes" if self.pids is not None else ""
        return f"{self.replica} {self.cpu:.2f} cores, {_mebibytes(self.memory)}{limit}{processes}"


def _mebibytes(number: int) -> str:
    return f"{number / 1024**2:.1f} MiB"
