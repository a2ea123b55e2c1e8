"""The docker command as a client of the same engine: where it is, what it has, and the environment that it needs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cloudkit.config import Config, Endpoint

__all__ = ["DockerCommand", "buildx_program", "docker_command"]

_PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
_REPLACED = re.compile(r"DOCKER_(?:HOST|CONTEXT|TLS|TLS_VERIFY|CERT_PATH|API_VERSION|CONFIG)\Z|BUILDKIT_PROGRESS\Z")
_VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)")
RAWJSON = (0, 13, 0)
"""The buildx that first has machine-readable progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerCommand:
    """The docker command of this machine.

    Args:
        path: The program.
        buildx: The version of its buildx plugin, such as ``0.30.1``; None when it is not there.
        environment: What the command needs to talk to the same engine.
    """

    path: str
    buildx: str | None
    environment: Mapping[str, str]

    @property
    def builds(self) -> bool:
        """True when its buildx has machine-readable progress. A build of buildx from source says 0.0.0."""
        match = _VERSION.match(self.buildx or "")
        numbers = tuple(int(part) for part in match.groups()) if match else None
        return numbers is not None and (numbers >= RAWJSON or numbers == (0, 0, 0))


def docker_command(config: Config) -> DockerCommand | None:
    """Find the docker command and its buildx; None when there is none."""
    path = shutil.which("docker")
    if path is None or config.endpoint is None:
        return None
    environment = _environment(config.endpoint, config.docker_config)
    plugin = _plugin(config.docker_config)
    version = _buildx_version(path, plugin, plugin.stat().st_mtime_ns, str(config.docker_config)) if plugin else None
    return DockerCommand(path=path, buildx=version, environment=environment)


def buildx_program(docker_config: Path) -> str | None:
    """Return buildx as a program of its own, which needs neither the docker command nor an engine."""
    plugin = _plugin(docker_config)
    return str(plugin) if plugin else shutil.which("docker-buildx") or shutil.which("buildx")


def _environment(endpoint: Endpoint, docker_config: Path) -> dict[str, str]:
    """Return this process's environment, pointed at one engine."""
    environment = {name: value for name, value in os.environ.items() if not _REPLACED.match(name)}
    environment |= {"DOCKER_CONFIG": str(docker_config), "BUILDX_METADATA_PROVENANCE": "disabled"}
    if endpoint.context:
        return environment | {"DOCKER_CONTEXT": endpoint.context}
    environment["DOCKER_HOST"] = endpoint.host
    if endpoint.tls:
        environment["DOCKER_TLS_VERIFY" if endpoint.tls.verify else "DOCKER_TLS"] = "1"
        known = next((file for file in (endpoint.tls.ca, endpoint.tls.cert) if file), None)
        environment |= {"DOCKER_CERT_PATH": str(known.parent)} if known else {}
    return environment


def _plugin(docker_config: Path) -> Path | None:
    """Return the plugin's file, looked for where the docker command looks."""
    folders = [*_extra_folders(docker_config), str(docker_config / "cli-plugins"), *_PLUGIN_FOLDERS]
    return next((file for folder in folders if os.access(file := Path(folder) / "docker-buildx", os.X_OK)), None)


def _extra_folders(docker_config: Path) -> list[str]:
    try:
        settings = json.loads((docker_config / "config.json").read_bytes())
        return [str(folder) for folder in settings.get("cliPluginsExtraDirs") or ()]
    except (OSError, ValueError, AttributeError):
        return []


@lru_cache(maxsize=8)
def _buildx_version(docker: str, _plugin: Path, _changed: int, docker_config: str) -> str | None:
    """Ask the plugin for its version once, and again when its file has changed; None when it does not run."""
    command = [docker, "buildx", "version"]
    environment = os.environ | {"DOCKER_CONFIG": docker_config}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(done.stdout)
    return ".".join(match.groups()) if done.returncode == 0 and match else None
