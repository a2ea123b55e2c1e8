"""Why the engine could not start a container, read from its words: pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from cloudkit.backends.docker.causes.facts import Facts
from cloudkit.backends.docker.causes.words import cause, deploy, logs
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["program_cause", "refused_cause"]

_PORT = re.compile(r"port is already allocated|:\d+\S*:? (?:bind: )?address already in use")
_NETWORK = re.compile(
    r"network \S+ not found|could not find an available|no available ip|failed to set up container networking"
    r"|failed to create endpoint|address pools|address already in use|not attached to network"
)
_MOUNT = re.compile(r"bind source path does not exist|invalid mount config|error mounting|failed to mount")
_IMAGE = re.compile(r"no such image|image not known|unable to find image")
_ARCHITECTURE = re.compile(r"exec format error|does not match the (?:specified|detected) platform")
_NOT_FOUND = re.compile(r"executable file not found|exec.*no such file or directory|\bnot found\b.*\$path")
_NO_INIT = re.compile(r"exec /\S*docker-init: no such file or directory")
_NOT_EXECUTABLE = re.compile(r"exec.*(?:permission denied|is a directory)")


def refused_cause(spec: AppSpec, facts: Facts) -> Cause:
    """Return why the engine did not start a replica.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="web", image=Reference.parse("web:1"))
    >>> refused_cause(spec, Facts(name="web-1", status="created", error='exec: "x": permission denied')).code
    <CauseCode.COMMAND_NOT_EXECUTABLE: 'command_not_executable'>
    """
    text = facts.error.lower()
    for told, build in _BUILDERS:
        if told(text):
            return build(spec, facts)
    return cause(CauseCode.UNKNOWN, facts, "could not be started", fix="cloudkit doctor")


def program_cause(spec: AppSpec, facts: Facts, text: str) -> Cause | None:
    """Return why a program could not be executed, from the engine's words or those of an init process or a shell."""
    if _ARCHITECTURE.search(text) or (_foreign(facts) and _NOT_FOUND.search(text)):
        return _architecture(spec, facts)
    if _NO_INIT.search(text):
        what = "cannot run the engine's init process, as its image lacks what that needs"
        return cause(CauseCode.COMMAND_NOT_FOUND, facts, what, fix=deploy(spec, "--no-init"))
    if facts.exit_code == 127 or _NOT_FOUND.search(text):
        return _not_found(spec, facts)
    if facts.exit_code == 126 or _NOT_EXECUTABLE.search(text):
        return _not_executable(spec, facts)
    return None


def _architecture(spec: AppSpec, facts: Facts) -> Cause:
    image, engine = facts.image_platform, facts.engine_platform
    if _foreign(facts):
        what = f"is made for {image}, and the engine is {engine}"
    else:
        what = f"has a program that is not for {engine or 'the engine'}, or a script without a #! line"
    fix = f"cloudkit build . -t {spec.image.familiar} --platform {engine or 'linux/amd64'}"
    return cause(CauseCode.WRONG_ARCHITECTURE, facts, what, fix=fix)


def _foreign(facts: Facts) -> bool:
    """True when the image says that it is for another machine than the engine's."""
    image, engine = facts.image_platform, facts.engine_platform
    return bool(image and engine) and image != engine


def _not_found(spec: AppSpec, facts: Facts) -> Cause:
    shown = f" {spec.command[0]!r}" if spec.command else ""
    what = f"has no command{shown} in its image, or none that its #! line names"
    return cause(CauseCode.COMMAND_NOT_FOUND, facts, what, fix=deploy(spec, "--command 'PROGRAM ARGUMENT'"))


def _not_executable(spec: AppSpec, facts: Facts) -> Cause:
    shown = f" {spec.command[0]!r}" if spec.command else ""
    fix = "RUN chmod +x on that file in the Dockerfile, then build and deploy again"
    return cause(CauseCode.COMMAND_NOT_EXECUTABLE, facts, f"may not execute its command{shown}", fix=fix)


def _port_taken(spec: AppSpec, facts: Facts) -> Cause:
    fix = deploy(spec, "--publish 0")
    return cause(CauseCode.PORT_TAKEN, facts, "is to publish a port of the host that is taken", fix=fix)


def _disk_full(_spec: AppSpec, facts: Facts) -> Cause:
    fix = "docker system df; docker builder prune; docker image prune"
    return cause(CauseCode.DISK_FULL, facts, "cannot start: the engine's disk is full", fix=fix)


def _read_only(spec: AppSpec, facts: Facts) -> Cause:
    what = "cannot start: something must be written where it may only be read"
    return cause(CauseCode.VOLUME_READ_ONLY, facts, what, fix=logs(spec))


def _network(spec: AppSpec, facts: Facts) -> Cause:
    what = "cannot join its network"
    return cause(CauseCode.NETWORK, facts, what, fix=f"docker network prune; cloudkit restart {spec.name}")


def _mount(_spec: AppSpec, facts: Facts) -> Cause:
    what = "cannot mount what it asks for: it is not there on the engine's host"
    return cause(CauseCode.VOLUME_UNBOUND, facts, what, fix="make that folder on the engine's host, or use a volume")


def _image(spec: AppSpec, facts: Facts) -> Cause:
    fix = f"cloudkit build . -t {spec.image.familiar}"
    return cause(CauseCode.IMAGE_MISSING, facts, "has no image on the engine", fix=fix)


_Told = Callable[[str], object]
_Build = Callable[[AppSpec, Facts], Cause]
_BUILDERS: tuple[tuple[_Told, _Build], ...] = (
    (_IMAGE.search, _image),
    (_PORT.search, _port_taken),
    (re.compile(r"no space left on device|disk quota exceeded").search, _disk_full),
    (_NETWORK.search, _network),
    (re.compile("read-only file system").search, _read_only),
    (_MOUNT.search, _mount),
    (_ARCHITECTURE.search, _architecture),
    (_NOT_EXECUTABLE.search, _not_executable),
    (_NOT_FOUND.search, _not_found),
)
