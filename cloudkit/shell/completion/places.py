"""Which cloud a line of words means, noted so that a shell can tell without asking: where, and what that was read from.

A note holds as long as the environment, the folder and the contents of all files that were consulted are the same.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cloudkit.config import Config
from cloudkit.config.consulted import VARIABLES, consulted
from cloudkit.shell.completion.names import folder, place_of, replaced

__all__ = ["OPTIONS", "noted", "where_of"]

OPTIONS = ("backend", "context", "namespace", "registry", "builder")
"""The options of the command line that say where a cloud is."""
MOST = 100  # notes
JOINT = "\x01"  # between the parts of a field; a shell's variable has none
_KEPT_OUT = re.compile(r"[\x00-\x1f\x7f]|://[^/\s@]*:[^/\s@]*@")  # would end a field, or is a password


def where_of(root: object) -> str:
    """Return words for a cloud that no other one has."""
    return f"{root!r} {getattr(root, 'config', '')!r}"


def noted(root: object, options: Sequence[str | None]) -> None:
    """Note which cloud the options mean here and now; what cannot be noted is asked for anew each time.

    Args:
        root: The cloud.
        options: What the line gave, in the order of ``OPTIONS``.
    """
    config = getattr(root, "config", None)
    if not isinstance(config, Config):
        return
    with suppress(OSError, subprocess.SubprocessError):
        parts = [*(os.environ.get(name, "") for name in VARIABLES), *(value or "" for value in options)]
        files = [str(path) for path in consulted(config, Path.cwd())]
        key = JOINT.join([os.environ.get("PWD", ""), *parts])
        seen = evidence(files)
        if speakable([os.environ.get("PWD", ""), *parts, *files]) and config == again(options):
            write(key, "\t".join([key, place_of(where_of(root)).name, seen, *files]))


def speakable(texts: Sequence[str]) -> bool:
    """True where a note may hold the texts, and reading the files that they name ends."""
    return not any(_KEPT_OUT.search(text) or endless(text) for text in texts)


def endless(path: str) -> bool:
    """True for what is there, and is no file, folder or socket: reading it may never end."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISSOCK(mode))


def again(options: Sequence[str | None]) -> Config:
    """Return what the options mean now: what has changed while one looked is not noted."""
    backend, context, namespace, registry, builder = options
    return Config.resolve(backend, context=context, namespace=namespace, registry=registry, builder=builder)


def evidence(files: Sequence[str]) -> str:
    """Return what a shell sees of the files; ``offers.awk`` runs the same line."""
    names = " ".join(map(shlex.quote, files))
    line = f"pwd -P; cksum {names} 2>/dev/null; LC_ALL=C ls -d {names} 2>/dev/null"
    done = subprocess.run(["/bin/sh", "-c", line], check=False, capture_output=True, text=True, timeout=2)
    return JOINT.join(done.stdout.splitlines())


def write(key: str, note: str) -> None:
    """Put a note in the place of the last one that has its key; the oldest ones go."""
    file = folder() / "places"
    before = file.read_text("utf-8").split("\n") if file.is_file() else []
    others = [line for line in before if line and not line.startswith(f"{key}\t")]
    if note not in before:
        replaced(file, "".join(f"{line}\n" for line in [*others[1 - MOST :], note]))
