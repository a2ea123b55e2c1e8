"""Why a replica ended, from its exit code, the word on memory of what ran it and its last lines: pure."""

from __future__ import annotations

import re

from cloudkit.backends.causes.life import Life
from cloudkit.backends.causes.program import program_cause
from cloudkit.backends.causes.words import cause, deploy, logs
from cloudkit.backends.exits import exit_words
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["CRASHES", "ended_cause"]

CRASHES = 3
"""Ends in a row after which it is called a loop."""
_READ_ONLY = re.compile(r"read-only file ?system|\berofs\b", re.IGNORECASE)
_DISK_FULL = re.compile(r"no space left on device|\benospc\b|disk quota exceeded", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w.])(/[\w.@+-][\w./@+-]*)")
_EXECUTING = re.compile(
    r"^\[FATAL tini|^exec /|exec format error|: not found$|command not found", re.IGNORECASE | re.MULTILINE
)


def ended_cause(spec: AppSpec, life: Life) -> Cause | None:
    """Return why a replica has ended; None when it was to end."""
    if life.exit_code == 0 and spec.restart_policy != "always" and life.status == "exited":
        return None
    text = "\n".join(life.log)
    if life.out_of_memory:
        return _out_of_memory(spec, life)
    if life.exit_code in (126, 127) or (life.exit_code and _EXECUTING.search(text)):
        found = program_cause(spec, life, text.lower())
        if found is not None:
            return found
    if life.exit_code and _READ_ONLY.search(text):
        return _read_only(spec, life)
    if life.exit_code and _DISK_FULL.search(text):
        fix = f"{life.space}; or a larger volume"
        return cause(CauseCode.DISK_FULL, life, "ended as it found no space to write", fix=fix)
    return _exited(spec, life)


def _exited(spec: AppSpec, life: Life) -> Cause:
    code = exit_words(life.exit_code or 0)
    if life.status == "exited" and spec.restart_policy == "always":
        what = f"was stopped by someone else, with exit code {code}"
        return cause(CauseCode.EXITED, life, what, fix=f"cloudkit start {spec.name}", certain=False)
    if life.status == "exited":
        return cause(CauseCode.EXITED, life, f"exited with {code}", fix=logs(spec))
    ends = life.restarts + 1
    times = "once" if ends == 1 else f"{ends} times in a row"
    what = f"exited with {code}, {times}"
    return cause(CauseCode.CRASH_LOOP, life, what, fix=logs(spec), certain=ends >= CRASHES)


def _out_of_memory(spec: AppSpec, life: Life) -> Cause:
    limit = spec.resources.memory
    if limit is None:
        what = f"was killed as {life.host} ran out of memory; it has no limit of its own"
        return cause(CauseCode.OUT_OF_MEMORY, life, what, fix=deploy(spec, "--memory 512Mi"))
    what = f"used all of its memory limit of {limit} and was killed"
    return cause(CauseCode.OUT_OF_MEMORY, life, what, fix=deploy(spec, f"--memory {_doubled(limit)}"))


def _read_only(spec: AppSpec, life: Life) -> Cause:
    """Name the mount, or the root, whose being read-only the log complains of."""
    line = next(line for line in life.log if _READ_ONLY.search(line))
    path = next(iter(_PATH.findall(line)), "")
    mount = next((one for one in spec.mounts if one.read_only and path.startswith(one.target)), None)
    if mount is not None:
        fix = deploy(spec, f"--volumes {mount.source}:{mount.target}")
        return cause(CauseCode.VOLUME_READ_ONLY, life, f"may only read {mount.target}, and writes there", fix=fix)
    folder = path.rpartition("/")[0] or "/tmp"  # noqa: S108  # a place inside the replica, to be shown
    fix = deploy(spec, f"--volumes tmpfs:{folder}")
    what = "writes to a file system that it may only read" + (f": {path}" if path else "")
    return cause(CauseCode.VOLUME_READ_ONLY, life, what, fix=fix)


def _doubled(quantity: str) -> str:
    """Return twice a quantity, in its own unit.

    >>> _doubled("64Mi"), _doubled("1.5G")
    ('128Mi', '3G')
    """
    match = re.fullmatch(r"([0-9.]+)(\D*)", quantity)
    return f"{float(match[1]) * 2:g}{match[2]}" if match else quantity
