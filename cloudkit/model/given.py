"""Values of secrets that somebody gives anew, because a file does not hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from cloudkit.errors import UsageError
from cloudkit.model.files import SECRETS, secret_text
from cloudkit.model.refusal import shown
from cloudkit.model.secret import Secret

__all__ = ["PREFIX", "GivenSecrets", "variable_of"]

PREFIX = "CLOUDKIT_SECRET_"
_OTHER = re.compile(r"[^A-Z0-9]+")


def variable_of(app: str, name: str) -> str:
    """Return the environment variable that gives a secret of one app.

    >>> variable_of("web", "API_TOKEN"), variable_of("my-app", "/run/secrets/token")
    ('CLOUDKIT_SECRET_WEB_API_TOKEN', 'CLOUDKIT_SECRET_MY_APP_TOKEN')
    """
    return PREFIX + _OTHER.sub("_", f"{app} {_brief(name)}".upper()).strip("_")


class GivenSecrets:
    """Secrets by the name that they are given by, of one app or of all.

    Args:
        values: By ``app:NAME`` or ``NAME``, which is a variable, a path, or a name in ``/run/secrets``; a ``Path`` is
            a file of this machine to read.
        environ: The environment that has the others, as ``CLOUDKIT_SECRET_APP_NAME`` or ``CLOUDKIT_SECRET_NAME``.

    >>> GivenSecrets({"web:TOKEN": "hunter2"}).value("web", "TOKEN")
    Secret('***')
    """

    def __init__(
        self, values: Mapping[str, str | Secret | Path] | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self._values = dict(values or {})
        self._environ = environ or {}

    def value(self, app: str, name: str) -> Secret | None:
        """Return the value of an app's secret; None where nobody gives it."""
        for key in (f"{app}:{name}", f"{app}:{_brief(name)}", name, _brief(name)):
            if key in self._values:
                return _secret(key, self._values[key], line=not name.startswith("/"))
        for variable in (variable_of(app, name), variable_of("", name)):
            if variable in self._environ:
                return Secret(self._environ[variable])
        return None

    def refuse_unused(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Refuse a name that no app has a secret of.

        Args:
            wanted: App and name of every secret that there is.

        Raises:
            UsageError: One is given that nobody wants.
        """
        there = sorted(wanted)
        known = {key for app, name in there for key in (f"{app}:{name}", f"{app}:{_brief(name)}", name, _brief(name))}
        for key in self._values:
            if key not in known:
                names = ", ".join(f"{app}:{_brief(name)}" for app, name in there) or "none"
                raise UsageError(f"no secret is wanted by the name {shown(key)}; there are: {names}")


def _brief(name: str) -> str:
    return name.removeprefix(f"{SECRETS}/")


def _secret(key: str, value: object, *, line: bool) -> Secret:
    """Return a value that was given, read from its file where it names one; no error shows it.

    Args:
        key: The name that it was given by.
        value: What was given.
        line: True where the end of a file's last line is none of the value.
    """
    text = secret_text(key, value) if isinstance(value, Path) else value
    if isinstance(value, Path) and isinstance(text, str) and line:
        text = text.removesuffix("\n")
    if isinstance(text, Secret):
        return text
    if not isinstance(text, str):
        raise UsageError(
            f"secret {shown(key)} is of type {type(text).__name__}", hint="a Secret, or the Path of a file"
        )
    return Secret(text)
