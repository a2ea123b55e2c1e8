"""Users of a kubeconfig with an ``auth-provider``: ``oidc``, ``gcp``. The library ``kubernetes`` renews their tokens.

kubectl has dropped most of these in favour of plugins; kubeconfigs that have them are there still.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cloudkit.backends.kubernetes.access import Access
from cloudkit.backends.kubernetes.proxy import proxy_to
from cloudkit.backends.kubernetes.tls import Pair, tls_context
from cloudkit.config.cluster import Cluster

__all__ = ["provided"]


def provided(cluster: Cluster) -> Access:
    """Return the way into a cluster that the library finds; a token that it renewed, it writes into the kubeconfig.

    Raises:
        ValueError: The kubeconfig is wrong, or the provider gave no token.
        OSError: A certificate is not there, or not understood.
    """
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

    configuration: Any = type.__call__(Configuration)  # a plain one: not a copy of the program's default
    load: Any = KubeConfigLoader  # whose types do not know that the folder may be each file's own
    merged: Any = KubeConfigMerger(os.pathsep.join(map(str, cluster.files)))
    try:
        loader = load(
            config_dict=merged.config,
            active_context=cluster.context,
            config_base_path=None,
            config_persister=merged.save_changes,
        )
        loader.load_and_set(configuration)
    except (ConfigException, TypeError, KeyError, AttributeError) as error:
        raise ValueError(str(error)) from error
    return _access(configuration, named=getattr(loader, "proxy", None) or "")


def _access(configuration: Any, named: str) -> Access:
    def authorization() -> str:
        settings = configuration.auth_settings()  # which renews a token that has ended
        return str(settings["BearerToken"]["value"]) if "BearerToken" in settings else ""

    server = str(configuration.host)
    access = Access(
        server=server,
        tls=_tls(configuration) if server.startswith("https:") else None,
        server_name=configuration.tls_server_name or "",
        proxy=proxy_to(server, named, os.environ),
        authorization=authorization,
    )
    if not access.authorization():
        raise ValueError("its auth-provider gave no token")
    return access


def _tls(configuration: Any) -> Any:
    authority = Path(configuration.ssl_ca_cert).read_bytes() if configuration.ssl_ca_cert else None
    pair = None
    if configuration.cert_file and configuration.key_file:
        pair = Pair(Path(configuration.cert_file).read_bytes(), Path(configuration.key_file).read_bytes())
    return tls_context(authority=authority, pair=pair, verified=bool(configuration.verify_ssl))
