"""Declarations as manifests that kubectl applies: those of the backend, without what makes them its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudkit.declared.declaration import Declaration
from cloudkit.declared.kubernetes.losses import losses
from cloudkit.declared.secrets import secret
from cloudkit.declared.yamltext import dumped
from cloudkit.errors import ConfigError, UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.secret import Secret

__all__ = ["MANAGER", "manifests_text"]

MANAGER = "kubectl"
OWN = "cloudkit/"


def manifests_text(declaration: Declaration) -> tuple[str, list[str]]:
    """Return manifests, and what they do not say.

    Raises:
        ConfigError: What makes them is not installed.
    """
    lost, objects = list[str](), list[Mapping[str, Any]]()
    for spec in declaration.specs.values():
        try:
            objects += _objects(spec)
        except UnsupportedError as error:
            lost.append(f"{spec.name}: left out, as {error.summary}")
            continue
        lost += [f"{spec.name}: {loss}" for loss in losses(spec)]
    return dumped(*objects), lost


def _objects(spec: AppSpec) -> list[dict[str, Any]]:
    try:
        from cloudkit.backends.kubernetes.manifests import manifests
    except ModuleNotFoundError as error:
        message = f"manifests of Kubernetes need what is not installed: {error.name}"
        raise ConfigError(message, hint="pip install 'cloudkit-sdk[kubernetes]'") from None
    made = manifests(_hidden(spec), namespace="", revision=1, generation=1)
    return [_freed(_started(one)) for one in made]


def _hidden(spec: AppSpec) -> AppSpec:
    """Return a spec whose secrets have no values."""
    env = {key: secret(key) if isinstance(value, Secret) else value for key, value in spec.env.items()}
    return spec.replace(env=env, secrets={path: secret(path) for path in spec.secrets})


def _started(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a job that begins, for the schedule without a time that the backend keeps it as."""
    if manifest["kind"] != "CronJob" or "startingDeadlineSeconds" in manifest["spec"]:
        return manifest
    run = manifest["spec"]["jobTemplate"]["spec"]
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": manifest["metadata"], "spec": run}


def _freed(data: Any) -> Any:  # noqa: ANN401  # plain data
    """Return an object that is no app of cloudkit: without its annotations, labelled as somebody else's."""
    if isinstance(data, list | tuple):
        return [_freed(item) for item in data]
    if not isinstance(data, Mapping):
        return data
    found: dict[str, Any] = {}
    for key, item in data.items():
        if key == "app.kubernetes.io/managed-by":
            found[key] = MANAGER
        elif key == "app.kubernetes.io/part-of":
            continue
        elif not key.startswith(OWN) and not (key == "namespace" and item == ""):
            found[key] = _freed(item)
        if key in {"annotations", "metadata"} and not found.get(key):
            found.pop(key, None)
    return found
