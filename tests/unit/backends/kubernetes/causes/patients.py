"""Pods as an API server describes them, and what the cluster told of them, for tests of what is read from both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cloudkit.backends.kubernetes.causes import Facts, PodFacts, diagnose
from cloudkit.backends.kubernetes.causes.podfacts import pod_facts
from cloudkit.backends.kubernetes.happening import Happening
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.port import Port
from cloudkit.model.reference import Reference

__all__ = ["NOW", "START", "app", "cause_of", "ended", "facts_of", "happening", "pod", "stamp", "waiting"]

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
NOW = START + timedelta(seconds=60)


def app(**changes: Any) -> AppSpec:
    """Return an app with a port."""
    image = Reference.parse("registry.example/web:1@sha256:" + "0" * 64)
    return AppSpec(name="web", image=image, ports=(Port(number=3000),)).replace(**changes)


def stamp(seconds: float = 0) -> str:
    """Return a time so long after the pod was started, as the API server writes it."""
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def waiting(
    reason: str, message: str = "", *, restarts: int = 0, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the status of a container that does not run."""
    state = {"waiting": {"reason": reason, "message": message}}
    last = {"lastState": {"terminated": before}} if before else {}
    return {"name": "app", "ready": False, "restartCount": restarts, "state": state, **last}


def ended(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    """Return how a container ended."""
    times = {"startedAt": stamp(), "finishedAt": stamp(1)}
    return {"exitCode": code, "reason": reason, "message": message, **times}


def pod(*statuses: dict[str, Any], node: str = "node1", name: str = "web-7d9-abcde", **status: Any) -> Pod:
    """Return a pod with the statuses of its containers."""
    described = {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "creationTimestamp": stamp(),
            **status.pop("metadata", {}),
        },
        "spec": {"nodeName": node, **status.pop("spec", {})} if node else status.pop("spec", {}),
        "status": {"phase": "Pending", "startTime": stamp(), "containerStatuses": list(statuses), **status},
    }
    return msgspec.convert(described, Pod)


def happening(reason: str, message: str, *, at: float = 2, count: int = 1, field: str = "") -> Happening:
    """Return something that was told of a pod."""
    about = {"kind": "Pod", "fieldPath": field}
    described = {
        "metadata": {"name": "web.1"},
        "involvedObject": about,
        "reason": reason,
        "message": message,
        "type": "Warning",
        "count": count,
        "firstTimestamp": stamp(),
        "lastTimestamp": stamp(at),
    }
    return msgspec.convert(described, Happening)


def facts_of(one: Pod, *happenings: Happening) -> PodFacts:
    """Return what is known of a pod."""
    return pod_facts(one, happenings, now=NOW, platform="linux/amd64")


def cause_of(one: Pod, *happenings: Happening, spec: AppSpec | None = None, **around: Any) -> Cause:
    """Return what is said of an app of which this is a pod."""
    facts = Facts(namespace="shop", pods=(facts_of(one, *happenings),), **around)
    cause = diagnose(spec or app(), facts)
    assert cause is not None, "no cause was found"
    return cause
