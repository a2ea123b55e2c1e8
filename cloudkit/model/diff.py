"""What differs between two specs, for people to read."""

from __future__ import annotations

from collections.abc import Iterator

from cloudkit.model.app import AppSpec
from cloudkit.model.encode import flat
from cloudkit.model.secret import LostSecret, Secret

__all__ = ["changed_lines"]

HIDDEN = "***"


def changed_lines(before: AppSpec | None, after: AppSpec | None, *, generation: int = 0) -> list[str]:
    """Return a heading and the changed fields in the manner of a unified diff; none when nothing changes.

    A variable that is a secret on either side is shown on neither.

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


def _secrets(before: AppSpec | None, after: AppSpec | None) -> tuple[set[str], set[str]]:
    """Return the variables that are secret on a side, and those of them that have another value afterwards."""
    old, new = (dict(spec.env) if spec else {} for spec in (before, after))
    hidden = {name for env in (old, new) for name, value in env.items() if isinstance(value, Secret)}
    other = {name for name in hidden & old.keys() & new.keys() if _plain(old[name]) != _plain(new[name])}
    return {f"env.{name}" for name in hidden}, {f"env.{name}" for name in other}


def _plain(value: str | Secret) -> str | Secret:
    """Return what two values are compared by; a lost one is another than every value."""
    return value.reveal() if isinstance(value, Secret) and not isinstance(value, LostSecret) else value
