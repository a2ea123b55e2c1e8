"""What is said alike of a workload that becomes an app: what of it no app can say, and what is better not shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cloudkit.errors import ConflictError, UnsupportedError
from cloudkit.model.secret import Secret

__all__ = ["hidden", "name_taken", "refuse_lossy"]

SHOWN = 6  # fields that an error names
_TELLING = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|PRIVATE|(?:^|_)KEY(?:$|_)", re.IGNORECASE)
_CREDENTIALS = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def hidden(name: str, value: str) -> str | Secret:
    """Return a variable's value as a secret where its name or its form tells that it is one.

    >>> hidden("COLOR", "blue"), hidden("DB_PASSWORD", "x"), hidden("DATABASE_URL", "postgres://web:x@db/web")
    ('blue', Secret('***'), Secret('***'))
    """
    return Secret(value) if _TELLING.search(name) or _CREDENTIALS.search(value) else value


def refuse_lossy(workload: str, lost: Sequence[str]) -> None:
    """Raise where a workload has what no app can say, unless one has agreed to lose it.

    >>> refuse_lossy("rc/legacy", ["spec.hostNetwork"])
    Traceback (most recent call last):
    cloudkit.errors.UnsupportedError: rc/legacy has what an app cannot say: spec.hostNetwork
      try: cloudkit adopt rc/legacy --lossy, which loses that with the next revision
    """
    if not lost:
        return
    more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
    message = f"{workload} has what an app cannot say: {', '.join(lost[:SHOWN])}{more}"
    hint = f"cloudkit adopt {workload} --lossy, which loses that with the next revision"
    raise UnsupportedError(message, capability="adopt", hint=hint)


def name_taken(workload: str, name: str) -> ConflictError:
    """Return the error of a workload that would become an app which is there."""
    message = f"{workload} would become the app {name!r}, which is there already"
    return ConflictError(message, hint=f"cloudkit adopt {workload} --name NAME")
