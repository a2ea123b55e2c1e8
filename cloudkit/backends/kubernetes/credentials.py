"""From a kubeconfig, or a pod's own account, to open connections with credentials.

What nearly every kubeconfig has is read here: the library ``kubernetes`` takes longer to load than a command takes to
ask a cluster. It is loaded for a user with an ``auth-provider``, whose tokens it can renew.
"""

from __future__ import annotations

import os
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.access import Access, Headers
from cloudkit.backends.kubernetes.bearer import TokenFile, basic, bearer
from cloudkit.backends.kubernetes.connection import Door
from cloudkit.backends.kubernetes.entries import Entries, PlaceEntry, UserEntry, read_entries
from cloudkit.backends.kubernetes.pool import open_pool
from cloudkit.backends.kubernetes.proxy import proxy_to
from cloudkit.backends.kubernetes.tls import Pair, tls_context
from cloudkit.config.cluster import Cluster
from cloudkit.errors import ConfigError

if TYPE_CHECKING:
    import ssl

    from cloudkit.backends.kubernetes.plugin import Given

__all__ = ["unlock"]

FRESH = 600.0
"""Seconds that certificates from files are used before the files are read again."""


def unlock(cluster: Cluster) -> Door:
    """Read the credentials of a cluster, and open a pool of connections with them.

    Raises:
        ConfigError: The kubeconfig is wrong, names a file that is not there, or a plugin that is not there or fails.
        AccessError: A plugin failed, or gave nothing.
    """
    from msgspec import MsgspecError

    try:
        access = _from_account(cluster, cluster.account) if cluster.account else _from_files(cluster)
    except (MsgspecError, OSError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        where = ", ".join(map(str, cluster.files)) or str(cluster.account)
        message = f"cannot read the credentials of {cluster} in {where}"
        raise ConfigError(message, evidence=[str(error)[:500]], hint="kubectl config view") from error
    return Door(access, open_pool(access))


def _from_account(cluster: Cluster, account: Path) -> Access:
    """Take a pod's own token, which the kubelet renews in its file."""
    return Access(
        server=cluster.server,
        tls=tls_context(authority=(account / "ca.crt").read_bytes(), pair=None, verified=True),
        proxy=proxy_to(cluster.server, "", os.environ),
        authorization=TokenFile(account / "token"),
        expires=time.time() + FRESH,
    )


def _from_files(cluster: Cluster) -> Access:
    """Take what the context says; a plugin is run where no token is there already."""
    entries = read_entries(cluster)
    if entries.user.auth_provider:
        from cloudkit.backends.kubernetes.provider import provided

        return provided(cluster)
    user = entries.user
    if user.exec_ is None or user.token or user.token_file:
        return _access(entries, user, expires=None)
    from cloudkit.backends.kubernetes.plugin import run_plugin

    given = run_plugin(user.exec_, cluster, entries)
    return _access(entries, _plugged(user, given), expires=given.expires)


def _plugged(user: UserEntry, given: Given) -> UserEntry:
    """Put what a plugin gave in the place of the plugin."""
    from msgspec.structs import replace as put

    return put(user, exec_=None, **given.fields)


def _access(entries: Entries, user: UserEntry, *, expires: float | None) -> Access:
    place, server = entries.place, (entries.place.server or "").rstrip("/")
    access = Access(
        server=server,
        server_name=place.tls_server_name or "",
        proxy=proxy_to(server, place.proxy_url or "", os.environ),
        authorization=_authorization(user, entries.user_folder),
        impersonation=_impersonation(user),
        expires=expires,
    )
    if not server.startswith("https:"):
        return access
    if expires is None and _of_files(place, user):
        access = replace(access, expires=time.time() + FRESH)
    return replace(access, tls=_tls(entries, user))


def _of_files(place: PlaceEntry, user: UserEntry) -> bool:
    return bool(
        (place.certificate_authority and not place.certificate_authority_data)
        or (user.client_certificate and not user.client_certificate_data)
    )


def _tls(entries: Entries, user: UserEntry) -> ssl.SSLContext:
    place, folder = entries.place, entries.user_folder
    authority = _bytes(place.certificate_authority_data, place.certificate_authority, entries.place_folder)
    certificate = _bytes(user.client_certificate_data, user.client_certificate, folder)
    key = _bytes(user.client_key_data, user.client_key, folder)
    pair = Pair(certificate, key or b"") if certificate else None
    return tls_context(authority=authority, pair=pair, verified=not place.insecure_skip_tls_verify)


def _bytes(data: str | None, file: str | None, folder: Path) -> bytes | None:
    """Return what an entry holds in itself, or else in a file beside it."""
    if data:
        return b64decode(data)
    return (folder / file).read_bytes() if file else None


def _authorization(user: UserEntry, folder: Path) -> Callable[[], str]:
    """Return what gives the header: of a file, a token, or a name and password; the first that is there."""
    if user.token_file:
        return TokenFile(folder / user.token_file)
    header = bearer(user.token) if user.token else ""
    if not header and user.username:
        header = basic(user.username, user.password or "")
    return lambda: header


def _impersonation(user: UserEntry) -> Headers:
    """Return the headers that ask for the rights of somebody else.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    """
    from urllib.parse import quote

    headers = [("impersonate-user", user.as_ or ""), ("impersonate-uid", user.as_uid or "")]
    headers += [("impersonate-group", group) for group in user.as_groups or ()]
    for name, values in (user.as_user_extra or {}).items():
        headers += [(f"impersonate-extra-{quote(name, safe='').lower()}", value) for value in values]
    return tuple((name, value) for name, value in headers if value)
