"""What every field is checked by when a value is made; each check raises ``UsageError`` that names the field."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping

from cloudkit.model.frozen import FrozenMapping
from cloudkit.model.plain import plain
from cloudkit.model.refusal import refusal, shown

__all__ = [
    "check_choice",
    "check_flag",
    "check_integer",
    "check_kind",
    "check_number",
    "check_path",
    "check_text",
    "check_tuple",
    "check_unique",
    "check_words",
    "freeze",
    "is_word",
    "name_of",
]

WORD_LIMIT = 131_072  # bytes of one argument or variable that Linux hands to a program
PATH_LIMIT = 4096


def check_kind(field: str, value: object, kind: type, *, optional: bool = False) -> None:
    """Refuse a value of another type."""
    if not isinstance(value, kind) and not (optional and value is None):
        raise refusal(field, value, f"a {kind.__name__}" + (" or None" if optional else ""))


def check_flag(field: str, value: object) -> None:
    """Refuse all but True and False."""
    if not isinstance(value, bool):
        raise refusal(field, value, "True or False")


def check_integer(field: str, value: object, low: int, high: int, *, optional: bool = False) -> None:
    """Refuse what is no whole number from ``low`` to ``high``."""
    if optional and value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise refusal(field, value, f"a whole number from {low} to {high}" + (" or None" if optional else ""))


def check_number(field: str, value: object, low: float, high: float) -> None:
    """Refuse what is no finite number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise refusal(field, value, f"a number of seconds from {low:g} to {high:g}")


def check_choice(field: str, value: object, choices: Collection[str]) -> None:
    """Refuse what is none of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise refusal(field, value, "one of " + ", ".join(choices))


def check_text(
    field: str, value: object, pattern: re.Pattern[str], allowed: str, *, limit: int, optional: bool = False
) -> None:
    """Refuse a text that is too long or that the pattern does not match as a whole."""
    if optional and value is None:
        return
    if not isinstance(value, str) or len(value) > limit or not pattern.fullmatch(value):
        raise refusal(field, value, f"{allowed}, at most {limit} characters")


def check_path(field: str, value: object, *, optional: bool = False) -> None:
    """Refuse what is no absolute path in its plain form: no ``..``, no doubled slash, no control character."""
    if optional and value is None:
        return
    if not isinstance(value, str) or len(value) > PATH_LIMIT or not _is_plain_path(value):
        raise refusal(field, value, "an absolute path without '..', '.', '//' or a slash at its end")


def check_tuple(field: str, value: object, kind: type) -> None:
    """Refuse what is no tuple of instances of ``kind``."""
    if not isinstance(value, tuple) or not all(isinstance(item, kind) for item in value):
        raise refusal(field, value, f"a tuple of {kind.__name__}")


def check_unique(field: str, values: Iterable[Hashable]) -> None:
    """Refuse that a value comes twice."""
    seen: set[Hashable] = set()
    for value in values:
        if value in seen:
            raise refusal(field, value, "each only once; it is there twice")
        seen.add(value)


def check_words(field: str, value: object, *, empty: bool = False, optional: bool = False) -> None:
    """Refuse what is no command: a tuple of texts that a program can be handed."""
    if optional and value is None:
        return
    check_tuple(field, value, str)
    words: tuple[str, ...] = value if isinstance(value, tuple) else ()
    if not empty and (not words or not words[0]):
        raise refusal(field, value, "a command of at least one word")
    for word in words:
        if not is_word(word):
            raise refusal(field, word, f"words without NUL, each at most {WORD_LIMIT} bytes of UTF-8")


def is_word(value: object) -> bool:
    """Say whether Linux can hand a text to a program, as an argument or in a variable."""
    if not isinstance(value, str) or len(value) > WORD_LIMIT or "\0" in value:
        return False
    try:
        return len(value.encode()) <= WORD_LIMIT
    except UnicodeEncodeError:
        return False


def freeze(field: str, value: object, check: Callable[[str, object], None]) -> FrozenMapping[object]:
    """Return a frozen copy of a mapping of names, each of its items checked."""
    if not isinstance(value, Mapping):
        raise refusal(field, type(value).__name__, "a mapping of names to values")
    for key, item in value.items():
        check(key, item)
    return FrozenMapping(value)


def name_of(field: str, key: str) -> str:
    """Name one item of a mapping in an error, without its value.

    >>> name_of("env", "TOKEN")
    "env['TOKEN']"
    """
    return f"{field}[{shown(key)}]"


def _is_plain_path(path: str) -> bool:
    absolute = path.startswith("/") and not path.startswith("//") and posixpath.normpath(path) == path
    return absolute and "\t" not in path and plain(path) == path
