"""The objects around an app: how it is reached, what it is given, how it follows its load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cloudkit.declared.fields import Fields
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.port import Port

__all__ = ["Surroundings"]

EVERYWHERE = "0.0.0.0"  # noqa: S104  # where a load balancer publishes
LOOKED_AT = frozenset({"Service", "HorizontalPodAutoscaler", "Ingress"})
MADE = {
    "NetworkPolicy": "an app's networks say who gets in",
    "PodDisruptionBudget": "cloudkit makes one from two replicas on",
}


class Surroundings:
    """All objects of some manifests that make no pods.

    Args:
        objects: The objects.
    """

    def __init__(self, objects: Sequence[Fields]) -> None:
        self.notes = list[str]()
        self.names = dict[str, int]()
        self.config: dict[str, Mapping[str, str]] = {}
        self.claims: dict[str, Fields] = {}
        self._kinds: dict[str, list[Fields]] = {}
        for one in objects:
            kind, name = str(one.take("kind")), one.part("metadata").text("name") or ""
            self._kinds.setdefault(kind, []).append(one)
            if kind == "ConfigMap":
                self.config[name] = {key: str(value) for key, value in one.mapping("data").items()}
                one.take("immutable")
            elif kind == "PersistentVolumeClaim":
                self.claims[name] = one
            elif kind == "Secret":
                self._secret(one)
            elif kind not in LOOKED_AT:
                self.notes.append(f"{one.where}: {MADE.get(kind, 'no part of an app')}")
                one.skip()

    def _secret(self, one: Fields) -> None:
        """Count a Secret as not used, without a look at its values."""
        one.skip()
        self.notes.append(f"{one.where}: its values; give them with --secrets NAME=FILE")

    def services(self, labels: Mapping[str, str]) -> list[Fields]:
        """Return the Services that lead to pods of some labels."""
        return [one for one in self._kinds.get("Service", ()) if _leads(one, labels)]

    def reached(self, name: str, labels: Mapping[str, str], ports: Sequence[int]) -> dict[str, Any]:
        """Return how an app is reached, and how it follows its load."""
        published = {number: port for one in self.services(labels) for number, port in self._published(one)}
        wanted = [published.get(number, Port(number=number)) for number in dict.fromkeys([*ports, *published])]
        services = {name, *(one.part("metadata").text("name") or "" for one in self.services(labels))}
        scales = [scale for one in self._kinds.get("HorizontalPodAutoscaler", ()) for scale in _scales(one, name)]
        hosts = [host for one in self._kinds.get("Ingress", ()) for host in _hosts(one, services)]
        found: dict[str, Any] = {"port": wanted, "host": hosts}
        return found | ({"autoscale": scales[0]} if scales else {})

    def _published(self, service: Fields) -> Iterator[tuple[int, Port]]:
        """Yield the ports that a Service publishes outside the cluster, by their numbers in the pods."""
        spec = service.part("spec")
        kind = spec.text("type") or "ClusterIP"
        spec.take("clusterIP"), spec.take("selector")
        for one in spec.parts("ports"):
            port: int = one.take("port")
            target: int | str | None = one.take("targetPort")
            one.take("name"), one.take("protocol")
            number: int = self.names.get(target, port) if isinstance(target, str) else target or port
            node = one.take("nodePort")
            if kind == "NodePort":
                yield number, Port(number=number, publish=node or 0)
            elif kind == "LoadBalancer":
                yield number, Port(number=number, publish=port, host=EVERYWHERE)
            elif number != port:
                self.notes.append(f"{one.where}.port: apps reach it by the port that it listens on, {number}")


def _leads(service: Fields, labels: Mapping[str, str]) -> bool:
    selector = service.part("spec").mapping("selector")
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _scales(one: Fields, name: str) -> Iterator[Autoscale]:
    spec = one.part("spec")
    target = spec.part("scaleTargetRef")
    if target.take("name") != name:
        return
    target.take("kind"), target.take("apiVersion")
    measures: dict[str, Any] = {}
    for metric in spec.parts("metrics"):
        metric.take("type")
        resource = metric.part("resource")
        wanted, kind = resource.part("target"), resource.text("name")
        wanted.take("type")
        if kind == "cpu" and "averageUtilization" in wanted:
            measures["cpu"] = wanted.take("averageUtilization")
        elif kind == "memory" and "averageValue" in wanted:
            measures["memory"] = wanted.text("averageValue")
    if measures:
        yield Autoscale(min=spec.take("minReplicas") or 1, max=spec.take("maxReplicas"), **measures)


def _hosts(one: Fields, services: set[str]) -> Iterator[str]:
    for rule in one.part("spec").parts("rules"):
        paths = rule.part("http").parts("paths")
        if any(path.part("backend").part("service").text("name") in services for path in paths):
            for path in paths:
                service = path.part("backend").part("service")
                service.take("port"), service.take("name")
                whole = (path.take("path"), path.take("pathType"))
                if whole not in ((None, None), ("/", "Prefix"), ("/", "ImplementationSpecific")):
                    path.leave("path")
            host = rule.text("host")
            if host is not None:
                yield host
