"""Write a kubeconfig, and connect by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.connect import connect
from cloudkit.config import Config

__all__ = ["client_of", "config_of", "kubeconfig"]


def kubeconfig(
    folder: Path,
    server: str,
    *,
    name: str = "here",
    user: dict[str, Any] | None = None,
    cluster: dict[str, Any] | None = None,
    namespace: str = "",
    current: bool = True,
) -> Path:
    """Write a kubeconfig with one context; JSON is YAML."""
    context = {"cluster": name, "user": name} | ({"namespace": namespace} if namespace else {})
    content: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server} | (cluster or {})}],
        "users": [{"name": name, "user": {"token": "s3cret"} if user is None else user}],
        "contexts": [{"name": name, "context": context}],
    }
    content |= {"current-context": name} if current else {}
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(content))
    return file


def config_of(*files: Path, context: str | None = None, **environ: str) -> Config:
    """Resolve the configuration by those files alone."""
    folder = files[0].parent
    environ = {"HOME": str(folder), "KUBECONFIG": ":".join(map(str, files)), "CLOUDKIT_CONFIG": ""} | environ
    return Config.resolve("kubernetes", context=context, folder=folder, environ=environ)


def client_of(*files: Path, context: str | None = None) -> Client:
    """Connect to the cluster that those files name."""
    return connect(config_of(*files, context=context))
