"""Who docker's configuration says one is to a registry, as nodes can be told it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from cloudkit.errors import ConfigError
from cloudkit.model.reference import DEFAULT_DOMAIN
from cloudkit.model.secret import Secret
from cloudkit.registry.credentials import HUB_SERVER, credential_for, login_command

__all__ = ["Login", "key_of_registry", "login"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What nodes can be told of who one is to a registry.

    Args:
        registry: The registry.
        entry: ``name:password`` in base64; None where docker knows nobody, or nobody that a node could be.
        trouble: Why docker knows somebody and there is no entry, with what helps; else empty.
    """

    registry: str
    entry: Secret | None = None
    trouble: str = ""


def login(registry: str) -> Login:
    """Ask docker's configuration, and the helper program that it names, who one is to a registry."""
    try:
        found = credential_for(registry)
    except ConfigError as error:
        return Login(registry=registry, trouble="; ".join(filter(None, (error.summary, error.hint))))
    if found is None:
        return Login(registry=registry)
    if found.password is None or not found.username:
        told = f"docker knows {registry} by an identity token, which nodes cannot use"
        return Login(registry=registry, trouble=f"{told}: {login_command(registry)} with a name and an access token")
    packed = b64encode(f"{found.username}:{found.password.reveal()}".encode()).decode()
    return Login(registry=registry, entry=Secret(packed))


def key_of_registry(registry: str) -> str:
    """Return what docker's configuration, and so a node, calls a registry.

    >>> key_of_registry("docker.io"), key_of_registry("registry.example:5000")
    ('https://index.docker.io/v1/', 'registry.example:5000')
    """
    return HUB_SERVER if registry == DEFAULT_DOMAIN else registry
