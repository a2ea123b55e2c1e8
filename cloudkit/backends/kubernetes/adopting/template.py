"""What pods are made from, as an app's spec: each field is carried, has no meaning of its own, or is named as lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cloudkit.backends.adopting.fields import Fields
from cloudkit.backends.kubernetes.adopting.asking import probe_of
from cloudkit.backends.kubernetes.adopting.environment import plain_words, variables_of
from cloudkit.backends.kubernetes.adopting.limits import resources_of, rights_of
from cloudkit.backends.kubernetes.adopting.mounting import mounted
from cloudkit.backends.kubernetes.adopting.sources import Sources
from cloudkit.backends.kubernetes.manifests.pod import LEAVING
from cloudkit.errors import UnsupportedError, UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount
from cloudkit.model.names import OWN_PREFIXES
from cloudkit.model.placement import Placement, Toleration
from cloudkit.model.port import Port
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.rollout import Rollout

__all__ = ["Said", "Template", "said"]

CONTROLLERS_OWN = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Labels that a controller gives the pods that it makes."""
_TOLERATED = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})  # by each pod, for a while
_USUAL_GRACE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What is known of a workload beside its pods' template.

    Args:
        name: The app's name.
        kind: The kind of work, ``service`` where the pods say no more.
        replicas: How many there are to be.
        rollout: How they are replaced.
        digests: What its pods run, as their nodes say it.
        ports: The ports that Services find by number though no container names them.
        own: What the volumes of each stateful replica are made as, by name.
        sources: What its variables and files come from.
    """

    name: str
    kind: Literal["service", "daemon", "stateful"]
    replicas: int
    rollout: Rollout = field(default_factory=Rollout)
    digests: Collection[str] = ()
    ports: Collection[int] = ()
    own: Mapping[str, Mount] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A workload in the words of a spec.

    Args:
        spec: The spec.
        container: What the container is called in the pods that are there.
        names: What ports are called there, by number; empty for no name.
        lost: The fields that no spec can say.
    """

    spec: AppSpec
    container: str
    names: Mapping[int, str]
    lost: tuple[str, ...]


def said(template: Mapping[str, Any], known: Template) -> Said:
    """Return what pods are made from in the words of a spec.

    Args:
        template: A pod's ``metadata`` and ``spec``.
        known: What is known besides.

    Raises:
        UnsupportedError: No spec says anything like it.
    """
    lost: list[str] = []
    metadata, pod = (Fields(template.get(part), part, lost) for part in ("metadata", "spec"))
    container = _only(known.name, pod)
    called = str(container.take("name"))
    names = _ports(container, known)
    numbers = {name: number for number, name in names.items() if name}
    fields = {
        "labels": _labels(metadata),
        "image": _image(container.take("image"), known.digests),
        "entrypoint": plain_words(container, "command"),
        "command": plain_words(container, "args"),
        "workdir": container.take("workingDir"),
        "env": variables_of(container, known.sources),
        **{name: probe_of(container, f"{name}Probe", numbers) for name in ("startup", "readiness", "liveness")},
        **rights_of(pod, container),
        **_mounts(pod, container, known),
        **_process(pod, listens=bool(names)),
    }
    fields["resources"], devices = resources_of(container)
    fields["placement"] = _placement(pod, devices)
    _close(metadata, pod, container)
    kind = known.kind if names or known.kind != "service" else "worker"
    ports = tuple(Port(number=number) for number in names)
    spec = _spec(known, kind=kind, ports=ports, replicas=known.replicas, rollout=known.rollout, **fields)
    return Said(spec=spec, container=called, names=names, lost=tuple(lost))


def _spec(known: Template, **fields: Any) -> AppSpec:
    try:
        return AppSpec(name=known.name, **fields)
    except UsageError as error:
        message = f"what runs cannot be said of an app: {error.summary}"
        raise UnsupportedError(message, capability="adopt", hint=f"deploy {known.name} beside it") from error


