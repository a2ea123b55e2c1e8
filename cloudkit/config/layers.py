"""Where a setting is looked for, the strongest place first, each value with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from cloudkit.config.file import SETTINGS, project_file, read_settings, user_file

__all__ = ["Found", "Layers", "first", "layers_of"]

Found: TypeAlias = tuple[str, str]
"""A value and its origin."""
Layers: TypeAlias = list[dict[str, Found]]
"""Settings by name, the strongest layer first."""


def layers_of(given: Mapping[str, str | None], folder: Path, environ: Mapping[str, str]) -> Layers:
    """Return the arguments, the variables ``CLOUDKIT_*``, the project's file, the user's file."""
    layers = [{name: (value, "argument") for name, value in given.items() if value is not None}]
    variables = {name: f"CLOUDKIT_{name.upper()}" for name in SETTINGS}
    layers.append({name: (environ[key], key) for name, key in variables.items() if environ.get(key)})
    own = user_file(environ)
    files = (project_file(folder, environ), own if own.is_file() else None)
    layers += [{name: (value, str(file)) for name, value in read_settings(file).items()} for file in files if file]
    return layers


def first(layers: Layers, name: str) -> Found | None:
    """Return a setting from the strongest layer that has it."""
    return next((layer[name] for layer in layers if name in layer), None)
