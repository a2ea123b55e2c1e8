"""Why the engine could not start a container, read from its words: pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from cloudkit.backends.causes.program import program_cause
from cloudkit.backends.causes.words import cause, deploy, logs
from cloudkit.backends.docker.causes.facts import Facts
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["refused_cause"]

_PORT = re.compile(r"port is already allocated|:\d+\S*:? (?:bind: )?address already in use")
_NETWORK = re.compile(
    r"network \S+ not found|could not find an available|no available ip|failed to set up container networking"
    r"|failed to create endpoint|address pools|address already in use|not attached to network"
)
_MOUNT = re.compile(r"bind source path does not exist|invalid mount config|error mounting|failed to mount")
_IMAGE = re.compile(r"no such image|image not known|unable to find image")


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
    return program_cause(spec, facts, text) or cause(
        CauseCode.UNKNOWN, facts, "could not be started", fix="cloudkit doctor"
    )


def _port_taken(spec: AppSpec, facts: Facts) -> Cause:
    fix = deploy(spec, "--publish 0")
    return cause(CauseCode.PORT_TAKEN, facts, "is to publish a port of the host that is taken", fix=fix)


def _disk_full(_spec: AppSpec, facts: Facts) -> Cause:
    return cause(CauseCode.DISK_FULL, facts, f"cannot start: {facts.host}'s disk is full", fix=facts.space)


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
)
