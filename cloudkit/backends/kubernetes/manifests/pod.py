"""An app's pod: nothing in it depends on what makes no new revision, so that only a new one replaces replicas."""

from __future__ import annotations

import math
from typing import Any

from cloudkit.backends.kubernetes.labels import CONTAINER, REVISION
from cloudkit.backends.kubernetes.manifests.container import container_resources, program
from cloudkit.backends.kubernetes.manifests.files import config_name, file_mounts, file_volumes
from cloudkit.backends.kubernetes.manifests.heading import own_labels
from cloudkit.backends.kubernetes.manifests.placement import pod_placement
from cloudkit.backends.kubernetes.manifests.policy import network_labels
from cloudkit.backends.kubernetes.manifests.probes import probes
from cloudkit.backends.kubernetes.manifests.security import container_security, pod_security
from cloudkit.backends.kubernetes.manifests.variables import secret_name, variables
from cloudkit.backends.kubernetes.manifests.volumes import pod_volumes, volume_mounts
from cloudkit.backends.kubernetes.manifests.ways import Ways
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.kinds import ENDING

__all__ = ["LEAVING", "pod_template"]

LEAVING = 5
"""Seconds that a pod goes on answering while nodes, balancers and peers hear that it ends; then it is told."""


def pod_template(spec: AppSpec, *, revision: int, ways: Ways) -> dict[str, Any]:
    """Return what an app's pods are made from; two specs of equal template have an equal one.

    Raises:
        UnsupportedError: Kubernetes cannot do something of the spec; the hint names the way out.
    """
    _check(spec)
    metadata = {
        "labels": {**own_labels(spec), **network_labels(spec.networks)},
        "annotations": {REVISION: str(revision)},
    }
    return {"metadata": metadata, "spec": _pod(spec, revision, ways)}


def _pod(spec: AppSpec, revision: int, ways: Ways) -> dict[str, Any]:
    leaving = LEAVING if spec.ports else 0
    pod: dict[str, Any] = {
        "containers": [_container(spec, revision, ways)],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "shareProcessNamespace": spec.init,
        "securityContext": pod_security(spec.user, spec.mounts, secrets=bool(spec.secrets)),
        "terminationGracePeriodSeconds": leaving + math.ceil(spec.stop_grace),
        **pod_placement(spec),
        **({"restartPolicy": "Never"} if spec.kind in ENDING else {}),
    }
    volumes = [*pod_volumes(spec.mounts, own=spec.kind == "stateful"), *_files(spec, revision)]
    return pod | ({"volumes": volumes} if volumes else {})


def _files(spec: AppSpec, revision: int) -> list[dict[str, Any]]:
    return file_volumes(spec, config=config_name(spec.name, revision), secret=secret_name(spec.name, revision))


def _container(spec: AppSpec, revision: int, ways: Ways) -> dict[str, Any]:
    ports = [_port(ways.name(one.number), one.number) for one in spec.ports]
    optional: dict[str, Any] = {
        "env": variables(spec.env, secret_name(spec.name, revision)),
        "ports": ports,
        "volumeMounts": [*volume_mounts(spec.mounts, own=spec.kind == "stateful"), *file_mounts(spec)],
        "resources": container_resources(spec.resources, spec.placement.devices),
        "workingDir": spec.workdir,
        "lifecycle": {"preStop": {"sleep": {"seconds": LEAVING}}} if spec.ports else {},
    }
    return {
        "name": CONTAINER,
        "image": str(spec.image),
        "imagePullPolicy": "IfNotPresent",
        **program(spec.entrypoint, spec.command),
        **probes(spec),
        **{name: part for name, part in optional.items() if part},
        "securityContext": container_security(spec.user, read_only=spec.read_only, drop=spec.drop),
    }


def _port(name: str, number: int) -> dict[str, Any]:
    return ({"name": name} if name else {}) | {"containerPort": number, "protocol": "TCP"}


def _check(spec: AppSpec) -> None:
    """Refuse what a pod that its controller keeps up cannot do."""
    if spec.restart != "always" and spec.kind not in ENDING:
        message = f"an app on Kubernetes is always restarted, never {spec.restart!r}"
        hint = "leave restart out; for a command that ends, image.run(command)"
        raise UnsupportedError(message, capability="restart", hint=hint)
    if spec.stop_signal is not None:
        message = f"the signal that ends a pod is its image's, and cannot be set to {spec.stop_signal}"
        hint = f"STOPSIGNAL {spec.stop_signal} in the Dockerfile"
        raise UnsupportedError(message, capability="stop_signal", hint=hint)
