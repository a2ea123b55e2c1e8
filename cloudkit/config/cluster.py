"""Where a cluster is, and which file says how one gets in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cloudkit.config.layers import Found
from cloudkit.errors import ConfigError

if TYPE_CHECKING:
    from cloudkit.config.kubeconfig import Kubeconfig

__all__ = ["ACCOUNT", "Cluster", "find_cluster", "is_inside", "known_contexts", "kubeconfig_files"]

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds the credentials of its service account."""
DEFAULT_SPACE = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster's address, without credentials; those are read when it is connected to.

    Args:
        server: The API server: ``https://host:6443``.
        context: The kubeconfig context that leads there; empty inside a cluster.
        user: Whom the context names; empty for nobody.
        files: The kubeconfig files, the first one wins; none inside a cluster.
        account: The folder of the pod's own credentials, inside a cluster; None outside.
        namespace: The namespace that the context, or the pod's account, names.

    >>> str(Cluster(server="https://10.0.0.1:6443", context="prod"))
    'https://10.0.0.1:6443 (context prod)'
    """

    server: str
    context: str = ""
    user: str = ""
    files: tuple[Path, ...] = ()
    account: Path | None = None
    namespace: str = DEFAULT_SPACE

    def __str__(self) -> str:
        return f"{self.server} (context {self.context})" if self.context else self.server


def is_inside(environ: Mapping[str, str], account: Path = ACCOUNT) -> bool:
    """True for a pod that may speak with its own cluster."""
    return bool(environ.get("KUBERNETES_SERVICE_HOST")) and (account / "token").is_file()


def find_cluster(context: Found | None, environ: Mapping[str, str], account: Path = ACCOUNT) -> tuple[Cluster, str]:
    """Return the cluster and what named it, as kubectl finds it: context, ``KUBECONFIG``, the pod's own, ``~/.kube``.

    Raises:
        ConfigError: There is none, or the context is not known; with the names of those that are there.
    """
    if context is None and not environ.get("KUBECONFIG") and is_inside(environ, account):
        return _inside(environ, account), "in-cluster"
    files = _files(environ)
    if not files:
        raise ConfigError(
            f"no cluster is configured: {_absent(environ)}", hint="KUBECONFIG=..., or kubectl config view"
        )
    known = _kubeconfig(files)
    name, origin = context or (known.current, f"current context in {known.current_file}")
    return _named(known, name, files), origin


def known_contexts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the kubeconfig's contexts; none where there is no kubeconfig."""
    files = _files(environ)
    return tuple(sorted(_kubeconfig(files).contexts)) if files else ()


def _named(known: Kubeconfig, name: str, files: tuple[Path, ...]) -> Cluster:
    names = ", ".join(sorted(known.contexts)) or "none"
    where = ", ".join(map(str, files))
    if not name:
        hint = f'Cloud("kubernetes", context="{min(known.contexts, default="...")}")'
        raise ConfigError(f"no context is current in {where}; known are: {names}", hint=hint)
    place = known.contexts.get(name)
    if place is None:
        message = f"context {name!r} is not known in {where}; known are: {names}"
        raise ConfigError(message, hint="kubectl config get-contexts")
    if not place.server:
        message = f"context {name!r} in {place.file} names no cluster that has a server"
        raise ConfigError(message, hint="kubectl config view")
    space = place.namespace or DEFAULT_SPACE
    return Cluster(server=place.server, context=name, user=place.user, files=files, namespace=space)


def _kubeconfig(files: tuple[Path, ...]) -> Kubeconfig:
    """Return what the files say; the library that reads them is part of an extra."""
    try:
        from cloudkit.config.kubeconfig import read_kubeconfig
    except ImportError as error:
        hint = "pip install 'cloudkit-sdk[kubernetes]'"
        raise ConfigError(f"Kubernetes is not installed: no module {error.name}", hint=hint) from error
    return read_kubeconfig(files)


def _files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the kubeconfig files that are there."""
    return tuple(path for path in kubeconfig_files(environ) if path.is_file())


def kubeconfig_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return where a kubeconfig is or would be."""
    given = environ.get("KUBECONFIG")
    if given:
        return tuple(Path(one).expanduser() for one in given.split(os.pathsep) if one)
    return (Path(environ.get("HOME") or Path.home()) / ".kube" / "config",)


def _absent(environ: Mapping[str, str]) -> str:
    names = " or ".join(map(str, kubeconfig_files(environ)))
    return f"KUBECONFIG names {names}, which is not there" if environ.get("KUBECONFIG") else f"there is no {names}"


def _inside(environ: Mapping[str, str], account: Path) -> Cluster:
    """Return the cluster that a pod runs in."""
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT") or "443"
    try:
        space = (account / "namespace").read_text().strip()
    except OSError:
        space = ""
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Cluster(server=server, account=account, namespace=space or DEFAULT_SPACE)
