"""Who keeps an object, as it says itself.

Source: https://helm.sh/docs/topics/charts_hooks/, https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
"""

from __future__ import annotations

from cloudkit.backends.kubernetes.labels import MANAGED_BY
from cloudkit.backends.kubernetes.objects import Metadata, Owner

__all__ = ["controller_of", "owner_of"]

_HELM = "meta.helm.sh/release-name"
_ARGO = "argocd.argoproj.io/tracking-id"
_FLUX = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")


def controller_of(metadata: Metadata) -> Owner | None:
    """Return the object that has made this one and makes it again; None where nobody does."""
    return next((one for one in metadata.owner_references if one.controller), None)


def owner_of(metadata: Metadata) -> str:
    """Return in words who keeps an object: its controller first, then what keeps its manifest.

    >>> owner_of(Metadata(annotations={"meta.helm.sh/release-name": "shop"}))
    'helm release shop'
    """
    controller = controller_of(metadata)
    if controller is not None:
        return f"{controller.kind} {controller.name}"
    if _ARGO in metadata.annotations:
        return f"argo application {metadata.annotations[_ARGO].partition(':')[0]}"
    flux = next((metadata.labels[label] for label in _FLUX if label in metadata.labels), "")
    if flux:
        return f"flux {flux}"
    if _HELM in metadata.annotations:
        return f"helm release {metadata.annotations[_HELM]}"
    return metadata.labels.get(MANAGED_BY, "")
