"""The object that makes an app's pods, which is the record of what is wanted: what every kind of it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudkit.backends.kubernetes.labels import GENERATION, REVISION, SPEC
from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels, selector
from cloudkit.backends.kubernetes.owners import owner_kind
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import canonical, encode
from cloudkit.model.kinds import ENDING

__all__ = ["HISTORY", "record"]

HISTORY = 10  # revisions that can come back


def record(
    spec: AppSpec, *, namespace: str, revision: int, generation: int, content: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the record of a spec; its controller copies the annotations to the revision that it keeps.

    Args:
        spec: What is wanted.
        namespace: The Kubernetes namespace.
        revision: The revision of what runs.
        generation: The generation of the spec.
        content: What besides belongs to an object of this kind.
    """
    annotations = {SPEC: canonical(encode(spec)), GENERATION: str(generation), REVISION: str(revision)}
    metadata = {
        "name": spec.name,
        "namespace": namespace,
        "labels": own_labels(spec),
        "annotations": annotations,
    }
    if spec.kind in ENDING:
        return heading("batch/v1", owner_kind(spec), metadata) | {"spec": dict(content)}
    shared = {"selector": {"matchLabels": selector(spec.name)}, "revisionHistoryLimit": HISTORY}
    return heading("apps/v1", owner_kind(spec), metadata) | {"spec": {**shared, **content}}
