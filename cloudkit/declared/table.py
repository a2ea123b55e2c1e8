"""An app as a table of a file of our own: the options of a deployment, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from pathlib import Path

from cloudkit.declared.declaration import Declared
from cloudkit.declared.secrets import name_of_secret, secret
from cloudkit.errors import ConfigError
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.encode import decode_part, encode_part
from cloudkit.model.mount import Mount
from cloudkit.model.options import AppOptions, refuse_unknown
from cloudkit.model.placement import Affinity, Spread, Toleration
from cloudkit.model.port import Port
from cloudkit.model.probe import Probe
from cloudkit.model.refusal import shown
from cloudkit.model.secret import Secret

__all__ = ["STRUCTURED", "declared_from", "table_of"]

STRUCTURED: Mapping[str, object] = {
    "port": Port,
    "volumes": Mount,
    "startup": Probe,
    "readiness": Probe,
    "liveness": Probe,
    "autoscale": Autoscale,
    "near": Affinity,
    "apart": Affinity,
    "spread": Spread,
    "tolerate": Toleration,
}
"""The options whose values may be written field by field, and what they are."""


def table_of(options: Mapping[str, object]) -> dict[str, object]:
    """Return options as plain data; a secret is there by its name.

    >>> from cloudkit.model.port import Port
    >>> table_of({"port": Port(number=80, publish=1), "env": {"TOKEN": Secret("hunter2")}})
    {'port': {'number': 80, 'publish': 1}, 'env': {'TOKEN': {'secret': 'TOKEN'}}}
    """
    return {name: _plain(value, name) for name, value in options.items()}


def declared_from(name: str, table: object, where: str, folder: Path) -> Declared:
    """Return the app that a table declares.

    Args:
        name: The app.
        table: Its table: ``image``, and the options of a deployment.
        where: Its place, for errors.
        folder: What paths of files are relative to.

    Raises:
        ConfigError: It has no image, or a value that it cannot have.
        UsageError: An option is unknown or wrong.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where} is {shown(table)}, which is no table of an app")
    image = table.get("image")
    if not isinstance(image, str):
        raise ConfigError(f"{where} has no image", hint="image = 'registry.example/web:1'")
    given = {str(key): value for key, value in table.items() if key != "image"}
    refuse_unknown(given, AppOptions.__optional_keys__)
    return Declared(name, image, {key: _value(key, item, f"{where}.{key}", folder) for key, item in given.items()})


def _plain(value: object, key: str) -> object:
    if isinstance(value, Secret):
        return {"secret": name_of_secret(key)}
    if isinstance(value, Mapping):
        return {name: _plain(item, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, key) for item in value]
    if is_dataclass(value):
        return encode_part(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _value(option: str, value: object, where: str, folder: Path) -> object:
    if option in STRUCTURED:
        several = value if isinstance(value, list) else [value]
        read = [_part(STRUCTURED[option], item, where) for item in several]
        return read if isinstance(value, list) else read[0]
    reader = _READERS.get(option)
    if reader is None or not isinstance(value, Mapping):
        return value
    return {str(key): reader(item, f"{where}.{key}", folder) for key, item in value.items()}


def _part(hint: object, value: object, where: str) -> object:
    return decode_part(hint, value, where) if isinstance(value, Mapping) else value


def _variable(value: object, where: str, _folder: Path) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return _named(value, where) if isinstance(value, Mapping) else value


def _config(value: object, where: str, folder: Path) -> object:
    return _file(value, where, folder) if isinstance(value, Mapping) else value


def _secret(value: object, where: str, folder: Path) -> object:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} holds a secret in the clear", hint="{ secret = 'NAME' }, or { file = 'PATH' }")
    return _file(value, where, folder) if "file" in value else _named(value, where)


def _named(value: Mapping[str, object], where: str) -> object:
    name = value.get("secret")
    if value.keys() != {"secret"} or not isinstance(name, str):
        raise ConfigError(f"{where} names no secret", hint="{ secret = 'NAME' }")
    return secret(name)


def _file(value: Mapping[str, object], where: str, folder: Path) -> object:
    name = value.get("file")
    if value.keys() != {"file"} or not isinstance(name, str):
        raise ConfigError(f"{where} names no file", hint="{ file = 'PATH' }")
    return folder / name


_READERS: Mapping[str, Callable[[object, str, Path], object]] = {
    "env": _variable,
    "config": _config,
    "secrets": _secret,
}
