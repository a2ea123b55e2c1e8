"""Specs as plain JSON, without the values of their secrets and the contents of their files, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

from cloudkit.errors import ConfigError, UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.files import LostText, digest_of
from cloudkit.model.frozen import default_of
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe
from cloudkit.model.reference import Reference
from cloudkit.model.refusal import shown
from cloudkit.model.secret import LostSecret, Secret

__all__ = ["canonical", "decode", "decode_part", "encode", "encode_part", "flat", "kept_apart"]

T = TypeVar("T")
KINDS: dict[str, type] = {"http": HttpProbe, "tcp": TcpProbe, "exec": ExecProbe}
_SECRET = {"secret": True}
_FILE = frozenset({"file", "size"})
_KIND_OF = {kind: name for name, kind in KINDS.items()}
SHORT = len("sha256:") + 12  # characters of a digest that people are shown
_SCHEMAS: dict[type, Mapping[str, tuple[object, object]]] = {}


def encode(spec: AppSpec) -> dict[str, object]:
    """Return a spec as plain JSON types: the fields that differ from their defaults, secrets and files as markers.

    >>> encode(AppSpec(name="web", image=Reference.parse("web:1"), env={"TOKEN": Secret("hunter2")}, replicas=2))
    {'name': 'web', 'image': 'docker.io/library/web:1', 'env': {'TOKEN': {'secret': True}}, 'replicas': 2}
    """
    return _fields(spec, whole=False)


def kept_apart(spec: AppSpec) -> dict[str, str]:
    """Return what ``encode`` leaves out, and ``decode`` is to be given: by the names of variables and paths of files.

    A path begins with ``/`` and a variable's name does not, so that no two have one name.
    """
    variables = {name: value.reveal() for name, value in spec.env.items() if isinstance(value, Secret)}
    return variables | dict(spec.config) | {path: value.reveal() for path, value in spec.secrets.items()}


def decode(data: Mapping[str, object], kept: Mapping[str, str], *, lost: str = "", lost_config: str = "") -> AppSpec:
    """Return the spec that ``encode`` was given.

    Args:
        data: What ``encode`` returned.
        kept: What ``kept_apart`` returned, or more than that.
        lost: What should have a secret that is missing, in words: it is read as lost then, in place of an error.
        lost_config: What should have a file of configuration that is missing, in the same way.

    Raises:
        ConfigError: A field is unknown, as when a newer version wrote it, is wrong, or something kept is missing.
    """
    try:
        return _Decoder(kept, lost, lost_config).instance(AppSpec, data, "")
    except UsageError as error:
        raise ConfigError(f"the stored spec is wrong: {error.summary}", hint=error.hint) from error


def encode_part(value: object) -> dict[str, object]:
    """Return a part of a spec, such as a port or a probe, as plain JSON types: the fields that are not their defaults.

    >>> from cloudkit.model.port import Port
    >>> encode_part(Port(number=80, publish=8080))
    {'number': 80, 'publish': 8080}
    """
    return _fields(value, whole=False)


def decode_part(hint: object, data: Mapping[str, object], where: str) -> object:
    """Return the part of a spec that ``encode_part`` was given.

    Args:
        hint: What it is, as an annotation.
        data: What ``encode_part`` returned.
        where: Its place, for errors.

    Raises:
        ConfigError: A field is unknown, is missing or is wrong.
    """
    try:
        return _Decoder({}, "", "").value(hint, data, "")
    except (ConfigError, UsageError) as error:
        told = error.summary.replace("the stored spec", "it")
        raise ConfigError(f"{where}: {told}", hint=error.hint if isinstance(error, UsageError) else "") from error


def canonical(data: object) -> str:
    """Return the one JSON text of plain data: keys in order, no blanks, ASCII.

    >>> canonical({"b": 1, "a": [True]})
    '{"a":[true],"b":1}'
    """
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def flat(spec: AppSpec, *, whole: bool = True) -> dict[str, str]:
    """Return the fields of a spec by their dotted names, as JSON text, secrets as ``***``, files by their digests.

    Args:
        spec: The spec.
        whole: True for all fields, False for those that differ from their defaults.

    >>> flat(AppSpec(name="web", image=Reference.parse("web:1"), command=("serve",)))["command"]
    '["serve"]'
    """
    return dict(_leaves("", _fields(spec, whole=whole)))


def _encoded(value: object, *, whole: bool) -> object:
    if isinstance(value, Reference):
        return str(value)
    if isinstance(value, Secret):
        return dict(_SECRET)
    if isinstance(value, Mapping):
        return {key: _encoded(item, whole=whole) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_encoded(item, whole=whole) for item in value]
    if is_dataclass(value):
        return _fields(value, whole=whole)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fields(value: object, *, whole: bool) -> dict[str, object]:
    """Encode a dataclass; a whole one says its defaults too."""
    kind = {"kind": _KIND_OF[type(value)]} if type(value) in _KIND_OF else {}
    given = ((name, getattr(value, name), default) for name, (_, default) in _schema(type(value)).items())
    chosen = {name: item for name, item, default in given if whole or item != default}
    if isinstance(value, AppSpec) and "config" in chosen:
        chosen["config"] = {path: _file(content) for path, content in value.config.items()}
    return kind | {name: _encoded(item, whole=whole) for name, item in chosen.items()}


def _file(content: str) -> dict[str, object]:
    if isinstance(content, LostText):
        return {"file": content.digest, "size": content.size}
    return {"file": digest_of(content), "size": len(content.encode())}


def _schema(kind: type) -> Mapping[str, tuple[object, object]]:
    """Return the annotation and the default of each field of a dataclass, resolved once."""
    if kind not in _SCHEMAS:
        hints = get_type_hints(kind)
        _SCHEMAS[kind] = {field.name: (hints[field.name], default_of(field)) for field in fields(kind)}
    return _SCHEMAS[kind]


def _leaves(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    if value == _SECRET:
        yield prefix, "***"
    elif isinstance(value, dict) and value.keys() == _FILE:
        yield prefix, f"{str(value['file'])[:SHORT]}, {value['size']} bytes"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(f"{prefix}.{key}" if prefix else key, item)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, item in enumerate(value):
            yield from _leaves(f"{prefix}[{index}]", item)
    elif value != []:
        yield prefix, canonical(value)


class _Decoder:
    """Reads plain data by the annotations of the dataclasses that it makes."""

    def __init__(self, kept: Mapping[str, str], lost: str, lost_config: str) -> None:
        self._kept = kept
        self._lost = lost
        self._lost_config = lost_config

    def instance(self, kind: type[T], data: object, where: str) -> T:
        """Make a dataclass of a mapping of its fields."""
        given = _mapping(data, where)
        schema = _schema(kind)
        for name in given:
            if name not in schema:
                hint = "a newer cloudkit wrote it: use that one"
                raise ConfigError(f"the stored spec has the unknown field {shown(_join(where, name))}", hint=hint)
        for name, (_, default) in schema.items():
            if default is MISSING and name not in given:
                raise ConfigError(f"the stored spec lacks the field {_join(where, name)!r}")
        return kind(**{name: self.value(schema[name][0], item, _join(where, name)) for name, item in given.items()})

    def value(self, hint: object, data: object, where: str) -> object:
        """Make what an annotation says; what is plain stays, as the fields' own checks judge it."""
        origin = get_origin(hint)
        if origin in {Union, UnionType}:
            return self._union(get_args(hint), data, where)
        if origin is tuple:
            items = _list(data, where)
            return tuple(self.value(get_args(hint)[0], item, f"{where}[{i}]") for i, item in enumerate(items))
        if origin is Mapping:
            return {key: self._item(key, item) for key, item in _mapping(data, where).items()}
        if hint is Reference:
            return Reference.parse(cast("str", data))
        return self.instance(cast("type[object]", hint), data, where) if is_dataclass(hint) else data

    def _union(self, kinds: tuple[object, ...], data: object, where: str) -> object:
        if data is None and NoneType in kinds:
            return None
        if ExecProbe not in kinds:
            return self.value(next(kind for kind in kinds if kind is not NoneType), data, where)
        given = dict(_mapping(data, where))
        name = given.pop("kind", None)
        if not isinstance(name, str) or name not in KINDS:
            raise ConfigError(f"the stored spec has the unknown kind {shown(name)} in the field {where!r}")
        return self.instance(KINDS[name], given, where)

    def _item(self, key: str, item: object) -> object:
        """Return an item of a mapping: what was kept apart where it is a marker."""
        if item == _SECRET:
            return self._secret(key)
        return self._content(key, item) if isinstance(item, Mapping) and item.keys() == _FILE else item

    def _secret(self, name: str) -> Secret:
        if name not in self._kept and self._lost:
            return LostSecret(self._lost)
        if name not in self._kept:
            raise ConfigError(f"the value of the secret {shown(name)} is not at hand")
        return Secret(self._kept[name])

    def _content(self, path: str, marker: Mapping[str, object]) -> str:
        """Return a file's content, which is another one than was given where its digest does not match."""
        content, digest, size = self._kept.get(path), marker["file"], marker["size"]
        if content is not None and digest_of(content) == digest:
            return content
        if not self._lost_config or not isinstance(digest, str) or not isinstance(size, int):
            raise ConfigError(f"the content of the file {shown(path)} is not at hand")
        return LostText(self._lost_config, digest, size)


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _mapping(data: object, where: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise ConfigError(f"the stored spec has {shown(data)} where {where or 'a spec'!r} is a mapping")
    return data


def _list(data: object, where: str) -> list[object]:
    if not isinstance(data, list):
        raise ConfigError(f"the stored spec has {shown(data)} where {where!r} is a list")
    return data
