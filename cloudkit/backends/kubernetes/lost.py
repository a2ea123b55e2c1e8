"""Secrets and files that are gone, as a hand has removed what had them: what is told of them, and what needs them.

An app that has lost some is still seen and deleted; a lost value is never taken for an empty one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cloudkit.errors import ConfigError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.files import LostText
from cloudkit.model.secret import LostSecret, Secret

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.records import Record
    from cloudkit.model.app import AppSpec

__all__ = ["lost_cause", "lost_names", "mended", "refuse_lost"]

LOST = (LostSecret, LostText)


def lost_names(spec: AppSpec) -> tuple[str, ...]:
    """Return the variables and files of a spec whose values are lost, in order.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.reference import Reference
    >>> lost_names(AppSpec(name="web", image=Reference.parse("web:1"), env={"TOKEN": LostSecret("a Secret")}))
    ('TOKEN',)
    """
    return tuple(sorted(name for name, value in _values(spec) if isinstance(value, LOST)))


def lost_cause(spec: AppSpec) -> Cause | None:
    """Return why an app cannot start another replica; None while nothing is lost."""
    if not lost_names(spec):
        return None
    secret = any(isinstance(value, LostSecret) for _, value in _values(spec))
    code = CauseCode.SECRET_MISSING if secret else CauseCode.CONFIG_MISSING
    return Cause(code=code, summary=_told(spec), fix=mended(spec))


def refuse_lost(wanted: AppSpec, record: Record | None) -> None:
    """Raise ``ConfigError`` where a change starts replicas that need a lost value.

    Args:
        wanted: What is wanted.
        record: What is wanted until now.
    """
    if not lost_names(wanted):
        return
    count = 0 if wanted.stopped else wanted.replicas
    if record is None or record.spec.template != wanted.template or count > record.replicas:
        raise ConfigError(f"{_told(wanted)}, and this change needs them", hint=mended(wanted))


def mended(spec: AppSpec) -> str:
    """Return the call that gives an app all its variables and files anew; those that are no secrets stand in its spec.

    >>> from cloudkit.model.app import AppSpec
    >>> from cloudkit.model.reference import Reference
    >>> env = {"COLOR": "blue", "TOKEN": Secret("hunter2")}
    >>> mended(AppSpec(name="web", image=Reference.parse("web:1"), env=env))
    "cloud.app('web').deploy(env={'COLOR': ..., 'TOKEN': Secret(...)})"
    """
    given = {"env": spec.env, "secrets": spec.secrets, "config": spec.config}
    needed = {"env": _has_secret(spec.env.values()), "secrets": bool(spec.secrets), "config": bool(spec.config)}
    options = (f"{option}={{{_shown(values)}}}" for option, values in given.items() if needed[option])
    return f"cloud.app({spec.name!r}).deploy({', '.join(options)})"


def _values(spec: AppSpec) -> Iterator[tuple[str, object]]:
    yield from spec.env.items()
    yield from spec.secrets.items()
    yield from spec.config.items()


def _has_secret(values: Iterable[object]) -> bool:
    return any(isinstance(value, Secret) for value in values)


def _shown(values: Mapping[str, object]) -> str:
    shown = {name: "Secret(...)" if isinstance(value, Secret) else "..." for name, value in values.items()}
    return ", ".join(f"{name!r}: {value}" for name, value in shown.items())


def _told(spec: AppSpec) -> str:
    names = lost_names(spec)
    places = sorted({value.place for _, value in _values(spec) if isinstance(value, LOST)})
    return f"app {spec.name!r} has lost the values of {', '.join(names)}: {', '.join(places)} is gone or changed"
