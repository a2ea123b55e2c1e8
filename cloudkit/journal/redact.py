"""What a call was given, as text without secrets."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from cloudkit.model.calling import GivenCall
from cloudkit.model.secret import Secret

__all__ = ["redacted", "scrubbed", "texts"]

HIDDEN = "***"
LONGEST = 500  # characters of one argument
_KEPT_BACK = frozenset({"env", "config", "secrets", "args", "build_args", "build_arg", "stdin"})
_WORD = (
    r"[\w.-]*(?:passw|passphrase|pwd|token|secret|credential|api[_-]?key|private[_-]?key|authorization|bearer)[\w.-]*"
)
_ASSIGNED = re.compile(rf"(?i)(\b{_WORD}|--?{_WORD})([\"']?\s*[=:]\s*)(?:bearer\s+|basic\s+)?(\"[^\"]*\"|'[^']*'|\S+)")
_FLAG = re.compile(rf"(?i)--?{_WORD}\Z")
_ADDRESS = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]*@")


def redacted(call: GivenCall) -> dict[str, str]:
    """Return the arguments that were given, by name, and the image whose handle it was called on."""
    try:
        bound = inspect.signature(call.method).bind(*call.positional, **call.keywords).arguments
    except TypeError:  # which the method itself is about to say
        return {}
    found = _image(bound.pop("self", None))
    for name, value in bound.items():
        given = value if isinstance(value, Mapping) and name not in _KEPT_BACK else {name: value}
        found |= texts({str(key): item for key, item in given.items()})
    return found


def texts(arguments: Mapping[str, object]) -> dict[str, str]:
    """Return arguments as texts without secrets, by name.

    >>> texts({"replicas": 3, "env": {"TOKEN": "hunter2"}, "port": None})
    {'replicas': '3', 'env': 'TOKEN=***'}
    """
    return {name: _text(name, value) for name, value in arguments.items() if value is not None}


def _image(handle: object) -> dict[str, str]:
    """Return the image that a handle names; an app or a cloud names none."""
    source = getattr(handle, "source", None) or getattr(handle, "reference", None)
    source = getattr(source, "base", source)  # of one that is described by steps
    return {} if source is None else {"image": _text("image", source)}


def scrubbed(text: str) -> str:
    """Return a text without what looks like a secret: ``--password=...``, ``token: ...``, ``user:...@host``.

    >>> scrubbed("curl --token=abc https://me:hunter2@example.com")
    'curl --token=*** https://me:***@example.com'
    """
    return _ADDRESS.sub(r"\1:***@", _ASSIGNED.sub(r"\1\2***", text))


def _text(name: str, value: object) -> str:
    if isinstance(value, Secret):
        return HIDDEN
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    if name in _KEPT_BACK:
        return ",".join(f"{key}={HIDDEN}" for key in value) if isinstance(value, Mapping) else HIDDEN
    if isinstance(value, Mapping):
        return ",".join(f"{key}={_text(str(key), item)}" for key, item in value.items())[:LONGEST]
    if isinstance(value, list | tuple | set | frozenset):
        return scrubbed(" ".join(_words([_text("", one) for one in value])))[:LONGEST]
    value = getattr(value, "reference", value)  # of an image that is handed over
    return scrubbed(str(getattr(value, "brief", value)))[:LONGEST]


def _words(words: list[str]) -> list[str]:
    """Hide the word after a flag that asks for a secret."""
    before = ["", *words][: len(words)]
    return [HIDDEN if _FLAG.match(flag) else word for flag, word in zip(before, words, strict=True)]
