"""Stop and remove replicas; one that is gone already is no error, as another writer may have been faster."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.hostconfig import restart_policy
from cloudkit.backends.docker.parallel import in_parallel
from cloudkit.engine.errors import translate
from cloudkit.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.backends.docker.observe import Seen

__all__ = ["end_replicas", "remove_container", "set_restart", "stop_replicas"]


def end_replicas(api: APIClient, replicas: Sequence[Seen], *, grace: float) -> None:
    """Stop replicas within their grace and remove them."""
    in_parallel([partial(_end, api, one, grace) for one in replicas])


def stop_replicas(api: APIClient, replicas: Sequence[Seen], *, grace: float) -> None:
    """Stop replicas within their grace and keep them, so that an engine that starts again leaves them stopped.

    The ones that somebody has stopped by hand are among them, as an engine that starts would start those.
    """
    in_parallel([partial(_keep_stopped, api, one, grace) for one in replicas])


def set_restart(api: APIClient, replica: Seen, restart: str) -> None:
    """Let the engine restart a replica from now on as a spec's ``restart`` says; one that goes is no error."""
    policy: Any = restart_policy(restart)
    with suppress(NotFoundError, ConflictError), translate(f"set the restarts of replica {replica.name}"):
        api.update_container(replica.id, restart_policy=policy)


def remove_container(api: APIClient, container: str) -> None:
    """Remove a container with its anonymous volumes, running or not."""
    with suppress(NotFoundError, ConflictError), translate(f"remove container {container[:12]}"):  # or being removed
        api.remove_container(container, force=True, v=True)


def _end(api: APIClient, replica: Seen, grace: float) -> None:
    if replica.alive:
        _stop(api, replica, grace)
    remove_container(api, replica.id)


def _keep_stopped(api: APIClient, replica: Seen, grace: float) -> None:
    set_restart(api, replica, "never")
    if replica.alive:
        _stop(api, replica, grace)


def _stop(api: APIClient, replica: Seen, grace: float) -> None:
    with suppress(NotFoundError), translate(f"stop replica {replica.name}"):
        api.stop(replica.id, timeout=ceil(grace))
