"""Credential plugins: commands that a kubeconfig names, and that print a token or a certificate.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudkit.config.cluster import Cluster
from cloudkit.errors import AccessError, CloudkitError, ConfigError

if TYPE_CHECKING:
    from kubernetes.config.kube_config import ConfigNode

__all__ = ["Given", "run_plugin"]

SKEW = 10.0
"""Seconds before their end that credentials count as ended."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a plugin printed.

    Args:
        fields: As a user's entry in a kubeconfig would have it.
        expires: When it ends, in seconds since the epoch; None when it did not say.
    """

    fields: Mapping[str, str]
    expires: float | None


def run_plugin(settings: ConfigNode, cluster: Cluster, place: ConfigNode) -> Given:
    """Run a plugin and return what it gives.

    Args:
        settings: The user's entry ``exec``.
        cluster: Whose credentials they are.
        place: The cluster's entry, which a plugin may want to see.

    Raises:
        ConfigError: The plugin is not there, or its entry is wrong.
        AccessError: It failed, or gave nothing.
    """
    from kubernetes.config import ConfigException
    from kubernetes.config.exec_provider import ExecProvider

    entry: Any = settings
    command = str(entry["command"])
    folder = Path(entry.path or cluster.files[0]).resolve().parent
    if shutil.which(folder / command if "/" in command else command) is None:
        raise _missing(command, str(entry.safe_get("installHint") or ""), cluster)
    try:
        provider: Any = ExecProvider(entry, str(folder), place)
        status = provider.run()
    except (ConfigException, OSError) as error:
        raise _failed(command, cluster, str(error)) from error
    fields = _fields(status)
    if not fields:
        raise _failed(command, cluster, "it gave neither a token nor a certificate with its key")
    return Given(fields, _moment(status.get("expirationTimestamp")))


def _fields(status: Mapping[str, Any]) -> dict[str, str]:
    """Return a plugin's answer as a user's entry would have it."""
    fields = {"token": str(status["token"])} if status.get("token") else {}
    if status.get("clientCertificateData") and status.get("clientKeyData"):
        fields["client-certificate-data"] = _encoded(status["clientCertificateData"])
        fields["client-key-data"] = _encoded(status["clientKeyData"])
    return fields


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def _moment(told: object) -> float | None:
    if not told:
        return None
    try:
        return datetime.fromisoformat(str(told)).timestamp() - SKEW
    except ValueError:
        return None


def _missing(command: str, install: str, cluster: Cluster) -> ConfigError:
    message = f"the credentials of {cluster} come from the plugin {command!r}, which is not there"
    lines = install.strip().splitlines()
    return ConfigError(message, evidence=lines[:10], hint=f"install {command}, or put it on PATH")


def _failed(command: str, cluster: Cluster, said: str) -> CloudkitError:
    message = f"the plugin {command!r} gave no credentials for user {cluster.user!r} of {cluster}"
    return AccessError(message, evidence=said.splitlines()[-10:], hint=f"log in again, as {command} wants it")
