"""Who a container's process is, in numbers."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudkit.engine.errors import translate
from cloudkit.errors import CloudkitError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Owner", "owner_in", "owner_of"]

LARGEST = 1 << 20  # bytes of an image's list of users


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A user in numbers; one that nobody can name is not ``known``."""

    uid: int = 0
    gid: int = 0
    known: bool = True


def owner_in(api: APIClient, container: str) -> Owner:
    """Return the user of a container, which need not run; a name is looked up in the image's own list."""
    with translate(f"see the user of {container[:12]}"):
        user = str(api.inspect_container(container)["Config"].get("User") or "0")
    name = user.partition(":")[0]
    return owner_of(user, {} if name.isdigit() else _listed(api, container))


def owner_of(user: str, users: Mapping[str, tuple[int, int]]) -> Owner:
    """Return a user in numbers.

    >>> owner_of("1000", {}), owner_of("node", {"node": (1000, 1001)}), owner_of("node", {}).known
    (Owner(uid=1000, gid=0, known=True), Owner(uid=1000, gid=1001, known=True), False)
    """
    name, _, group = user.partition(":")
    if name.isdigit():
        uid, gid = int(name), 0
    elif name in users:
        uid, gid = users[name]
    else:
        return Owner(known=False)
    return Owner(uid=uid, gid=int(group) if group.isdigit() else gid)


def _listed(api: APIClient, container: str) -> dict[str, tuple[int, int]]:
    """Return the users of an image by name; none where it has no list that can be read."""
    try:
        with translate("read the users of an image"):
            pieces, status = api.get_archive(container, "/etc/passwd")
            if status["size"] > LARGEST:
                return {}
            with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
                file = tar.extractfile(tar.next() or tarfile.TarInfo())
                text = file.read().decode(errors="replace") if file else ""
    except (CloudkitError, tarfile.TarError, KeyError):
        return {}
    rows = (line.split(":") for line in text.splitlines())
    return {
        row[0]: (int(row[2]), int(row[3])) for row in rows if len(row) > 3 and row[2].isdigit() and row[3].isdigit()
    }
