"""Have a BuildKit stand in the cluster: the one that is there, or a new one, with the cause when it does not."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.buildkit.manifest import (
    BUILDER,
    DEFAULT_IMAGE,
    USER,
    builder_deployment,
    revision_of,
)
from cloudkit.backends.kubernetes.buildkit.refused import not_standing
from cloudkit.backends.kubernetes.causes import find_cause
from cloudkit.backends.kubernetes.images import at_registry, registry_name
from cloudkit.backends.kubernetes.labels import COMPONENT, Component, app_selector, identity
from cloudkit.backends.kubernetes.login import key_of_registry, login
from cloudkit.backends.kubernetes.manifests.pulling import pull_name, pull_object
from cloudkit.backends.kubernetes.objects import Pod, Workload
from cloudkit.backends.kubernetes.operations.forward import is_ready
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import CloudkitError, ConflictError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.reference import Reference

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.config.builder import Builder

__all__ = ["Standing", "builder_there", "pods_there"]

LOOK = 0.3
"""Seconds between two looks at it."""
CONSIDERED = 1.5
"""Seconds between two looks at why it is not ready."""
PATIENCE = 60.0
"""Seconds that what keeps it from being ready may last, where it may pass."""
LATEST = 300.0
"""Seconds until it is given up, when nothing says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The BuildKit of one Kubernetes namespace.

    Args:
        client: A connection to the API server.
        builder: What is configured of it.
        registry: The cloud's registry, which may have its image; empty for none.
        listener: Hears of its making.
    """

    client: Client
    builder: Builder
    registry: str
    listener: Listener

    def pod(self) -> str:
        """Return the pod that builds; one that is ready is taken, unless the configuration names another image.

        Raises:
            CloudkitError: It does not become ready, and why.
            ConflictError: A Deployment of its name is somebody else's.
        """
        named = self.builder.image
        ready = next((one for one in pods_there(self.client) if _builds(one, named)), None)
        if ready is not None:
            return ready.metadata.name
        image = self._image()
        self._make(image)
        return self._awaited(image)

    def _image(self) -> str:
        """Return what runs: what is configured, or else cloudkit's choice, from the cloud's registry if that has it."""
        if self.builder.image or not self.registry:
            return self.builder.image or DEFAULT_IMAGE
        own = registry_name(self.registry, Reference.parse(DEFAULT_IMAGE))
        try:
            return str(at_registry(own).reference)
        except CloudkitError:
            return DEFAULT_IMAGE

    def _make(self, image: str) -> None:
        there = builder_there(self.client)
        if there is not None and there.metadata.labels.get(COMPONENT) != Component.BUILDER:
            message = f"cannot run a BuildKit in the cluster: the Deployment {BUILDER!r} is somebody else's"
            raise ConflictError(message, hint=f"kubectl get deployment {BUILDER} -n {self.client.namespace}")
        self._tell(f"starting {image.partition('@')[0]} in namespace {self.client.namespace}")
        domain = Reference.parse(image).domain
        entry = login(domain).entry
        space = self.client.namespace
        if entry is not None:
            labels = identity(Component.BUILDER, BUILDER)
            sealed = pull_object(BUILDER, {key_of_registry(domain): entry}, namespace=space, labels=labels)
            self.client.apply(object_path("secrets", space, pull_name(BUILDER)), sealed)
        wanted = builder_deployment(image, namespace=space, registry=domain if entry else "")
        self.client.apply(object_path("deployments", space, BUILDER), wanted)

    def _awaited(self, image: str) -> str:
        begun = considered = time.monotonic()
        suspected: CauseCode | None = None
        while True:
            pod = next((one for one in pods_there(self.client) if _builds(one, image)), None)
            if pod is not None:
                self._tell(f"{pod.metadata.name} is ready", done=True)
                return pod.metadata.name
            now = time.monotonic()
            if now - considered >= CONSIDERED:
                considered, cause = now, self._cause(image)
                late = now - begun >= (PATIENCE if cause else LATEST)
                if late or (cause is not None and cause.certain):
                    raise not_standing(self.client.namespace, image, cause)
                if cause is not None and cause.code is not suspected:
                    suspected = cause.code
                    self._tell(cause.summary)
            time.sleep(LOOK)

    def _cause(self, image: str) -> Cause | None:
        spec = AppSpec(name=BUILDER, image=Reference.parse(image), user=str(USER))
        return find_cause(self.client, spec, revision_of(image), component=Component.BUILDER)

    def _tell(self, message: str, *, done: bool = False) -> None:
        self.listener(Progress(phase=Phase.BUILD, item="builder", message=message, done=done))


def builder_there(client: Client) -> Workload | None:
    """Return the Deployment that has the builder's name, whoever made it; None when there is none."""
    return client.find(object_path("deployments", client.namespace, BUILDER), Workload)


def pods_there(client: Client) -> tuple[Pod, ...]:
    """Return the builder's pods."""
    path = object_path("pods", client.namespace)
    return client.list(path, Pod, labels=app_selector(BUILDER, Component.BUILDER)).items


def _builds(pod: Pod, image: str) -> bool:
    """Tell whether a pod takes builds, and is of that image; any where empty."""
    return is_ready(pod) and (not image or any(one.image == image for one in pod.spec.containers))
