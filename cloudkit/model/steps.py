"""Images described in Python: a base and steps, as one immutable value that means a Dockerfile."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from cloudkit.errors import UsageError
from cloudkit.model.checks import check_integer, check_kind, check_number, check_words
from cloudkit.model.reference import Reference
from cloudkit.model.refusal import refusal

__all__ = ["Recipe"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z")
_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?\Z")
_MISREAD = re.compile(r"\A\s*(?:\[|#|--)|<<|\\\s*\Z|(?:\A|\s)#")
"""What the builder or the shell would read otherwise in a RUN of several commands: a list, a comment, an option,
a here-document, a continued line."""
_PLAIN = re.compile(r"[\w./:@%+,=-]+\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A base image and the steps on top of it; every method returns a new value.

    Args:
        base: The image to start from.
        steps: The instructions so far, one a line.
        context: The folder that ``copy`` copies from; None is the current one.
        copies: True once a step copies files, so that the build needs the folder.

    >>> recipe = Recipe(base=Reference.parse("python:3.13-slim")).run("pip install flask").copy("app.py", "/app/")
    >>> print(recipe.cmd("python", "app.py").dockerfile)
    FROM python:3.13-slim
    RUN pip install flask
    COPY app.py /app/
    CMD ["python", "app.py"]
    """

    base: Reference
    steps: tuple[str, ...] = ()
    context: Path | None = None
    copies: bool = False

    @property
    def dockerfile(self) -> str:
        """The Dockerfile that it means."""
        return "\n".join((f"FROM {self.base.familiar}", *self.steps, ""))

    def run(self, *commands: str) -> Self:
        """Run commands in a shell, in one layer; the next runs only when the one before has succeeded."""
        checked = [_line("command", command) for command in commands]
        if not checked:
            raise refusal("commands", commands, "at least one command")
        if any(_MISREAD.search(command) for command in checked):
            option = "-c" if len(checked) == 1 else "-ec"
            return self._with(f"RUN {_listed('/bin/sh', option, chr(10).join(checked))}")
        return self._with(f"RUN {' && '.join(checked)}")

    def copy(self, source: str, target: str, *, chown: str | None = None) -> Self:
        """Copy a file or folder of the context, or several by a pattern such as ``*.py``.

        Args:
            source: Relative to the context.
            target: In the image; a folder ends in ``/``.
            chown: The owner, as ``user`` or ``user:group``; root where not given.
        """
        return self._files("COPY", _inside(source), target, chown)

    def add(self, source: str, target: str, *, chown: str | None = None) -> Self:
        """Add an archive of the context, unpacked, or what an address answers."""
        remote = source.startswith(("http://", "https://"))
        return self._files("ADD", _line("source", source) if remote else _inside(source), target, chown)

    def env(self, **variables: str) -> Self:
        """Set environment variables."""
        return self._pairs("ENV", variables, _NAME)

    def label(self, labels: Mapping[str, str] | None = None, /, **more: str) -> Self:
        """Add labels."""
        return self._pairs("LABEL", {**(labels or {}), **more}, _LABEL)

    def arg(self, name: str, default: str | None = None) -> Self:
        """Declare a build argument."""
        if not _NAME.match(_line("name", name)):
            raise refusal("name", name, "letters, digits and '_', no digit first")
        return self._with(f"ARG {name}" if default is None else f"ARG {name}={_quoted('default', default)}")

    def workdir(self, path: str) -> Self:
        """Set the folder of the steps that follow and of the command."""
        return self._with(f"WORKDIR {_escaped(_line('path', path))}")

    def user(self, user: str) -> Self:
        """Set the user of the steps that follow and of the command."""
        if not _OWNER.match(_line("user", user)):
            raise refusal("user", user, "a name or number, with :group where needed")
        return self._with(f"USER {user}")

    def expose(self, *ports: int) -> Self:
        """Say which ports the program listens on."""
        for port in ports:
            check_integer("port", port, 1, 65535)
        if not ports:
            raise refusal("ports", ports, "at least one port")
        return self._with(f"EXPOSE {' '.join(map(str, ports))}")

    def entrypoint(self, *command: str) -> Self:
        """Set the ENTRYPOINT."""
        return self._with(f"ENTRYPOINT {_command('entrypoint', command)}")

    def cmd(self, *command: str) -> Self:
        """Set the CMD."""
        return self._with(f"CMD {_command('cmd', command)}")

    def healthcheck(self, *command: str, interval: float = 30, timeout: float = 30, retries: int = 3) -> Self:
        """Set the command that says whether a container is healthy.

        Args:
            command: Exits with 0 when it is.
            interval: Seconds between two checks.
            timeout: Seconds that one may take.
            retries: How many may fail in a row.
        """
        check_number("interval", interval, 0.001, 86400)
        check_number("timeout", timeout, 0.001, 86400)
        check_integer("retries", retries, 1, 1000)
        options = f"--interval={interval:g}s --timeout={timeout:g}s --retries={retries}"
        return self._with(f"HEALTHCHECK {options} CMD {_command('healthcheck', command)}")

    def _files(self, keyword: str, source: str, target: str, chown: str | None) -> Self:
        if chown is not None and not _OWNER.match(_line("chown", chown)):
            raise refusal("chown", chown, "user or user:group")
        words = (source, _escaped(_line("target", target)))
        plain = all(_PLAIN.match(word) for word in words)
        arguments = " ".join(words) if plain else _listed(*words)
        owner = f"--chown={chown} " if chown else ""
        return replace(self._with(f"{keyword} {owner}{arguments}"), copies=True)

    def _pairs(self, keyword: str, pairs: Mapping[str, str], pattern: re.Pattern[str]) -> Self:
        for name in pairs:
            if not pattern.match(_line("name", name)):
                raise refusal(f"{keyword} name", name, "letters, digits and '_'; in a label also '.', '/' and '-'")
        if not pairs:
            raise refusal(keyword, "nothing", "at least one name and value")
        return self._with(f"{keyword} {' '.join(f'{name}={_quoted(name, pairs[name])}' for name in pairs)}")

    def _with(self, step: str) -> Self:
        return replace(self, steps=(*self.steps, step))


