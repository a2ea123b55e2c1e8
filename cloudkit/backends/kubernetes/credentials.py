"""From a kubeconfig, or a pod's own account, to open connections with credentials.

The library ``kubernetes`` knows certificates, tokens, proxies and server names. Credential plugins are run here: the
library logs their failures and goes on with no credentials, and does not run them again for certificates.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cloudkit.backends.kubernetes.connection import Door
from cloudkit.backends.kubernetes.plugin import run_plugin
from cloudkit.config.cluster import Cluster
from cloudkit.errors import ConfigError

if TYPE_CHECKING:
    from kubernetes.client import Configuration
    from kubernetes.config.kube_config import KubeConfigMerger

__all__ = ["unlock"]

IDLE_CONNECTIONS = 256
"""Connections that are kept open; a thread each, as of 200 followed logs, closes none and logs no warning."""


def unlock(cluster: Cluster) -> Door:
    """Read the credentials of a cluster, and open a pool of connections with them.

    Raises:
        ConfigError: The kubeconfig is wrong, names a file that is not there, or a plugin that is not there or fails.
    """
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.config import ConfigException
    from urllib3 import disable_warnings
    from urllib3.exceptions import InsecureRequestWarning

    configuration: Configuration = type.__call__(Configuration)  # a plain one: not a copy of the program's default
    try:
        expires = (_from_account if cluster.account else _from_files)(cluster, configuration)
    except (ConfigException, OSError, ValueError, TypeError) as error:
        where = ", ".join(map(str, cluster.files)) or str(cluster.account)
        message = f"cannot read the credentials of {cluster} in {where}"
        raise ConfigError(message, evidence=[str(error)[:500]], hint="kubectl config view") from error
    configuration.connection_pool_maxsize = IDLE_CONNECTIONS
    configuration.keep_alive = True  # so that a log that is quiet for hours notices the end of its connection
    configuration.proxy_headers = _proxy_headers(configuration.proxy)
    if not configuration.verify_ssl:  # whoever wrote the kubeconfig knows; doctor says it, not each call
        disable_warnings(InsecureRequestWarning)
    return Door(api=ApiClient(configuration), expires=expires)


def _from_account(cluster: Cluster, configuration: Configuration) -> float | None:
    """Take a pod's own token, which the library reads again each minute; it ends for nobody here."""
    from kubernetes.config.incluster_config import InClusterConfigLoader

    address = urlsplit(cluster.server)
    environ = {"KUBERNETES_SERVICE_HOST": address.hostname, "KUBERNETES_SERVICE_PORT": str(address.port or 443)}
    loader: Any = InClusterConfigLoader(
        token_filename=f"{cluster.account}/token", cert_filename=f"{cluster.account}/ca.crt", environ=environ
    )
    loader.load_and_set(configuration)
    return None


def _from_files(cluster: Cluster, configuration: Configuration) -> float | None:
    """Take what the context says; return when it ends, where that is known."""
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

    load: Any = KubeConfigLoader  # whose types do not know that the folder may be each file's own
    merged: Any = KubeConfigMerger(os.pathsep.join(map(str, cluster.files)))
    if merged.config is None:
        raise ConfigError(f"{cluster.files[0]} is gone since it was read", hint="kubectl config view")
    plugged, expires = _plugged_in(cluster, merged)
    loader = load(
        config_dict=merged.config,
        active_context=cluster.context,
        config_base_path=None,
        config_persister=None if plugged else merged.save_changes,
    )
    loader.load_and_set(configuration)
    return expires


def _plugged_in(cluster: Cluster, merged: KubeConfigMerger) -> tuple[bool, float | None]:
    """Put what a user's plugin gives in the place of the plugin; tell whether there was one, and when that ends."""
    config: Any = merged.config
    context = config["contexts"].get_with_name(cluster.context)["context"]
    named = config["users"].get_with_name(cluster.user, safe=True) if cluster.user else None
    user = named["user"] if named and named.safe_get("user") else None
    if user is None or not user.safe_get("exec") or user.safe_get("token") or user.safe_get("tokenFile"):
        return False, None
    place = config["clusters"].get_with_name(context["cluster"])["cluster"]
    given = run_plugin(user["exec"], cluster, place)
    del user.value["exec"]
    user.value.update(given.fields)
    return True, given.expires


def _proxy_headers(proxy: str | None) -> dict[str, str] | None:
    """Return what a proxy wants to see, where its address says who one is."""
    from urllib3.util import make_headers

    address = urlsplit(proxy or "")
    if not address.username:
        return None
    return make_headers(proxy_basic_auth=f"{unquote(address.username)}:{unquote(address.password or '')}")
