"""Manifests of Kubernetes as declarations: whatever makes pods is an app; what is not used is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudkit.declared.declaration import Declaration, Declared
from cloudkit.declared.fields import Fields
from cloudkit.declared.kubernetes.around import Surroundings
from cloudkit.declared.kubernetes.pod import Pod
from cloudkit.errors import ConfigError
from cloudkit.model.convert import integer
from cloudkit.model.names import OWN_PREFIXES

__all__ = ["read_manifests"]

NETWORK = "network.cloudkit/"
LONGEST_DEADLINE = 86_400  # seconds that an app's own may take
KINDS = {"Deployment": None, "StatefulSet": "stateful", "DaemonSet": "daemon", "Job": "job", "CronJob": "cron"}


def read_manifests(objects: Sequence[Mapping[str, Any]]) -> Declaration:
    """Return what manifests declare.

    Args:
        objects: The objects; a ``List`` is those that it holds.

    Raises:
        ConfigError: A field is wrong, or nothing makes pods.
    """
    whole = [each for one in objects for each in (one.get("items", ()) if one.get("kind") == "List" else [one])]
    found = [Fields(one, _called(one)) for one in whole]
    around = Surroundings([one for one in found if one.take("kind") not in KINDS])
    apps = tuple(_app(one, around) for one in found if one.take("kind") in KINDS)
    if not apps:
        raise ConfigError("nothing in the manifests makes pods", hint=f"one of {', '.join(KINDS)}")
    for one in found:
        if one.take("apiVersion") is not None and "metadata" in one:
            _settle(one.part("metadata"))
    unused = [place for one in found for place in one.unused()]
    return Declaration(apps=apps, notes=(*around.notes, *unused))


def _called(one: Mapping[str, Any]) -> str:
    metadata = one.get("metadata")
    return f"{one.get('kind')} {metadata.get('name') if isinstance(metadata, Mapping) else ''}".strip()


def _settle(metadata: Fields) -> None:
    """Count what says whose an object is, and what the API server itself has written."""
    for name in ("name", "namespace", "labels", "creationTimestamp", "uid", "resourceVersion", "generation"):
        metadata.take(name)


def _app(whole: Fields, around: Surroundings) -> Declared:
    kind, name = str(whole.take("kind")), whole.part("metadata").text("name") or ""
    spec = whole.part("spec")
    whole.take("status")
    run = spec.part("jobTemplate").part("spec") if kind == "CronJob" else spec
    template = run.part("template")
    labels = {str(key): str(value) for key, value in template.part("metadata").mapping("labels").items()}
    pod = Pod(template.part("spec"), around, _claims(spec))
    options = {
        "kind": KINDS[kind] or _reached(pod, labels, around),
        **pod.options(),
        **around.reached(name, labels, pod.ports),
        **_own(kind, spec, run),
        "labels": _labels(labels),
        "networks": _networks(labels),
    }
    if "autoscale" in options:
        options.pop("replicas", None)
    image = pod.image
    kept = {key: value for key, value in options.items() if value not in (None, {}, [], ())}
    return Declared(name, image, kept)


def _reached(pod: Pod, labels: Mapping[str, str], around: Surroundings) -> str | None:
    """Return the kind of a Deployment: one that listens on no port and has no Service is a worker."""
    return None if pod.ports or around.services(labels) else "worker"


def _own(kind: str, spec: Fields, run: Fields) -> dict[str, object]:
    """Return what the object that makes the pods says besides them."""
    spec.take("selector")
    if spec.take("revisionHistoryLimit") not in (None, 10):
        spec.leave("revisionHistoryLimit")
    if kind in ("Job", "CronJob"):
        return {**_job(run), **(_schedule(spec) if kind == "CronJob" else {})}
    deadline = spec.take("progressDeadlineSeconds")
    found: dict[str, object] = {"replicas": spec.take("replicas")}
    found |= {} if deadline is None else {"deadline": min(int(deadline), LONGEST_DEADLINE)}
    if kind == "StatefulSet":
        for name in ("serviceName", "podManagementPolicy", "updateStrategy", "persistentVolumeClaimRetentionPolicy"):
            spec.take(name)
        return found
    strategy = spec.part("strategy" if kind == "Deployment" else "updateStrategy")
    if strategy.take("type") == "Recreate":
        return found | {"max_surge": 0, "max_unavailable": found["replicas"] or 1}
    rolling = strategy.part("rollingUpdate")
    for ours, theirs in (("max_surge", "maxSurge"), ("max_unavailable", "maxUnavailable")):
        value = rolling.take(theirs)
        found |= {ours: value} if isinstance(value, int) else {}
        if value is not None and not isinstance(value, int):
            rolling.leave(theirs)
    return found


def _job(run: Fields) -> dict[str, object]:
    limit = run.take("activeDeadlineSeconds")
    names = {"completions": "completions", "parallelism": "parallelism", "retries": "backoffLimit"}
    counted: dict[str, object] = {ours: run.take(theirs) for ours, theirs in names.items()}
    return counted | {"time_limit": None if limit is None else integer("activeDeadlineSeconds", limit)}


def _schedule(spec: Fields) -> dict[str, object]:
    for name in ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        spec.take(name)
    spec.part("jobTemplate").part("metadata").take("labels")
    policy = spec.text("concurrencyPolicy") or "Allow"
    return {
        "schedule": spec.text("schedule"),
        "timezone": spec.text("timeZone"),
        "concurrency": policy.lower(),
        "suspended": spec.take("suspend") or None,
    }


def _claims(spec: Fields) -> dict[str, Fields]:
    """Return what the claims of each replica are made from, by name."""
    found = {}
    for one in spec.parts("volumeClaimTemplates"):
        one.take("apiVersion"), one.take("kind")
        metadata = one.part("metadata")
        _settle(metadata)
        found[str(metadata.take("name"))] = one
    return found


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    own = (*OWN_PREFIXES, NETWORK.rstrip("/"))
    return {key: value for key, value in labels.items() if key.rpartition("/")[0] not in own}


def _networks(labels: Mapping[str, str]) -> list[str]:
    names = [key.removeprefix(NETWORK) for key in labels if key.startswith(NETWORK)]
    return [] if names == ["default"] else names
