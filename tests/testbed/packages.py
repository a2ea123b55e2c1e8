"""Packages of Debian and Ubuntu, installed without starting the services that come with them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

__all__ = ["as_root", "install", "may_install"]


def may_install() -> bool:
    """Tell whether this is Debian or Ubuntu, as root or with sudo."""
    return shutil.which("apt-get") is not None and (os.geteuid() == 0 or shutil.which("sudo") is not None)


def as_root(*command: str) -> list[str]:
    """Return a command as root runs it."""
    return list(command) if os.geteuid() == 0 else ["sudo", *command]


def install(*names: str) -> None:
    """Install what is missing of some packages."""
    missing = [name for name in names if not installed(name)]
    if not missing:
        return
    print("installing", *missing, flush=True)
    options = ("-yqq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")
    run(as_root("apt-get", "update", "-qq", "-o", "DPkg::Lock::Timeout=300"))
    # in runlevel 1 a package's service is not started
    run(as_root("env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "install", *options, *missing))


def installed(name: str) -> bool:
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", name]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def run(command: Iterable[str]) -> None:
    """Run a command; show what it printed only when it fails."""
    done = subprocess.run([*command], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
