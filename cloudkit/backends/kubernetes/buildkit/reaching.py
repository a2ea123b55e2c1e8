"""Reach the cluster's BuildKit from this machine: through the API server, with no port of it open to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.buildkit.standing import Standing, pods_there
from cloudkit.backends.kubernetes.causes.podfacts import last_life
from cloudkit.backends.kubernetes.labels import CONTAINER
from cloudkit.backends.kubernetes.operations.channels import STDOUT, Conversation
from cloudkit.backends.kubernetes.operations.forward import is_ready
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.relay import relayed_port
from cloudkit.errors import BackendError, BuildError
from cloudkit.model.port import LOOPBACK

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.objects import Pod
    from cloudkit.config.builder import Builder
    from cloudkit.model.progress import Listener

__all__ = ["reached"]

DIAL = ("buildctl", "dial-stdio")


@contextmanager
def reached(client: Client, builder: Builder, registry: str, *, listener: Listener) -> Iterator[Builder]:
    """Give an address of the cluster's BuildKit on loopback while the block lasts; it is made where there is none.

    Each connection is a command in its pod that hands on bytes to its socket: what a build runs, and other pods, reach
    that socket by no network.

    Args:
        client: A connection to the API server.
        builder: What is configured of it.
        registry: The cloud's registry, which may have its image; empty for none.
        listener: Hears of its making.

    Raises:
        CloudkitError: It does not become ready, and why; or it went away in the middle.
    """
    pod = Standing(client=client, builder=builder, registry=registry, listener=listener).pod()
    lives = _lives(client, pod)
    with relayed_port(lambda: _ExecPeer(client, pod)) as number:
        try:
            yield replace(builder, address=f"tcp://{LOOPBACK}:{number}")
        except (BackendError, BuildError) as error:
            if (gone := _gone(client, pod, lives)) is not None:
                raise gone from error
            raise


class _ExecPeer:
    """One connection to BuildKit, by a command in its pod."""

    def __init__(self, client: Client, pod: str) -> None:
        query = [("container", CONTAINER), *(("command", word) for word in DIAL)]
        query += [(name, "true") for name in ("stdin", "stdout", "stderr")]
        self._conversation = Conversation(client.socket(object_path("pods", client.namespace, pod, "exec"), query))
        self._pieces = (data for channel, data in self._conversation if channel == STDOUT)

    def read(self) -> bytes:
        """Return what comes next; empty at the end."""
        return next(self._pieces, b"")

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._conversation.write(data)

    def end(self) -> None:
        """Say that nothing more will be sent."""
        if self._conversation.ends_input:
            self._conversation.end_input()

    def close(self) -> None:
        """End it."""
        self._conversation.close()


def _lives(client: Client, name: str) -> int:
    pod = _pod(client, name)
    return _restarts(pod) if pod is not None else 0


def _gone(client: Client, name: str, lives: int) -> BackendError | None:
    """Return the error for a BuildKit that has ended while it built; None while it is as it was."""
    pod = _pod(client, name)
    if pod is not None and is_ready(pod) and _restarts(pod) == lives:
        return None
    hint = "build again: it is made anew; kubectl describe pod shows a node that runs out of memory"
    ended = [life for one in pod.status.container_statuses if (life := last_life(one))] if pod is not None else []
    said = [f"{life.reason}, exit code {life.exit_code}" for life in ended] or ["its pod is gone"]
    return BackendError("the cluster's BuildKit stopped in the middle of the build", evidence=said, hint=hint)


def _pod(client: Client, name: str) -> Pod | None:
    return next((one for one in pods_there(client) if one.metadata.name == name), None)


def _restarts(pod: Pod) -> int:
    return sum(one.restart_count for one in pod.status.container_statuses)
