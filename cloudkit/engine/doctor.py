"""Say what of an engine, its tools and its surroundings is there and what is missing, and mend what can be mended."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from cloudkit.config import Config
from cloudkit.engine import bases
from cloudkit.engine.connect import Engine, connect
from cloudkit.engine.disk import free_bytes, freeable, in_words
from cloudkit.engine.docker_command import buildx_program, docker_command
from cloudkit.engine.packages import as_root, may_install, program, run
from cloudkit.errors import BackendError, CloudkitError, UnsupportedError
from cloudkit.model.check import Check
from cloudkit.model.progress import Listener, Phase, Progress

__all__ = ["buildx_alone", "examine", "mend"]

ENOUGH = 5 << 30
"""Bytes that should be free for images."""
START_TIMEOUT = 30
_PACKAGE = "docker.io"
_CANDIDATE = re.compile(r"^(?P<name>[\w-]+):\n.*\n\s+\S+: (?!\(none\))\S", re.MULTILINE)
"""A package of which the distribution has a version, in the words of ``apt-cache policy``."""


def examine(config: Config) -> tuple[Check, ...]:
    """Look at all that cloudkit needs: engine, docker command, buildx, disk, credentials, image hub, base images."""
    if config.endpoint is None:
        return (Check(name="engine", ok=True, detail=f"the backend {config.backend!r} needs none"),)
    try:
        engine = connect(config)
    except CloudkitError as error:
        return (_no_engine(config, error), *_tools(config), _credentials(config))
    with closing(engine):
        surroundings = (_safely("disk", _disk, engine), _safely("images", _base_images, engine))
        hub = _safely("hub", _hub, engine)
    return (_engine(engine), *_tools(config), surroundings[0], _credentials(config), hub, surroundings[1])


def _safely(name: str, look: Callable[[Engine], Check], engine: Engine) -> Check:
    """Return what a look found; an error of its own is what it found."""
    try:
        return look(engine)
    except CloudkitError as error:
        return Check(name=name, ok=False, detail=error.summary, fix=error.hint)


def _engine(engine: Engine) -> Check:
    kind = "Podman" if engine.features.podman else "engine"
    return Check(name="engine", ok=True, detail=f"{kind} {engine.version}, API {engine.api_version}, {engine.endpoint}")


def _no_engine(config: Config, error: CloudkitError) -> Check:
    """Say why no engine answers; one that nobody chose can be installed and started here."""
    local = config.endpoint is not None and config.endpoint.host.startswith("unix:///var/run/")
    fixable = isinstance(error, BackendError) and local and may_install()
    detail = "; ".join((error.summary, *error.evidence))
    fix = f"cloudkit doctor --fix (apt-get install {_PACKAGE}, and start it)" if fixable else error.hint
    return Check(name="engine", ok=False, detail=detail, fix=fix, fixable=fixable)


def _tools(config: Config) -> tuple[Check, Check]:
    """Look for the docker command and its buildx; builds work without, by the engine's own builder."""
    command = docker_command(config)
    if command is None:
        fix = "sudo apt-get install docker.io, or docker-ce-cli"
        missing = Check(name="docker command", ok=False, detail="not on PATH; builds do without BuildKit", fix=fix)
        return missing, _no_buildx("not there, as the docker command is not")
    found = Check(name="docker command", ok=True, detail=command.path)
    if command.builds:
        return found, Check(name="buildx", ok=True, detail=f"{command.buildx}")
    return found, _no_buildx(f"{command.buildx} is too old" if command.buildx else "not there")


def buildx_alone(docker_config: Path) -> Check:
    """Look for the buildx that a BuildKit without an engine takes; without it nothing is built."""
    program = buildx_program(docker_config)
    if program is not None:
        return Check(name="buildx", ok=True, detail=program)
    return _no_buildx("not there", meaning="it is the client of the BuildKit that builds")


def _no_buildx(
    detail: str, *, meaning: str = "builds use the engine's own builder, without secrets and caches"
) -> Check:
    said = f"{detail}; {meaning}"
    available = _buildx_package()
    fix = f"sudo apt-get install {available}" if available else "install docker-buildx-plugin from docker's packages"
    return Check(name="buildx", ok=False, detail=said, fix=fix, fixable=bool(available) and may_install())


def _buildx_package() -> str:
    """Return the name under which this distribution has buildx; empty when it has none."""
    if shutil.which("apt-cache") is None:
        return ""
    with suppress(CloudkitError):
        found = _CANDIDATE.search(run(["apt-cache", "policy", "docker-buildx-plugin", "docker-buildx"]))
        return found["name"] if found else ""
    return ""