def _only(name: str, pod: Fields) -> Fields:
    """Return the one container; with several nobody knows which of them is the app."""
    containers = list(pod.parts("containers"))
    before = list(pod.parts("initContainers"))
    if len(containers) == 1 and not before:
        return containers[0]
    names = ", ".join(str(one.take("name")) for one in (*before, *containers))
    message = f"an app is one container, and the pods of {name!r} have {len(containers) + len(before)}: {names}"
    raise UnsupportedError(message, capability="adopt", hint="deploy each of them as an app of its own")


def _image(text: str, digests: Collection[str]) -> Reference:
    """Return the image, pinned to what all pods run where that is one thing."""
    image, pins = Reference.parse(text), {one.rpartition("@")[2] for one in digests if "@" in one}
    return image.pinned(Digest.parse(*pins)) if image.digest is None and len(pins) == 1 else image


def _labels(metadata: Fields) -> dict[str, str]:
    """Return the labels that Services find the pods by; annotations of pods are no part of a spec."""
    labels: Mapping[str, str] = metadata.take("labels") or {}
    annotations = metadata.part("annotations")
    annotations.ignore(*(one for one in annotations.names if "kubectl.kubernetes.io/" in one or "cloudkit/" in one))
    annotations.close()
    metadata.ignore(*metadata.names)  # a pod's own name and history
    own = {key for key in labels if key.rpartition("/")[0] in OWN_PREFIXES}
    return {key: value for key, value in labels.items() if key not in own | CONTROLLERS_OWN}


def _ports(container: Fields, known: Template) -> dict[int, str]:
    """Return what ports are called, by number: those that the container names, and those that Services find."""
    names = dict[int, str]()
    for part in container.parts("ports"):
        number, protocol = part.take("containerPort"), part.take("protocol") or "TCP"
        if protocol == "TCP":
            names[number] = part.take("name") or ""
        else:
            part.lose("protocol", f"{number} is {protocol}")
        part.ignore("name")
        part.close()
    return names | {number: "" for number in sorted(known.ports) if number not in names}


def _mounts(pod: Fields, container: Fields, known: Template) -> dict[str, Any]:
    found = mounted(pod, container, known.sources, known.own)
    return {"mounts": tuple(found.mounts), "config": found.config, "secrets": found.secrets}


def _process(pod: Fields, *, listens: bool) -> dict[str, Any]:
    """Return how the pod's processes live together and end: an app's pods wait a while before they are told."""
    grace = pod.take("terminationGracePeriodSeconds", _USUAL_GRACE)
    return {
        "init": bool(pod.take("shareProcessNamespace")),
        "stop_grace": float(max(0, grace - (LEAVING if listens else 0))),
    }


def _placement(pod: Fields, devices: Mapping[str, int]) -> Placement:
    nodes = pod.take("nodeSelector") or {}
    given = [one for one in pod.take("tolerations") or () if one.get("key") not in _TOLERATED]
    return Placement(nodes=nodes, tolerations=tuple(map(_toleration, given)), devices=devices)


def _toleration(given: Mapping[str, Any]) -> Toleration:
    return Toleration(
        key=given.get("key", ""),
        value=None if given.get("operator") == "Exists" else given.get("value", ""),
        effect=given.get("effect", ""),
        seconds=given.get("tolerationSeconds"),
    )


def _close(metadata: Fields, pod: Fields, container: Fields) -> None:
    """Let go of what a cluster gives every pod, and name the rest."""
    container.ignore("imagePullPolicy", terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    _forget_sleep(container)
    pod.ignore(
        "automountServiceAccountToken",
        "serviceAccount",
        "enableServiceLinks",
        "nodeName",
        "priority",
        "preemptionPolicy",
    )
    pod.ignore(serviceAccountName="default", schedulerName="default-scheduler")
    pod.ignore(restartPolicy="Always", dnsPolicy="ClusterFirst")
    for part in (container, pod, metadata):
        part.close()


def _forget_sleep(container: Fields) -> None:
    """Let go of a pause before the end, which every app's pods make."""
    lifecycle = container.part("lifecycle")
    if "sleep" in (lifecycle.take("preStop") or {"sleep": {}}):
        lifecycle.close()
    else:
        lifecycle.lose("preStop")
        lifecycle.close()
