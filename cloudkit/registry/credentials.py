"""Credentials of docker's configuration: plain, by helper program, by identity token."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cloudkit.errors import ConfigError, RegistryError
from cloudkit.model.reference import DEFAULT_DOMAIN
from cloudkit.model.secret import Secret
from cloudkit.registry import document, helper

__all__ = ["HUB_SERVER", "Credential", "DockerConfig", "credential_for", "login_command"]

HUB_SERVER = "https://index.docker.io/v1/"
HUB_HOSTS = frozenset({DEFAULT_DOMAIN, "index.docker.io", "registry-1.docker.io"})
IDENTITY_USER = "<token>"  # what a helper says instead of a name when the secret is an identity token


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who one is to a registry: a name and password, or an identity token.

    Args:
        username: The account's name; empty with an identity token.
        password: Its password or access token.
        identity_token: What is exchanged for a short-lived token, in place of a password.
    """

    username: str = ""
    password: Secret | None = None
    identity_token: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerConfig:
    """The part of docker's ``config.json`` that says who one is.

    Args:
        path: The file, for errors.
        auths: What stands in the file itself, by registry host.
        store: The helper for every registry; empty when there is none.
        helpers: The helpers of single registries, by host.
    """

    path: Path
    auths: Mapping[str, Credential]
    store: str = ""
    helpers: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path | None = None) -> DockerConfig:
        """Read the configuration as the docker command does; a missing file is an empty one.

        Args:
            folder: Where ``config.json`` lies; None is ``DOCKER_CONFIG``, else ``~/.docker``.

        Raises:
            ConfigError: The file is not readable or not what docker writes.
        """
        path = (folder or _folder()) / "config.json"
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return cls(path=path, auths={}, helpers={})
        except OSError as error:
            raise ConfigError(f"docker's configuration {path} is not readable: {error.strerror}") from None
        return cls._parse(path, raw)

    @classmethod
    def _parse(cls, path: Path, raw: bytes) -> DockerConfig:
        try:
            found = document.read_object(raw, f"docker's configuration {path}")
        except RegistryError as error:
            raise ConfigError(error.summary, hint=f"mend or move {path}, then docker login") from None
        auths = {_host(key): _credential(path, key, entry) for key, entry in _section(path, found, "auths").items()}
        helpers = {_host(key): str(name) for key, name in _section(path, found, "credHelpers").items()}
        present = {host: credential for host, credential in auths.items() if credential}
        return cls(path=path, auths=present, store=document.read_text(found, "credsStore"), helpers=helpers)

    def credential(self, domain: str) -> Credential | None:
        """Return who one is to a registry, None when nothing is known.

        Raises:
            ConfigError: The helper that the file names is missing, fails or does not answer in time.
        """
        host = _host(domain)
        program = self.helpers.get(host) or self.store
        if program:
            found = helper.ask(program, HUB_SERVER if host == DEFAULT_DOMAIN else host)
            if found is not None:
                return _of_helper(*found)
        return self.auths.get(host)


def credential_for(domain: str, *, folder: Path | None = None) -> Credential | None:
    """Return who docker's configuration says one is to a registry; None is nobody."""
    return DockerConfig.read(folder).credential(domain)


def login_command(domain: str) -> str:
    """Return the command that makes one known to a registry.

    >>> login_command("docker.io"), login_command("registry.example:5000")
    ('docker login', 'docker login registry.example:5000')
    """
    return "docker login" if domain == DEFAULT_DOMAIN else f"docker login {domain}"


def _folder() -> Path:
    named = os.environ.get("DOCKER_CONFIG")
    return Path(named) if named else Path.home() / ".docker"


def _host(key: str) -> str:
    """Return the registry that a key of the file means: hosts, urls and urls with a version path all occur."""
    host = urlsplit(key if "://" in key else f"//{key}").netloc or key
    return DEFAULT_DOMAIN if host in HUB_HOSTS else host


def _section(path: Path, found: Mapping[str, object], name: str) -> dict[str, object]:
    section = found.get(name) or {}
    if not isinstance(section, dict):
        raise ConfigError(f"{name!r} in {path} is no object of registries", hint=f"mend {path}, then docker login")
    return section


def _credential(path: Path, key: str, entry: object) -> Credential | None:
    if not isinstance(entry, dict):
        raise ConfigError(f"the entry of {key} in {path} is no object", hint=f"docker logout {key}")
    if token := document.read_text(entry, "identitytoken"):
        return Credential(identity_token=Secret(token))
    username, password = document.read_text(entry, "username"), document.read_text(entry, "password")
    if packed := document.read_text(entry, "auth"):
        username, password = _unpacked(path, key, packed)
    return Credential(username=username, password=Secret(password)) if username else None


def _unpacked(path: Path, key: str, packed: str) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = username = password = ""
    if not colon:
        raise ConfigError(f"'auth' of {key} in {path} is not base64 of name:password", hint=f"docker login {key}")
    return username, password.rstrip("\0")


def _of_helper(username: str, secret: Secret) -> Credential:
    if username == IDENTITY_USER:
        return Credential(identity_token=secret)
    return Credential(username=username, password=secret)