def _disk(engine: Engine) -> Check:
    """Say how much is free, and how much could be."""
    free = free_bytes(engine)
    found = freeable(engine)
    could = ", ".join(f"{in_words(size)} of {kind}" for kind, size in found.items() if size)
    detail = f"{in_words(free)} free in {engine.features.root}" if free is not None else "the engine is elsewhere"
    detail += f"; {could} could be freed" if could else ""
    short = free is not None and free < ENOUGH
    return Check(
        name="disk", ok=not short, detail=detail, fix="docker system prune; docker builder prune" if short else ""
    )


def _credentials(config: Config) -> Check:
    """Look whether the helpers that docker's configuration names are there."""
    file = config.docker_config / "config.json"
    if not file.is_file():
        return Check(name="credentials", ok=True, detail=f"none: there is no {file}")
    try:
        settings: dict[str, Any] = json.loads(file.read_bytes())
        named = {str(name) for name in (settings.get("credHelpers") or {}).values()}
        accounts = sorted(map(str, {*(settings.get("auths") or {}), *(settings.get("credHelpers") or {})}))
    except (OSError, ValueError, AttributeError) as error:
        return Check(name="credentials", ok=False, detail=f"cannot read {file}: {error}", fix=f"mend or remove {file}")
    named |= {str(settings["credsStore"])} if settings.get("credsStore") else set()
    absent = sorted(name for name in named if shutil.which(f"docker-credential-{name}") is None)
    if absent:
        detail = (
            f"{file} names helpers that are not on PATH: {', '.join(f'docker-credential-{name}' for name in absent)}"
        )
        return Check(name="credentials", ok=False, detail=detail, fix=f"install them, or take them out of {file}")
    return Check(name="credentials", ok=True, detail=f"for {', '.join(accounts)}" if accounts else f"none in {file}")


def _hub(engine: Engine) -> Check:
    """Ask for one image of the hub, through the engine, as pulls go."""
    if bases.hub_answers(engine.client, bases.REFERENCES[0]):
        return Check(name="image hub", ok=True, detail="answers the engine")
    detail = "does not answer the engine: closed network, proxy, or no DNS"
    return Check(name="image hub", ok=False, detail=detail, fix="cloudkit doctor --fix makes base images from packages")


def _base_images(engine: Engine) -> Check:
    """Look for the base images of the examples; where no hub answers they are made from packages."""
    absent = bases.missing(engine.client, bases.REFERENCES)
    if not absent:
        return Check(name="base images", ok=True, detail=", ".join(bases.REFERENCES))
    if bases.hub_answers(engine.client, absent[0]):
        return Check(name="base images", ok=True, detail="pulled from the hub when they are needed")
    detail = f"not here: {', '.join(absent)}"
    return Check(name="base images", ok=False, detail=detail, fix="cloudkit doctor --fix", fixable=may_install())


def mend(check: Check, config: Config, *, listener: Listener) -> None:
    """Do what a check's fix says.

    Raises:
        UnsupportedError: It cannot be done from here.
        BackendError: It was tried and failed.
    """
    if check.name == "engine":
        _install_engine(config, listener)
    elif check.name == "buildx" and (package := _buildx_package()):
        _notice(listener, check, f"installing {package}")
        run(as_root("apt-get", "install", "-yqq", package))
    elif check.name == "base images":
        with closing(connect(config)) as engine:
            bases.provide(engine.client, listen=listener)
    else:
        raise UnsupportedError(f"{check.name} cannot be mended from here", capability="doctor", hint=check.fix)


def _install_engine(config: Config, listener: Listener) -> None:
    """Install the distribution's engine where there is none, start it, and wait until it answers."""
    check = Check(name="engine", ok=False)
    _notice(listener, check, f"installing {_PACKAGE}" if shutil.which("dockerd") is None else "starting the engine")
    program("dockerd", _PACKAGE)
    _start()
    limit = time.monotonic() + START_TIMEOUT
    while True:
        try:
            connect(config).close()
        except CloudkitError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)
        else:
            return _notice(listener, check, "the engine answers", done=True)


def _start() -> None:
    """Start the engine: by systemd where that runs, else as a process of its own.

    Its init script is of no use where systemd is not: it raises limits that a container may not raise.
    """
    if Path("/run/systemd/system").is_dir():
        run(as_root("systemctl", "enable", "--now", "docker"))
    else:
        run(as_root("sh", "-c", "setsid dockerd >/var/log/dockerd.log 2>&1 </dev/null &"))


def _notice(listener: Listener, check: Check, message: str, *, done: bool = False) -> None:
    listener(Progress(phase=Phase.NOTICE, item=check.name, message=message, done=done))
