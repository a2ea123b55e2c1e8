"""What a configuration is read from: when none of it has changed, it leads where it led before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from cloudkit.config.cluster import ACCOUNT, kubeconfig_files
from cloudkit.config.endpoint import default_sockets
from cloudkit.config.engine import docker_folder
from cloudkit.config.file import SETTINGS, project_files, user_file
from cloudkit.config.settings import Config

__all__ = ["VARIABLES", "consulted"]

_SECRET = {"journal"}  # may hold a password, and leads to no other apps
VARIABLES = (
    *(f"CLOUDKIT_{name.upper()}" for name in ("config", *SETTINGS) if name not in _SECRET),
    *("DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"),
    *("HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "SUDO_UID"),
    *("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"),
)
"""The environment's variables that decide where a cloud is."""


def consulted(config: Config, folder: Path, environ: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the files and sockets that decide where a cloud is, also those that are not there now.

    >>> Path("/project/cloudkit.toml") in consulted(Config(), Path("/project"), {"HOME": "/root"})
    True
    """
    environ = os.environ if environ is None else environ
    docker = docker_folder(environ)
    contexts = {config.endpoint.context if config.endpoint else None, environ.get("DOCKER_CONTEXT")} - {None, ""}
    identities = sorted(sha256(str(name).encode()).hexdigest() for name in contexts)
    return (
        *project_files(folder, environ),
        user_file(environ),
        docker / "config.json",
        *(docker / "contexts" / "meta" / identity / "meta.json" for identity in identities),
        *kubeconfig_files(environ),
        ACCOUNT / "token",
        ACCOUNT / "namespace",
        *map(Path, default_sockets(environ)),
    )
