"""Put a broken app on a cluster, and ask until a cause is found."""

from __future__ import annotations

import copy
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cloudkit.backends.kubernetes.causes import find_cause
from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.labels import CONTAINER, REVISION, Component, identity
from cloudkit.backends.kubernetes.objects import Node, Service
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import CloudkitError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe
from cloudkit.model.quantity import quantity
from cloudkit.model.reference import Reference

__all__ = ["Diagnosis", "Ward", "namespaced", "until"]

PROBES = {"startup": "startupProbe", "readiness": "readinessProbe", "liveness": "livenessProbe"}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was said of an app, and when.

    Args:
        cause: The last cause that was found.
        first: Seconds until any was.
        seconds: Seconds until this one was.
    """

    cause: Cause | None
    first: float
    seconds: float


@dataclass(slots=True)
class Ward:
    """Where broken apps are put.

    Args:
        client: The API server, and a namespace of the test's own.
        image: An image with a shell, ``cat`` and Python that the nodes can pull.
    """

    client: Client
    image: str
    diagnoses: list[Diagnosis] = field(default_factory=list)

    def app(self, *command: str, image: str = "", port: int = 0, **options: Any) -> AppSpec:
        """Return an app that runs a command."""
        ports = (Port(number=port),) if port else ()
        reference = Reference.parse(image or self.image)
        return AppSpec(name="web", image=reference, command=command or None, ports=ports, **options)

    def admit(self, spec: AppSpec, *, container: Any = None, pod: Any = None, deployment: Any = None) -> None:
        """Make an app's Deployment.

        Args:
            spec: What it is made from.
            container: Fields of the container that are put over it.
            pod: Fields of the pod, likewise.
            deployment: Fields of the Deployment's spec, likewise.
        """
        body = over(manifest(spec), {"spec": deployment or {}})
        template = body["spec"]["template"]["spec"]
        template["containers"] = [over(template["containers"][0], container or {})]
        body["spec"]["template"]["spec"] = over(template, pod or {})
        self.client.create(object_path("deployments", self.client.namespace), body)

    def diagnose(
        self, spec: AppSpec, *, within: float = 60, certain: bool = True, code: CauseCode | None = None, **fields: Any
    ) -> Cause:
        """Put an app there and return its cause once one is found: a certain one, or any.

        Args:
            spec: The app.
            within: Seconds at the most.
            certain: True waits for a certain one.
            code: Waits for this one; None is content with any.
            fields: As `admit` has them.
        """
        started = time.monotonic()
        self.admit(spec, **fields)
        found, first = None, 0.0
        while time.monotonic() - started < within:
            cause = self.cause(spec)
            if cause is not None and (found is None or found.code is not cause.code):
                first = first or time.monotonic() - started
            found = cause or found
            if cause is not None and (cause.certain or not certain) and code in {None, cause.code}:
                break
            time.sleep(0.2)
        self.diagnoses.append(Diagnosis(found, first, time.monotonic() - started))
        assert found is not None, "no cause was found"
        return found

    def cause(self, spec: AppSpec) -> Cause | None:
        """Ask once."""
        return find_cause(self.client, spec, 1)

    def make(self, resource: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make an object in the namespace."""
        return self.client.create(object_path(resource, self.client.namespace), body)

    def largest(self, resource: str) -> Decimal:
        """Return how much of a resource the largest node has."""
        nodes = self.client.list(object_path("nodes"), Node).items
        return max(quantity(resource, one.status.allocatable.get(resource, "0")) for one in nodes)

    def refuses_pods(self) -> bool:
        """True when the namespace takes no pod any more."""
        body = {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "app", "image": self.image}]}}
        try:
            self.client.create(object_path("pods", self.client.namespace), body, dry_run=True)
        except CloudkitError:
            return True
        return False


@contextmanager
def namespaced(client: Client) -> Iterator[Client]:
    """Yield the same client with a Kubernetes namespace of its own, for a while."""
    name = f"t-causes-{secrets.token_hex(4)}"
    client.create(object_path("namespaces"), {"metadata": {"name": name}})
    until(lambda: client.find(object_path("serviceaccounts", name, "default"), Service))
    own = copy.copy(client)
    own.namespace = name
    try:
        yield own
    finally:
        client.delete(object_path("namespaces", name=name))


def manifest(spec: AppSpec) -> dict[str, Any]:
    """Return a spec as the smallest Deployment that carries it."""
    labels = identity(Component.REPLICA, spec.name)
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": str(spec.image),
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": port.number} for port in spec.ports],
    }
    if spec.command is not None:
        container["command"] = list(spec.command)
    bounds = {name: value for name in ("cpu", "memory") if (value := getattr(spec.resources, name))}
    container["resources"] = {"limits": bounds, "requests": bounds} if bounds else {}
    for name, key in PROBES.items():
        probe = getattr(spec, name)
        if probe is not None:
            container[key] = probe_of(probe, spec)
    if spec.ports and spec.readiness is None:
        container["readinessProbe"] = {"tcpSocket": {"port": spec.ports[0].number}, "periodSeconds": 1}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": spec.name, "labels": labels},
        "spec": {
            "replicas": spec.replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {REVISION: "1"}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
            },
        },
    }


def probe_of(probe: Probe, spec: AppSpec) -> dict[str, Any]:
    """Return a probe as Kubernetes has it."""
    if isinstance(probe, ExecProbe):
        how: dict[str, Any] = {"exec": {"command": list(probe.command)}}
    else:
        port = probe.port or spec.ports[0].number
        path = {"path": probe.path} if isinstance(probe, HttpProbe) else {}
        how = {"httpGet" if path else "tcpSocket": {"port": port, **path}}
    return {**how, "periodSeconds": max(1, round(probe.period)), "failureThreshold": probe.failure_threshold}


def over(body: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """Return an object with fields put over its own, folder by folder."""
    merged = copy.deepcopy(body)
    for name, value in fields.items():
        merged[name] = over(merged.get(name, {}), value) if isinstance(value, dict) else value
    return merged


def until(seen: Callable[[], Any], *, seconds: float = 60) -> Any:
    """Return what ``seen`` returns once that is true."""
    ends = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < ends, "it did not come to that in time"
        time.sleep(0.2)
    return found
