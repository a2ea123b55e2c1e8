"""Rules about what an image runs: does the script exist, is its file there, which port does it listen on."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from cloudkit.engine.lint.look import Look, warning
from cloudkit.model.finding import Finding

__all__ = ["RULES"]

_INTERPRETERS = {"node": (".js", ".mjs", ".cjs"), "python": (".py",), "python3": (".py",), "bun": (".js", ".ts")}
_PACKAGE_MANAGERS = frozenset({"npm", "yarn", "pnpm"})
_LISTENS = re.compile(
    r"\.listen\(\s*(\d{2,5})\b|\bport\s*[=:]\s*(?:process\.env\.PORT\s*(?:\|\||\?\?)\s*)?(\d{2,5})\b", re.IGNORECASE
)
_FOLLOWS_ENV = re.compile(r"process\.env\.PORT|environ.{0,20}PORT")
TEXT_LIMIT = 1 << 20


def script_and_file(look: Look) -> Iterator[Finding]:
    """The script that ``npm start`` names is in package.json, and the file that it runs is brought by a COPY."""
    step = look.last_command
    if step is None or look.folder is None:
        return
    words = _plain(step.words if step.listed is not None else _split(step.arguments))
    script = _script(words)
    if script is None:
        yield from _file(look, step.line, words, " ".join(words))
    elif not look.brings("package.json"):
        if not look.opaque:
            text = f"{' '.join(words)} reads package.json, which no COPY brings into {look.workdir}"
            yield warning("npm-no-package", step.line, text, "COPY package*.json ./")
    else:
        yield from _from_package(look, step.line, script, words)


def _from_package(look: Look, line: int, script: str, words: tuple[str, ...]) -> Iterator[Finding]:
    package = _package(look)
    if package is None:
        return
    scripts: Mapping[str, Any] = package.get("scripts") or {}
    command = scripts.get(script)
    if isinstance(command, str):
        runs = _plain(_split(command))
        yield from _file(look, line, runs, f"{' '.join(words)} runs {command}")
    elif script == "start" and look.exists("server.js"):
        yield from _file(look, line, ("node", "server.js"), f"{' '.join(words)} runs node server.js")
    else:
        main = package.get("main") or "index.js"
        text = f"package.json has no script {script!r}, which {' '.join(words)} runs"
        yield warning("npm-no-script", line, text, f'"scripts": {{"{script}": "node {main}"}} in package.json')


def _file(look: Look, line: int, words: tuple[str, ...], what: str) -> Iterator[Finding]:
    """Yield a finding when an interpreter's file does not come into the image."""
    path = _script_file(words)
    if path is None or look.opaque or path.startswith("/"):
        return
    if not look.exists(path):
        yield warning("start-no-file", line, f"{what}, but {path} is not in the build context", f"write {path}")
    elif not look.brings(path):
        yield warning("start-not-copied", line, f"{what}, but no COPY brings {path}", f"COPY {path} ./")
    elif look.ignored(path):
        yield warning(
            "start-not-copied", line, f"{what}, but .dockerignore keeps {path} out", f"!{path} in .dockerignore"
        )


def npm_ci_needs_lock(look: Look) -> Iterator[Finding]:
    """``npm ci`` fails without a lock file."""
    locks = ("package-lock.json", "npm-shrinkwrap.json")
    for step in look.steps("RUN"):
        locked = look.opaque or any(look.exists(lock) for lock in locks)
        if re.search(r"\bnpm ci\b", step.arguments) and look.folder and not locked:
            text = "npm ci needs package-lock.json, which is not in the build context"
            yield warning("npm-no-lock", step.line, text, step.text.replace("npm ci", "npm install"))


def exposed_port(look: Look) -> Iterator[Finding]:
    """EXPOSE names the port that the program listens on, as far as its text tells."""
    port = _listens_on(look)
    if port is None:
        return
    exposed = {word.split("/")[0]: step.line for step in look.steps("EXPOSE") for word in step.words}
    if exposed and str(port) not in exposed and not any("$" in word for word in exposed):
        first, line = next(iter(exposed.items()))
        text = f"EXPOSE {first}, but the program listens on {port}"
        yield warning("other-port", line, text, f"EXPOSE {port}")


def _listens_on(look: Look) -> int | None:
    """Return the port in the text of the file that the image starts; None when it says none, or the environment."""
    step = look.last_command
    if step is None or look.folder is None:
        return None
    words = _plain(step.words)
    script = _script(words)
    if script is not None:
        command = ((_package(look) or {}).get("scripts") or {}).get(script)
        words = _plain(_split(command)) if isinstance(command, str) else ()
    path = _script_file(words)
    text = _read(look, path) if path else ""
    ports = {int(found[1] or found[2]) for found in _LISTENS.finditer(text)}
    follows = _FOLLOWS_ENV.search(text) and any("PORT" in step.arguments for step in look.steps("ENV"))
    return ports.pop() if len(ports) == 1 and not follows else None


def _script(words: tuple[str, ...]) -> str | None:
    """Return the script of package.json that a command runs; None when it runs none."""
    if len(words) < 2 or words[0] not in _PACKAGE_MANAGERS:
        return None
    if words[1] in {"start", "test"}:
        return words[1]
    return words[2] if words[1] in {"run", "run-script"} and len(words) > 2 else None


def _script_file(words: tuple[str, ...]) -> str | None:
    """Return the file that an interpreter is told to run; None when there is none."""
    endings = _INTERPRETERS.get(words[0].rsplit("/", 1)[-1]) if words else None
    first = next((word for word in words[1:] if not word.startswith("-")), "")
    return first.removeprefix("./") if endings and first.endswith(endings) else None


def _plain(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command without what only starts it: ``exec``, an init process, variables."""
    rest = list(words)
    while rest and (rest[0] in {"exec", "tini", "dumb-init", "--", "cross-env"} or re.match(r"[A-Z_]+=", rest[0])):
        rest.pop(0)
    return tuple(rest)


def _split(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return tuple(command.split())


def _package(look: Look) -> dict[str, Any] | None:
    try:
        package = json.loads(_read(look, "package.json"))
    except ValueError:
        return None
    return package if isinstance(package, dict) else None


def _read(look: Look, path: str) -> str:
    try:
        with (look.context.path / path).open("rb") as stream:
            return stream.read(TEXT_LIMIT).decode(errors="replace")
    except OSError:
        return ""


RULES = (script_and_file, npm_ci_needs_lock, exposed_port)
