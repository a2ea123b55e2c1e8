"""Secrets that a declaration names, and whose values come from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloudkit.errors import ConfigError
from cloudkit.model.app import AppSpec
from cloudkit.model.files import SECRETS
from cloudkit.model.given import GivenSecrets, variable_of
from cloudkit.model.secret import LostSecret, Secret

__all__ = ["NamedSecret", "filled", "name_of_secret", "secret"]


@dataclass(frozen=True, slots=True)
class NamedSecret(LostSecret):
    """A secret of which only the name is declared."""

    def __repr__(self) -> str:
        return f"secret({self._value!r})"


def secret(name: str) -> NamedSecret:
    """Name a secret: its value is given when the declaration is applied, or is what is there.

    >>> secret("TOKEN")
    secret('TOKEN')
    """
    return NamedSecret(name)


def name_of_secret(key: str) -> str:
    """Return what the secret of a variable or a path is called.

    >>> name_of_secret("TOKEN"), name_of_secret("/run/secrets/key")
    ('TOKEN', 'key')
    """
    return key.removeprefix(f"{SECRETS}/")


def filled(spec: AppSpec, present: AppSpec | None, given: GivenSecrets) -> AppSpec:
    """Return a spec with the values of the secrets that it names: those that are given, else those that are there.

    Raises:
        ConfigError: One is neither.
    """
    there: Mapping[str, object] = {**present.env, **present.secrets} if present else {}

    def value(key: str, item: str | Secret) -> str | Secret:
        if not isinstance(item, NamedSecret):
            return item
        found = given.value(spec.name, item.place) or there.get(key)
        if isinstance(found, Secret) and not isinstance(found, LostSecret):
            return found
        message = f"app {spec.name!r} declares the secret {item.place!r}, which nobody has given: nothing was changed"
        raise ConfigError(message, hint=f"--secrets {item.place}=FILE, or {variable_of(spec.name, item.place)}=...")

    return spec.replace(
        env={key: value(key, item) for key, item in spec.env.items()},
        secrets={key: value(key, item) for key, item in spec.secrets.items()},
    )
