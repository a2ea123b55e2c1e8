"""Live names for completion, kept for a while in files that a shell can read: a time, then a name and a note a line."""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cloudkit.model.offer import Offer
from cloudkit.model.plain import plain

__all__ = ["Question", "folder", "forgotten", "kept", "known", "place_of", "replaced", "writable"]

FRESH = 5.0  # seconds
STALE = 3600.0  # seconds
LIMIT = 4 << 20  # bytes that are read back
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class Question:
    """What names are asked for.

    Args:
        where: The cloud that is asked, in words that no other one has.
        kind: The kind of state.
        target: The name of the handle that is asked; None for the root.
    """

    where: str
    kind: str
    target: str | None = None

    @property
    def file(self) -> Path:
        """The file that has the answer; a shell finds it where the target's name is a plain one."""
        target = self.target
        if target is None:
            return place_of(self.where) / self.kind
        plain = target if _PLAIN.match(target) else f"={hashlib.sha256(target.encode()).hexdigest()[:32]}"
        return place_of(self.where) / f"{self.kind}.{plain}"


def known(question: Question, *, age: float = FRESH) -> list[Offer] | None:
    """Return the names that were asked for within so many seconds, None when they were not."""
    with suppress(OSError, ValueError):
        found = question.file.stat()
        if found.st_uid != os.getuid() or found.st_size > LIMIT:
            return None
        asked, *lines = question.file.read_text("utf-8").rstrip("\n").split("\n")
        if 0 <= time.time() - int(asked) < age:
            return [Offer(name, note) for name, _, note in (line.partition("\t") for line in lines)]
    return None


def kept(question: Question, names: list[Offer]) -> list[Offer]:
    """Keep names for the next key, whole or not at all, for this user alone, and return them."""
    lines = [str(int(time.time())), *(f"{one}\t{plain(one.note)}" for one in names if writable(one))]
    with suppress(OSError):
        replaced(question.file, "".join(f"{line}\n" for line in lines))
    return names


def writable(name: str) -> bool:
    """True for a name that stands in one line and does nothing to a terminal.

    >>> writable("web"), writable("two\\nlines")
    (True, False)
    """
    return bool(name) and plain(name) == name and "\t" not in name


def forgotten(where: str) -> None:
    """Know no names of a cloud any more: they may have changed."""
    with suppress(OSError):
        for file in place_of(where).iterdir():
            file.unlink(missing_ok=True)


def replaced(file: Path, text: str) -> None:
    """Write a file, whole or not at all, for this user alone."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(file)


def place_of(where: str) -> Path:
    """Return the folder of one cloud's names."""
    return folder() / hashlib.sha256(where.encode()).hexdigest()[:32]


def folder() -> Path:
    """Return where all names are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "cloudkit" / "names"
