"""A spec as the engine takes it: pure, but for the SDK's own constructors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.hostconfig import environment, host_config, restart_policy
from cloudkit.backends.docker.labels import IMAGE, ORDINAL, REVISION, RUN, VERSION, Component, identity
from cloudkit.backends.docker.names import shown
from cloudkit.backends.docker.node import device_requests
from cloudkit.backends.kinds import ordinal_mounts, ordinal_name
from cloudkit.model.probe import ExecProbe

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.model.app import AppSpec

__all__ = ["aliases", "healthcheck", "replica_config"]

NANOSECONDS = 1_000_000_000


def replica_config(
    api: APIClient,
    spec: AppSpec,
    *,
    namespace: str,
    revision: int,
    name: str,
    image: str,
    network: str,
    address: str,
    ordinal: int | None = None,
    run: str = "",
    files: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the arguments of the SDK's ``create_container`` for one replica.

    Args:
        api: The engine.
        spec: What it is.
        namespace: Whose it is.
        revision: The revision of that.
        name: Its name.
        image: What the engine knows the image as.
        network: The network that it is made on.
        address: Its address there.
        ordinal: The number of a stateful one, or of a job's.
        run: The run of a cron that it belongs to.
        files: The volumes of its files, as the engine takes them.
    """
    own = ordinal if spec.kind == "stateful" else None
    host = host_config(
        namespace,
        resources=spec.resources,
        mounts=spec.mounts if own is None else ordinal_mounts(spec, own),
        owner="" if own is None else spec.name,
        read_only=spec.read_only,
        drop=spec.drop,
        init=spec.init,
    )
    endpoint: Any = api.create_endpoint_config(ipv4_address=address, aliases=aliases(spec, ordinal))
    networking: Any = {"EndpointsConfig": {network: endpoint}}
    return {
        "image": image,
        "name": name,
        "hostname": shown(namespace, name),
        "command": None if spec.command is None else list(spec.command),
        "entrypoint": None if spec.entrypoint is None else list(spec.entrypoint),
        "environment": environment(spec.env),
        "user": spec.user,
        "working_dir": spec.workdir,
        "labels": replica_labels(spec, namespace, revision, ordinal) | ({RUN: run} if run else {}),
        "stop_signal": spec.stop_signal,
        "ports": [port.number for port in spec.ports],
        "healthcheck": healthcheck(spec),
        "networking_config": networking,
        "host_config": {
            **host,
            "Mounts": [*host["Mounts"], *files],
            "NetworkMode": network,
            "RestartPolicy": restart_policy(spec.restart_policy),
            "DeviceRequests": device_requests(spec.placement.devices),
        },
    }


def replica_labels(spec: AppSpec, namespace: str, revision: int, ordinal: int | None) -> dict[str, str]:
    """Return a replica's labels: the user's own, and those that say whose it is."""
    numbered = {} if ordinal is None else {ORDINAL: str(ordinal)}
    return {
        **spec.labels,
        **identity(namespace, Component.REPLICA, spec.name),
        **numbered,
        REVISION: str(revision),
        IMAGE: str(spec.image),
        VERSION: spec.image.tag or "",
    }


def aliases(spec: AppSpec, ordinal: int | None) -> list[str] | None:
    """Return the names besides its own by which others on a network reach a replica; none but a stateful one has such.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.reference import Reference
    >>> db = AppSpec(name="db", image=Reference.parse("db:1"), kind="stateful")
    >>> aliases(db, 1), aliases(db.replace(kind="job"), 1)
    (['db-1', 'db-1.db'], None)
    """
    if ordinal is None or spec.kind != "stateful":
        return None
    own = ordinal_name(spec.name, ordinal)
    return [own, f"{own}.{spec.name}"]


def healthcheck(spec: AppSpec) -> dict[str, Any] | None:
    """Return the engine's own health check for a probe that runs a command; None leaves the image's."""
    probe = next((p for p in (spec.readiness, spec.startup, spec.liveness) if isinstance(p, ExecProbe)), None)
    if probe is None:
        return {"test": ["NONE"]} if spec.ports or spec.readiness else None
    return {
        "test": ["CMD", *probe.command],
        "interval": round(probe.period * NANOSECONDS),
        "timeout": round(probe.timeout * NANOSECONDS),
        "retries": probe.failure_threshold,
        "start_period": round(probe.initial_delay * NANOSECONDS),
    }
