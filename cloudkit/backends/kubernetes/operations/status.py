"""Read how a command in a pod ended; pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from cloudkit.backends.commands.starting import start_failure
from cloudkit.backends.kubernetes.decode import decoded
from cloudkit.errors import BackendError, CloudkitError, ConflictError

__all__ = ["Ended", "lacks", "read_status"]


class _Cause(msgspec.Struct, frozen=True):
    reason: str = ""
    message: str = ""


class _Details(msgspec.Struct, frozen=True):
    causes: tuple[_Cause, ...] = ()


class _Status(msgspec.Struct, frozen=True):
    status: str = ""
    reason: str = ""
    message: str = ""
    details: _Details | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Args:
        code: Its exit code; that of a shell when it could not be started.
        words: Why it could not be started, in the runtime's words; empty when it was.
    """

    code: int
    words: str = ""


def read_status(status: bytes, what: str, pod: str) -> Ended:
    r"""Return how a command ended.

    Args:
        status: The ``Status`` that the node sends last.
        what: What was done, for errors: ``run 'ls' in web-1``.
        pod: Where.

    Raises:
        ConflictError: The container does not run.
        BackendError: The connection broke, or the node failed.

    >>> causes = '"details": {"causes": [{"reason": "ExitCode", "message": "3"}]}'
    >>> read_status(f'{{"status": "Failure", "reason": "NonZeroExitCode", {causes}}}'.encode(), "run", "web-1")
    Ended(code=3, words='')
    """
    if not status:
        message = f"cannot {what}: the connection ended before the command did"
        raise BackendError(message, hint="whether it went on, exec: ps tells")
    try:
        told = decoded(status, _Status)
    except msgspec.DecodeError as error:
        message = f"cannot {what}: how it ended is not understood"
        raise BackendError(message, evidence=[status[:300].decode(errors="replace")]) from error
    if told.status == "Success":
        return Ended(0)
    for cause in told.details.causes if told.details else ():
        if cause.reason == "ExitCode" and cause.message.isdigit():
            return Ended(int(cause.message))
    if (code := start_failure(told.message)) is not None:
        return Ended(code, told.message)
    raise _refusal(told.message, what, pod)


def _refusal(message: str, what: str, pod: str) -> CloudkitError:
    if "container not found" in message or "not running" in message or "in an exited" in message:
        return ConflictError(f"cannot {what}: {pod} does not run", evidence=[message[:1000]], hint="cloudkit status")
    return BackendError(f"cannot {what}: the node failed", evidence=[message[:1000]], hint="cloudkit doctor")


def lacks(ended: Ended, tool: str) -> bool:
    """Tell whether a command did not start because its image has not got that tool.

    >>> lacks(Ended(127, 'exec: "env": executable file not found in $PATH'), "env")
    True
    """
    return ended.code == 127 and (f'"{tool}"' in ended.words or f"`{tool}`" in ended.words)
