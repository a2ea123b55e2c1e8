"""Credential plugins: commands that a kubeconfig names, and that print a token or a certificate.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from msgspec import MsgspecError, Struct, json

from cloudkit.backends.kubernetes.entries import Entries, PluginEntry
from cloudkit.config.cluster import Cluster
from cloudkit.errors import AccessError, CloudkitError, ConfigError

__all__ = ["Given", "run_plugin"]

SKEW = 10.0
"""Seconds before their end that credentials count as ended."""
_FOR_PLUGINS = "client.authentication.k8s.io/exec"


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """What a plugin printed. It holds secrets, so it does not show itself.

    Args:
        fields: As a user's entry has them.
        expires: When it ends, in seconds since the epoch; None when it did not say.
    """

    fields: Mapping[str, str]
    expires: float | None


class _Status(Struct, frozen=True, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: str | None = None


class _Printed(Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    status: _Status | None = None


def run_plugin(entry: PluginEntry, cluster: Cluster, entries: Entries) -> Given:
    """Run a plugin and return what it gives.

    Args:
        entry: The user's entry ``exec``.
        cluster: Whose credentials they are.
        entries: What else the kubeconfig says there; a plugin may want to see the cluster's.

    Raises:
        ConfigError: The plugin is not there, or wants a terminal where there is none.
        AccessError: It failed, or gave nothing.
    """
    path = str(entries.user_folder / entry.command) if "/" in entry.command else shutil.which(entry.command)
    if path is None or shutil.which(path) is None:
        raise _missing(entry, cluster)
    status = _status(_output([path, *(entry.args or ())], entry, cluster, entries), entry, cluster)
    fields = {"token": status.token} if status.token else {}
    if status.client_certificate_data and status.client_key_data:
        fields["client_certificate_data"] = _encoded(status.client_certificate_data)
        fields["client_key_data"] = _encoded(status.client_key_data)
    if not fields:
        raise _failed(entry, cluster, "it gave neither a token nor a certificate with its key")
    return Given(fields, _moment(status.expiration_timestamp))


def _output(command: list[str], entry: PluginEntry, cluster: Cluster, entries: Entries) -> bytes:
    """Run it to its end; a person at a terminal may be asked something by it, a program's own input it never sees."""
    interactive = entry.interactive_mode != "Never" and all(map(_is_terminal, (sys.stdin, sys.stderr)))
    if entry.interactive_mode == "Always" and not interactive:
        message = (
            f"the plugin {entry.command!r} of user {cluster.user!r} wants to ask a person, and here is no terminal"
        )
        raise ConfigError(message, hint="kubectl config view: interactiveMode")
    info = json.encode(_information(entry, entries, interactive=interactive)).decode()
    variables = {one["name"]: one["value"] for one in entry.env or ()}
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **variables, "KUBERNETES_EXEC_INFO": info},
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if interactive else subprocess.PIPE,
            check=False,
        )
    except OSError as error:
        raise _failed(entry, cluster, str(error)) from error
    if done.returncode:
        said = (done.stderr or b"").decode(errors="replace").strip()
        raise _failed(entry, cluster, f"process returned {done.returncode}. {said}".rstrip(". "))
    return done.stdout


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _status(printed: bytes, entry: PluginEntry, cluster: Cluster) -> _Status:
    try:
        found = json.decode(printed, type=_Printed)
    except MsgspecError as error:
        raise _failed(entry, cluster, f"what it printed is not understood: {error}") from error
    if found.api_version != entry.api_version:
        said = f"it speaks {found.api_version}, and the kubeconfig says {entry.api_version}"
        raise _failed(entry, cluster, said)
    return found.status or _Status()


def _information(entry: PluginEntry, entries: Entries, *, interactive: bool) -> dict[str, Any]:
    """Return what a plugin is told."""
    spec: dict[str, Any] = {"interactive": interactive}
    if entry.provide_cluster_info:
        spec["cluster"] = _place(entries)
    return {"apiVersion": entry.api_version, "kind": "ExecCredential", "spec": spec}


def _place(entries: Entries) -> dict[str, Any]:
    """Return the cluster as a plugin wants to see it: its authority within, and what is meant for plugins."""
    place = entries.place
    authority = place.certificate_authority_data
    if not authority and place.certificate_authority:
        authority = b64encode((entries.place_folder / place.certificate_authority).read_bytes()).decode()
    meant = [one.get("extension") for one in place.extensions or () if one.get("name") == _FOR_PLUGINS]
    told = {
        "server": place.server,
        "tls-server-name": place.tls_server_name,
        "insecure-skip-tls-verify": place.insecure_skip_tls_verify,
        "certificate-authority-data": authority,
        "proxy-url": place.proxy_url,
        "disable-compression": place.disable_compression,
        "config": meant[0] if meant else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def _moment(told: str | None) -> float | None:
    if not told:
        return None
    try:
        return datetime.fromisoformat(told).timestamp() - SKEW
    except ValueError:
        return None


def _missing(entry: PluginEntry, cluster: Cluster) -> ConfigError:
    message = f"the credentials of {cluster} come from the plugin {entry.command!r}, which is not there"
    lines = (entry.install_hint or "").strip().splitlines()
    return ConfigError(message, evidence=lines[:10], hint=f"install {entry.command}, or put it on PATH")


def _failed(entry: PluginEntry, cluster: Cluster, said: str) -> CloudkitError:
    message = f"the plugin {entry.command!r} gave no credentials for user {cluster.user!r} of {cluster}"
    return AccessError(message, evidence=said.splitlines()[-10:], hint=f"log in again, as {entry.command} wants it")
