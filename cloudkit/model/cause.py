"""Why an app is not ready: one taxonomy for every engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cloudkit.model.rows import mimebundle, pretty

__all__ = ["Cause", "CauseCode"]


class CauseCode(StrEnum):
    """What can keep an app from becoming ready."""

    IMAGE_MISSING = "image_missing"
    REGISTRY_REFUSED = "registry_refused"
    REGISTRY_UNREACHABLE = "registry_unreachable"
    REGISTRY_RATE_LIMITED = "registry_rate_limited"
    WRONG_ARCHITECTURE = "wrong_architecture"
    COMMAND_NOT_FOUND = "command_not_found"
    COMMAND_NOT_EXECUTABLE = "command_not_executable"
    CRASH_LOOP = "crash_loop"
    EXITED = "exited"
    OUT_OF_MEMORY = "out_of_memory"
    PROBE_FAILING = "probe_failing"
    OTHER_PORT = "other_port"
    LOOPBACK_ONLY = "loopback_only"
    PORT_TAKEN = "port_taken"
    CONFIG_MISSING = "config_missing"
    SECRET_MISSING = "secret_missing"
    VOLUME_UNBOUND = "volume_unbound"
    VOLUME_READ_ONLY = "volume_read_only"
    UNSCHEDULABLE = "unschedulable"
    QUOTA = "quota"
    DISK_FULL = "disk_full"
    NODE_LOST = "node_lost"
    EVICTED = "evicted"
    NOT_ALLOWED = "not_allowed"
    NETWORK = "network"
    DEADLINE = "deadline"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why something is not ready, with the proof and the one call that mends it.

    Args:
        code: Which of the known causes.
        summary: One sentence.
        evidence: The event, the exit code, the last log lines.
        fix: The call or command that mends it.
        certain: True when waiting longer cannot help, so that a wait ends at once.

    >>> Cause(code=CauseCode.EXITED, summary="web-1 exited with 1", fix="web.logs()").code
    <CauseCode.EXITED: 'exited'>
    """

    code: CauseCode
    summary: str
    evidence: tuple[str, ...] = ()
    fix: str = ""
    certain: bool = True

    _repr_pretty_ = pretty
    _repr_mimebundle_ = mimebundle
