"""What differs between two specs, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice

from cloudkit.model.app import AppSpec
from cloudkit.model.encode import flat
from cloudkit.model.files import LostText
from cloudkit.model.secret import LostSecret, Secret

__all__ = ["changed_lines", "given_secrets"]

HIDDEN = "***"
CONFIG = "config."
MOST_LINES = 20  # of a file
WIDEST = 160  # characters of a line of a file


def changed_lines(before: AppSpec | None, after: AppSpec | None, *, generation: int = 0) -> list[str]:
    """Return a heading and the changed fields in the manner of a unified diff; none when nothing changes.

    A variable that is a secret on either side is shown on neither. Of a file the lines are shown that differ.

    Args:
        before: What was wanted; None when there was nothing.
        after: What is wanted; None when it goes.
        generation: The generation of ``before``.

    >>> from cloudkit.model.reference import Reference
    >>> web = AppSpec(name="web", image=Reference.parse("web:1"))
    >>> print(*changed_lines(web, web.replace(replicas=3), generation=1), sep="\\n")
    --- web, generation 1
    +++ web, generation 2
    -replicas: 1
    +replicas: 3
    """
    lines = list(_fields(before, after))
    if not lines:
        return []
    return [_heading("---", before, generation), _heading("+++", after, generation + 1), *lines]


def given_secrets(before: AppSpec | None, after: AppSpec | None) -> tuple[str, ...]:
    """Return the secrets, by variable or path, whose value is not the one that was there before.

    >>> from cloudkit.model.reference import Reference
    >>> web = AppSpec(name="web", image=Reference.parse("web:1"), env={"OLD": Secret("1")})
    >>> given_secrets(web, web.replace(env={"OLD": Secret("1"), "NEW": Secret("2")}))
    ('NEW',)
    """
    old, new = ({} if spec is None else {**spec.env, **spec.secrets} for spec in (before, after))
    secret = sorted(name for name, value in new.items() if isinstance(value, Secret))
    return tuple(name for name in secret if name not in old or _plain(old[name]) != _plain(new[name]))


def _heading(mark: str, spec: AppSpec | None, generation: int) -> str:
    return f"{mark} {spec.name}, generation {generation}" if spec else f"{mark} nothing"


def _fields(before: AppSpec | None, after: AppSpec | None) -> Iterator[str]:
    whole = before is not None and after is not None
    old = flat(before, whole=whole) if before else {}
    new = flat(after, whole=whole) if after else {}
    hidden, other = _secrets(before, after)
    for name in [*old, *(name for name in new if name not in old)]:
        if old.get(name) == new.get(name) and name not in other:
            continue
        if name in old:
            yield f"-{name}: {HIDDEN if name in hidden else old[name]}"
        if name in new:
            note = " (another value)" if name in other else ""
            yield f"+{name}: {HIDDEN if name in hidden else new[name]}{note}"
        if whole and name.startswith(CONFIG):
            yield from _content(before, after, name.removeprefix(CONFIG))


def _content(before: AppSpec | None, after: AppSpec | None, path: str) -> Iterator[str]:
    """Yield the first lines that differ of a file that both sides have."""
    old, new = (spec.config.get(path) if spec else None for spec in (before, after))
    if old is None or new is None or isinstance(old, LostText) or isinstance(new, LostText):
        return
    differing = (line for line in unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))
    lines = [line for line in islice(differing, 2, MOST_LINES + 4) if not line.startswith("@@")]
    yield from (f"  {line[:WIDEST]}" for line in lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        yield "  ..."


def _secrets(before: AppSpec | None, after: AppSpec | None) -> tuple[set[str], set[str]]:
    """Return what is secret on a side, and what of that has another value afterwards."""
    old, new = (_values(spec) for spec in (before, after))
    hidden = {name for env in (old, new) for name, value in env.items() if isinstance(value, Secret)}
    other = {name for name in hidden & old.keys() & new.keys() if _plain(old[name]) != _plain(new[name])}
    return hidden, other


def _values(spec: AppSpec | None) -> dict[str, str | Secret]:
    if spec is None:
        return {}
    variables = {f"env.{name}": value for name, value in spec.env.items()}
    return variables | {f"secrets.{path}": value for path, value in spec.secrets.items()}


def _plain(value: str | Secret) -> str | Secret:
    """Return what two values are compared by; a lost one is another than every value."""
    return value.reveal() if isinstance(value, Secret) and not isinstance(value, LostSecret) else value
