"""Which object of a cluster an app is, by its kind of work, and where its past revisions are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudkit.model.app import AppSpec

__all__ = ["COLLECTIONS", "HISTORIES", "owner_kind", "owner_word"]

_KINDS = {"daemon": "DaemonSet", "stateful": "StatefulSet", "job": "CronJob", "cron": "CronJob"}
COLLECTIONS = {
    "Deployment": "deployments",
    "DaemonSet": "daemonsets",
    "StatefulSet": "statefulsets",
    "CronJob": "cronjobs",
}
"""Where the API server keeps each kind of owner, as `object_path` names it; the first is looked for first."""
HISTORIES = {
    "Deployment": "replicasets",
    "DaemonSet": "controllerrevisions",
    "StatefulSet": "controllerrevisions",
    "CronJob": "configmaps",
}
"""Where past revisions of each kind of owner are kept: by its controller, or by us where it keeps none."""


def owner_kind(spec: AppSpec) -> str:
    """Return the kind of the object that makes an app's pods, and is the record of what is wanted of it.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.reference import Reference
    >>> owner_kind(AppSpec(name="db", image=Reference.parse("db:1"), kind="stateful"))
    'StatefulSet'
    """
    return _KINDS.get(spec.kind, "Deployment")


def owner_word(spec: AppSpec) -> str:
    """Return that kind as plans write it.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.reference import Reference
    >>> owner_word(AppSpec(name="web", image=Reference.parse("web:1")))
    'deployment'
    """
    return owner_kind(spec).lower()
