"""YAML as compose and Kubernetes read it: version 1.2, in which ``no`` is a text and ``22:22`` no number of minutes."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any

import yaml

from cloudkit.errors import ConfigError

__all__ = ["documents", "dumped"]

MOST = 1000  # documents
_RESOLVERS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf)|\.nan", "-+.0123456789"),
    "null": (r"~|null|Null|NULL|", "~nN"),
    "merge": (r"<<", "<"),
}


class _Loader(yaml.SafeLoader):
    """Reads plain data only, resolves scalars as YAML 1.2 does, and refuses a key that is there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  # its parent's own
        """Make a mapping."""
        keys = [one.value for one, _ in node.value if isinstance(one, yaml.ScalarNode) and one.value != "<<"]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
for _tag, (_pattern, _first) in _RESOLVERS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"\Z"), [""])
_Loader.add_constructor(
    "tag:yaml.org,2002:int", lambda _loader, node: int(node.value, 0 if node.value[:2] in {"0o", "0x"} else 10)
)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, and quotes what an older reader would take for something else."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # its parent's own
        """Write everything out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    lines = text.split("\n")
    if not all(line.isprintable() for line in lines):
        style = '"'
    elif len(lines) > 1 and lines[0][:1].strip() and all(line == line.rstrip() for line in lines):
        style = "|"
    else:
        style = None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
for _tag, (_pattern, _first) in _RESOLVERS.items():
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))


def documents(text: str, name: str) -> list[Any]:
    """Return the documents of a text that are not empty.

    Args:
        text: What is in the file.
        name: What it is called, for errors.

    Raises:
        ConfigError: It is no YAML.
    """
    try:
        found = [one for one in yaml.load_all(text, Loader=_Loader) if one is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{name} is no YAML", evidence=str(error).splitlines()[:6]) from None
    if len(found) > MOST:
        raise ConfigError(f"{name} has more than {MOST} documents")
    return found


def dumped(*given: Mapping[str, Any]) -> str:
    r"""Return documents as text.

    >>> dumped({"restart": "no", "port": 80})
    "restart: 'no'\nport: 80\n"
    """
    text: str = yaml.dump_all(given, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
