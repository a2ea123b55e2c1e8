"""The errors of cloudkit, each one a sentence that a person can act on.

::

    CloudkitError            code, exit_code, hint, evidence
     +- UsageError           also a ValueError: the call itself is wrong
     +- ConfigError          a file, a context or an environment variable is wrong
     +- NotFoundError        also a LookupError: no app, image, context of that name
     +- ConflictError        somebody else was faster, or the thing is in use
     +- AccessError          refused: credentials or permissions
     +- BuildError           a build step failed: step, line, log
     +- RolloutError         an app did not become ready: cause
     +- BackendError         the engine or cluster failed or does not answer
     +- RegistryError        an image registry failed: OCI code, status
     +- UnsupportedError     this backend cannot do that: capability
     +- JournalError         the journal cannot be written or read, so nothing was changed

    Detached                 a KeyboardInterrupt: Ctrl-C ended a wait, and nothing was undone
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloudkit.model.cause import Cause

__all__ = [
    "AccessError",
    "BackendError",
    "BuildError",
    "CloudkitError",
    "ConfigError",
    "ConflictError",
    "Detached",
    "JournalError",
    "NotFoundError",
    "RegistryError",
    "RolloutError",
    "UnsupportedError",
    "UsageError",
]


class CloudkitError(Exception):
    """What every error of cloudkit is.

    Args:
        summary: What failed, on which object, in one sentence.
        hint: The next call or command that helps; empty when there is none.
        evidence: Lines that prove it: an event, an exit code, the end of a log.

    >>> str(CloudkitError("app 'web' is not there", hint="cloudkit apps"))
    "app 'web' is not there\\n  try: cloudkit apps"
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, summary: str, *, hint: str = "", evidence: Sequence[str] = ()) -> None:
        super().__init__(summary)
        self.summary = summary
        self.hint = hint
        self.evidence = tuple(evidence)

    def __str__(self) -> str:
        lines = [self.summary, *(f"  | {line}" for line in self.evidence)]
        if self.hint:
            lines.append(f"  try: {self.hint}")
        return "\n".join(lines)


class UsageError(CloudkitError, ValueError):
    """The call is wrong: which field, what was given, what is allowed."""

    code = "usage"
    exit_code = 2


class ConfigError(CloudkitError):
    """A configuration file, context or environment variable is wrong or missing."""

    code = "config"
    exit_code = 3


class NotFoundError(CloudkitError, LookupError):
    """No app, image, revision or file of that name is there."""

    code = "not_found"
    exit_code = 4


class ConflictError(CloudkitError):
    """Another writer was faster, or what is asked for is taken."""

    code = "conflict"
    exit_code = 5


class AccessError(CloudkitError):
    """The credentials or permissions do not allow it."""

    code = "access"
    exit_code = 6


class BuildError(CloudkitError):
    """A build failed.

    Args:
        summary: What failed.
        step: The instruction that failed, as the Dockerfile has it.
        line: Its line in the Dockerfile, from 1; None when the builder did not say.
        log: The last lines that the step printed.
    """

    code = "build"
    exit_code = 7

    def __init__(
        self, summary: str, *, step: str = "", line: int | None = None, log: Sequence[str] = (), hint: str = ""
    ) -> None:
        super().__init__(summary, hint=hint, evidence=log)
        self.step = step
        self.line = line
        self.log = tuple(log)


class RolloutError(CloudkitError):
    """An app did not become ready; ``cause`` says why and what mends it."""

    code = "rollout"
    exit_code = 8

    def __init__(self, summary: str, *, cause: Cause) -> None:
        super().__init__(summary, hint=cause.fix, evidence=cause.evidence)
        self.cause = cause


class BackendError(CloudkitError):
    """The engine or cluster failed, or does not answer."""

    code = "backend"
    exit_code = 9


class RegistryError(CloudkitError):
    """An image registry refused, failed or sent something wrong.

    Args:
        summary: What failed, with the reference.
        oci_code: The error code of the OCI distribution specification, such as ``MANIFEST_UNKNOWN``; may be empty.
        status: The HTTP status; None when no answer came.
    """

    code = "registry"
    exit_code = 10

    def __init__(
        self,
        summary: str,
        *,
        oci_code: str = "",
        status: int | None = None,
        hint: str = "",
        evidence: Sequence[str] = (),
    ) -> None:
        super().__init__(summary, hint=hint, evidence=evidence)
        self.oci_code = oci_code
        self.status = status


class UnsupportedError(CloudkitError):
    """This backend or engine cannot do it; ``capability`` names what is missing."""

    code = "unsupported"
    exit_code = 11

    def __init__(self, summary: str, *, capability: str, hint: str = "") -> None:
        super().__init__(summary, hint=hint)
        self.capability = capability


class JournalError(CloudkitError):
    """The journal cannot be written to or read; what was asked for was not begun."""

    code = "journal"
    exit_code = 12


class Detached(KeyboardInterrupt):
    """Ctrl-C ended the wait for a change; what was done stands.

    Args:
        summary: Whose wait, and who goes on with the change.
        hint: The command that waits again.
        carry_on: Brings the change to its end, where nobody else does; None where the engine goes on by itself.

    >>> str(Detached("app 'web' goes on", hint="cloudkit wait web"))
    "app 'web' goes on\\n  try: cloudkit wait web"
    """

    def __init__(self, summary: str, *, hint: str, carry_on: Callable[[], object] | None = None) -> None:
        super().__init__(summary)
        self.summary = summary
        self.hint = hint
        self.carry_on = carry_on

    def __str__(self) -> str:
        return f"{self.summary}\n  try: {self.hint}"
