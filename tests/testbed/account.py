"""Root, and the user who asked: the test bed needs the one, what runs in it is the other's."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["as_user", "become_root"]


def become_root(*arguments: str) -> NoReturn:
    """Start this command again as root, with the same environment."""
    os.execvp("sudo", ["sudo", "-E", "env", *kept(), sys.executable, "-m", "testbed", *arguments])


def as_user(command: Sequence[str]) -> list[str]:
    """Return a command that root gives back to the user who asked."""
    ids = ("--reuid", str(os.getuid()), "--regid", str(os.getgid()), "--init-groups")
    return ["setpriv", *ids, "env", *kept(), *command]


def kept() -> list[str]:
    """Return the variables that sudo would change, as they are now."""
    return [f"{name}={os.environ[name]}" for name in ("HOME", "PATH")]
