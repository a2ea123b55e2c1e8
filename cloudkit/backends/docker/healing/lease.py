"""The right to heal a namespace: a container that lives as long as the connection of whoever holds it.

It runs ``cat``, whose input is that connection. When the process that holds it ends, however it ends, the engine closes
the input, ``cat`` ends, and the engine removes the container: its name is free for the next one. An engine far away
is held in the same way as a near one.

Source: the engine's interface, "Create a container": ``OpenStdin``, ``StdinOnce`` and ``AutoRemove``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.ending import remove_container
from cloudkit.backends.docker.hostconfig import LOG_ROTATION
from cloudkit.backends.docker.labels import HOLDER, Component, identity
from cloudkit.backends.docker.names import lease_name
from cloudkit.backends.docker.operations.streams import Conversation, checked, converse, url
from cloudkit.engine.errors import translate
from cloudkit.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Lease", "lease_config", "leased"]

STILLBORN = 5.0
"""Seconds after which a lease that was not started has lost whoever made it: a start follows within milliseconds."""
GOING = 5.0
"""Seconds that the engine may take to remove one."""
MEMORY, PIDS, NOBODY = 16 * 1024 * 1024, 8, "65534"


class Lease:
    """Says whether it is held."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._lost = Event()
        Thread(target=self._listen, name="cloudkit-lease", daemon=True).start()

    @property
    def held(self) -> bool:
        """False once its container has ended, or the engine cannot be reached."""
        return not self._lost.is_set()

    def check(self) -> None:
        """Raise ``ConflictError`` where it is held no longer."""
        if not self.held:
            raise ConflictError("the right to heal is lost: another controller may have it", hint="cloudkit events")

    def give_up(self) -> None:
        """Hold it no longer."""
        self._lost.set()

    def _listen(self) -> None:
        try:
            for _ in self._conversation:
                pass
        finally:
            self._lost.set()


@contextmanager
def leased(api: APIClient, namespace: str, image: str, holder: str) -> Iterator[Lease]:
    """Hold the right to heal a namespace while the block lasts.

    Raises:
        ConflictError: Somebody else holds it; the error says who.
    """
    name = lease_name(namespace)
    container = _create(api, name, lease_config(namespace, image, holder))
    try:
        with translate(f"hold {name}"), closing(_attach(api, container)) as conversation:
            api.start(container)
            lease = Lease(conversation)
            try:
                yield lease
            finally:
                lease.give_up()
    finally:
        _remove(api, container)


def lease_config(namespace: str, image: str, holder: str) -> dict[str, Any]:
    """Return the container in the engine's words; pure.

    >>> lease_config("cloudkit", "cloudkit/balancer:1", "host, process 7")["Entrypoint"]
    ['cat']
    """
    return {
        "Image": image,
        "Entrypoint": ["cat"],
        "Cmd": [],
        "User": NOBODY,
        "Labels": identity(namespace, Component.CONTROLLER) | {HOLDER: holder},
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "HostConfig": {
            "AutoRemove": True,
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Memory": MEMORY,
            "PidsLimit": PIDS,
            "LogConfig": LOG_ROTATION,
        },
    }


def _create(api: APIClient, name: str, config: dict[str, Any]) -> str:
    try:
        with translate(f"hold {name}"):
            answer = api.post(url(api, "containers", "create"), params={"name": name}, json=config, timeout=api.timeout)
            checked(answer)
            return str(answer.json()["Id"])
    except ConflictError as error:
        raise ConflictError(f"another controller heals this namespace: {_holder(api, name)}") from error


def _remove(api: APIClient, container: str) -> None:
    """Remove it, and return once its name is free, as the engine may be removing it by itself."""
    ends = time.monotonic() + GOING
    remove_container(api, container)
    with suppress(NotFoundError):
        while time.monotonic() < ends:
            _seen(api, container)
            time.sleep(0.02)


def _attach(api: APIClient, container: str) -> Conversation:
    return converse(api, "containers", container, "attach", params={"stream": 1, "stdin": 1, "stdout": 1})


def _holder(api: APIClient, name: str) -> str:
    """Return who holds it; remove what was made and never started, as its maker was killed in between."""
    with suppress(NotFoundError):
        seen = _seen(api, name)
        if seen["State"]["Status"] == "created":
            time.sleep(STILLBORN)
            if _seen(api, seen["Id"])["State"]["Status"] == "created":
                remove_container(api, seen["Id"])
        return str((seen["Config"].get("Labels") or {}).get(HOLDER) or "somebody unknown")
    return "one that has ended this moment"


def _seen(api: APIClient, container: str) -> dict[str, Any]:
    with translate(f"look at {container}"):
        return dict(api.inspect_container(container))
