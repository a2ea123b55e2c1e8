"""The JSON schema of a file that declares apps, from the options of a deployment themselves.

Source: https://json-schema.org/draft/2020-12/schema
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from cloudkit.config.file import SETTINGS
from cloudkit.model.frozen import default_of
from cloudkit.model.options import AppOptions
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe

__all__ = ["schema"]

_PLAIN: Mapping[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_PROBES = {HttpProbe: "http", TcpProbe: "tcp", ExecProbe: "exec"}


def _one(name: str) -> dict[str, Any]:
    named = {name: {"type": "string"}}
    return {"type": "object", "properties": named, "required": [name], "additionalProperties": False}


_FILE, _SECRET = _one("file"), _one("secret")
_SCALAR = ["string", "number", "boolean"]
_MAPPINGS: Mapping[str, Mapping[str, object]] = {
    "env": {"anyOf": [{"type": _SCALAR}, _SECRET]},
    "config": {"anyOf": [{"type": "string"}, _FILE]},
    "secrets": {"anyOf": [_SECRET, _FILE]},
}


def schema(helps: Mapping[str, str]) -> dict[str, Any]:
    """Return the schema.

    Args:
        helps: What each option means, by its name.

    >>> schema({})["properties"]["apps"]["additionalProperties"]["properties"]["replicas"]["type"]
    'integer'
    """
    settings = {name: {"type": "string"} for name in SETTINGS}
    name = {"type": "string", "description": "By which its apps are known later, so that others are left alone."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Apps that cloudkit makes true",
        "type": "object",
        "properties": {"name": name, "apps": {"type": "object", "additionalProperties": _app(helps)}, **settings},
        "required": ["apps"],
    }


def _app(helps: Mapping[str, str]) -> dict[str, Any]:
    hints = get_type_hints(AppOptions)
    told = {name: {"description": helps[name].replace("``", "`")} if name in helps else {} for name in hints}
    options = {name: {**told[name], **_option(name, hint)} for name, hint in hints.items()}
    image = {"type": "string", "description": "The image, such as `registry.example/web:1`."}
    return {
        "type": "object",
        "properties": {"image": image, **options},
        "required": ["image"],
        "additionalProperties": False,
    }


def _option(name: str, hint: object) -> dict[str, Any]:
    if name in _MAPPINGS:
        return {"type": "object", "additionalProperties": _MAPPINGS[name]}
    return _type(hint)


def _type(hint: object) -> dict[str, Any]:
    """Return the schema of an annotation."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type(arguments[0])
    if hint in _PLAIN or origin is Literal:
        return {"type": _PLAIN[hint]} if hint in _PLAIN else {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return _union([_type(one) for one in arguments])
    if isinstance(origin, type):
        return _several(origin, arguments)
    return _instance(hint) if isinstance(hint, type) and is_dataclass(hint) else {"type": "string"}


def _several(origin: type, arguments: tuple[Any, ...]) -> dict[str, Any]:
    if issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _type(arguments[1])}
    return {"type": "array", "items": _type(arguments[0])}


def _union(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of a union: plain types together, the others beside them."""
    plain = [one["type"] for one in parts if one.keys() == {"type"}]
    others = [one for one in parts if one.keys() != {"type"}]
    if not others:
        return {"type": list(dict.fromkeys(plain))}
    return {"anyOf": [*([{"type": plain}] if plain else []), *others]}


def _instance(kind: type) -> dict[str, Any]:
    """Return the schema of a value that is written field by field."""
    hints = get_type_hints(kind)
    properties = {one.name: _type(hints[one.name]) for one in fields(kind)}
    required = [one.name for one in fields(kind) if default_of(one) is MISSING]
    if kind in _PROBES:
        properties = {"kind": {"const": _PROBES[kind]}, **properties}
        required = ["kind", *required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
