"""Whether a journal's file can stand where it is to stand."""

from __future__ import annotations

import os
from pathlib import Path

from cloudkit.errors import JournalError

__all__ = ["check_local", "check_space"]

LEAST_SPACE = 256 * 1024  # bytes: room for the end of what is begun, too
_MOUNTS = Path("/proc/self/mounts")
_SHARED = frozenset({"afs", "ceph", "cifs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "9p"})


def check_space(path: Path) -> None:
    """Refuse a disk that has no room for an entry and its end.

    Raises:
        JournalError: It has not.
    """
    found = os.statvfs(path.parent)
    free = found.f_bavail * found.f_frsize
    if free < LEAST_SPACE:
        message = f"the journal {path} cannot be used, so nothing was begun: its disk has {free} bytes left"
        raise JournalError(message, hint=f"df {path.parent}; or CLOUDKIT_JOURNAL=/another/file")


def check_local(path: Path, mounts: Path = _MOUNTS) -> None:
    """Refuse a network file system, on which several machines would not see each other's locks.

    Raises:
        JournalError: It is one, as far as the machine tells.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    where = path.absolute()
    kinds = {line.split(" ")[1]: line.split(" ")[2] for line in lines if line.count(" ") >= 2}
    above = next((str(one) for one in (where, *where.parents) if str(one) in kinds), "/")
    if kinds.get(above) in _SHARED:
        message = f"the journal {path} would be on {above}, a network file system ({kinds[above]})"
        raise JournalError(
            message, hint="CLOUDKIT_JOURNAL=/a/local/file, or postgresql://host/name for several machines"
        )
