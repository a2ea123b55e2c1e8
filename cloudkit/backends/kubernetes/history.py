"""The past revisions of work that ends, which no controller keeps: a ConfigMap of each, as its annotations say it.

The present revision is kept once it is wanted; so that one whose writer was interrupted before is not lost, whoever
takes its place keeps it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudkit.backends.kubernetes.labels import GENERATION, PULL, REVISION, SPEC
from cloudkit.backends.kubernetes.manifests import kept_keys
from cloudkit.backends.kubernetes.manifests.heading import heading
from cloudkit.backends.kubernetes.manifests.record import HISTORY
from cloudkit.backends.kubernetes.objects import KeptRevision, Metadata, PodTemplate, WorkloadSpec
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["History", "kept_revision", "revision_object"]

_KEPT = (SPEC, GENERATION, REVISION)


def kept_revision(app: str, metadata: Metadata) -> KeptRevision | None:
    """Return the revision that a ConfigMap keeps, in the form that all have; None for another ConfigMap."""
    if re.fullmatch(re.escape(f"{app}-revision-") + "[0-9]+", metadata.name) is None:
        return None
    template = PodTemplate(metadata=Metadata(annotations=metadata.annotations))
    return KeptRevision(metadata=metadata, kind="ConfigMap", spec=WorkloadSpec(replicas=0, template=template))


def revision_object(record: dict[str, Any]) -> dict[str, Any]:
    """Return the ConfigMap that keeps the revision which a CronJob, as the API server has it, makes runs of."""
    of, pods = record["metadata"], record["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["annotations"]
    annotations = {name: of["annotations"][name] for name in _KEPT}
    annotations |= {PULL: pods[PULL]} if PULL in pods else {}
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": of["name"], "uid": of["uid"], "controller": True}
    metadata = {
        "name": f"{of['name']}-revision-{annotations[REVISION]}",
        "namespace": of["namespace"],
        "labels": of["labels"],
        "annotations": annotations,
        "ownerReferences": [owner],
    }
    return heading("v1", "ConfigMap", metadata) | {"immutable": True}


@dataclass(frozen=True, slots=True)
class History:
    """Keeps the revisions of one app.

    Args:
        client: A connection to the API server.
        app: The app.
    """

    client: Client
    app: str

    def keep(self) -> None:
        """Keep the revision that is wanted now; one that is kept already stays as it is."""
        with suppress(NotFoundError):
            record = self.client.raw(object_path("cronjobs", self.client.namespace, self.app))
            self._create(revision_object(record))

    def prune(self, kept: Iterable[int]) -> None:
        """Forget all but the newest revisions, with what they read."""
        for number in sorted(kept)[:-HISTORY]:
            for resource, name in (("configmaps", f"{self.app}-revision-{number}"), *kept_keys(self.app, number)):
                self.client.delete(object_path(resource, self.client.namespace, name))

    def _create(self, body: dict[str, Any]) -> None:
        try:
            self.client.create(object_path("configmaps", self.client.namespace), body)
        except ConflictError as error:
            refusal = refusal_of(error)
            if refusal is None or refusal.reason != "AlreadyExists":
                raise
