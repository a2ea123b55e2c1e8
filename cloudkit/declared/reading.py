"""Files that declare apps: our own as TOML or YAML, those of compose, and manifests of Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloudkit.config.file import SETTINGS
from cloudkit.declared.declaration import DEFAULT, Declaration
from cloudkit.declared.table import declared_from
from cloudkit.errors import ConfigError
from cloudkit.model.refusal import refusal, shown
from cloudkit.model.writing import read_whole

__all__ = ["read_declaration"]

OWN = "name: shop, and below apps: a table for each app with its image"


def read_declaration(path: Path, environ: Mapping[str, str]) -> Declaration:
    """Return what a file declares, whichever kind of file it is.

    Args:
        path: The file.
        environ: The variables that a compose file may name.

    Raises:
        NotFoundError: It is not there.
        ConfigError: It is none of these files, or something in it is wrong.
    """
    text, name = read_whole(path), f"file {str(path)!r}"
    found = [_toml(text, name)] if path.suffix == ".toml" else _yaml(text, name)
    if len(found) == 1 and "apps" in found[0]:
        return _own(found[0], name, path.parent)
    if len(found) == 1 and "services" in found[0]:
        from cloudkit.declared.compose.reading import read_compose

        return read_compose(found[0], path.parent, environ)
    if found and all("kind" in one and "apiVersion" in one for one in found):
        from cloudkit.declared.kubernetes.reading import read_manifests

        return read_manifests(found)
    raise ConfigError(f"{name} declares no apps", hint=f"{OWN}; or a compose file, or manifests of Kubernetes")


def _toml(text: str, name: str) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name} is no TOML", evidence=(str(error),)) from None


def _yaml(text: str, name: str) -> list[Mapping[str, Any]]:
    from cloudkit.declared.yamltext import documents

    found = documents(text, name)
    for one in found:
        if not isinstance(one, Mapping):
            raise ConfigError(f"{name} holds {shown(one)}, which is no mapping", hint=OWN)
    return found


def _own(data: Mapping[str, Any], name: str, folder: Path) -> Declaration:
    """Return what a file of our own declares; the settings of a project may stand beside it."""
    for key in data:
        if key not in {"name", "apps", "$schema", *SETTINGS}:
            raise ConfigError(f"{name} has the unknown key {shown(key)}", hint=OWN)
    if not isinstance(data["apps"], Mapping):
        raise refusal("apps", data["apps"], "a table for each app")
    apps = tuple(declared_from(str(one), table, f"apps.{one}", folder) for one, table in data["apps"].items())
    return Declaration(name=data.get("name", DEFAULT), apps=apps)