def _line(field: str, value: str) -> str:
    """Refuse what is empty, or could begin another instruction: a line's end or another control character."""
    check_kind(field, value, str)
    if not value.strip() or _CONTROL.search(value):
        raise refusal(field, value, "a text on one line, without control characters")
    return value


def _inside(source: str) -> str:
    """Refuse a source outside the context; escape what the builder would expand, but not patterns."""
    path = _line("source", source)
    if path.startswith("/") or ".." in path.split("/"):
        message = f"source {source[:200]!r} lies outside the build context"
        raise UsageError(message, hint=f"copy({posixpath.basename(path.rstrip('/')) or '.'!r}, ...)")
    if path.startswith(("<<", "--")):
        path = f"./{path}"
    return _escaped(path)


def _escaped(text: str) -> str:
    r"""Put a backslash before what the builder would expand or drop: ``\``, ``$`` and quotes."""
    return re.sub(r"([\\$\"'])", r"\\\1", text)


def _quoted(field: str, value: str) -> str:
    """Return a value in double quotes, in which nothing is expanded."""
    check_kind(field, value, str)
    if _CONTROL.search(value):
        raise refusal(field, value, "a text on one line, without control characters")
    return '"' + re.sub(r"([\\$\"])", r"\\\1", value) + '"'


def _command(field: str, command: tuple[str, ...]) -> str:
    """Return a command as a list; a line's end inside a word is written as JSON writes it."""
    check_words(field, command)
    return _listed(*command)


def _listed(*words: str) -> str:
    import json

    return json.dumps(words)
