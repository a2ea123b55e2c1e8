"""The distribution's own programs: found, or installed where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cloudkit.errors import BackendError, UnsupportedError

__all__ = ["as_root", "may_install", "program", "run"]

TAIL = 10


def may_install() -> bool:
    """Tell whether packages can be installed here: Debian or Ubuntu, as root or with sudo."""
    return shutil.which("apt-get") is not None and (os.geteuid() == 0 or shutil.which("sudo") is not None)


def as_root(*command: str) -> list[str]:
    """Return a command as root runs it.

    >>> as_root("apt-get", "update")[-2:]
    ['apt-get', 'update']
    """
    return list(command) if os.geteuid() == 0 else ["sudo", *command]


def program(name: str, package: str) -> str:
    """Return the path of a program, after installing the package that has it where it is missing.

    Raises:
        UnsupportedError: It is missing, and packages cannot be installed here.
    """
    found = shutil.which(name)
    if found is None and may_install():
        wait = ("-o", "DPkg::Lock::Timeout=300")
        run(as_root("apt-get", "update", "-qq", *wait))
        options = ("-yqq", "--no-install-recommends", *wait)
        run(as_root("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *options, package))
        found = shutil.which(name)
    if found is None:
        hint = f"sudo apt-get install {package}"
        raise UnsupportedError(f"{name} is needed and not there", capability=name, hint=hint)
    return found


def run(command: Sequence[str], *, folder: Path | None = None) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        BackendError: It failed; the evidence is the end of what it printed.

    >>> run(["printf", "%s", "done"])
    'done'
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        tail = (done.stderr or done.stdout).strip().splitlines()[-TAIL:]
        raise BackendError(f"{Path(command[0]).name} failed with {done.returncode}", evidence=tail)
    return done.stdout
