"""What an engine's words about a registry mean, old engines and new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from cloudkit.engine.errors import explain
from cloudkit.errors import AccessError, BackendError, CloudkitError, NotFoundError, RegistryError
from cloudkit.model.reference import Reference
from cloudkit.registry.credentials import login_command

__all__ = ["about"]

_STATUS = re.compile(r"unexpected (?:HTTP )?status(?: code)?(?: from \w+ request to \S+)?:? (\d{3})\b", re.IGNORECASE)
_DENIED = re.compile(r"^denied\b|error from registry: .*\bdenied", re.IGNORECASE)
_ABSENT = re.compile(r"manifest unknown|not found|name unknown|does not exist", re.IGNORECASE)
_PLATFORM = re.compile(r"no match(?:ing manifest)? for platform|does not match the specified platform", re.IGNORECASE)
_WRONG = re.compile(
    r"unexpected commit (?:digest|size)|verification failed for digest|failed size validation", re.IGNORECASE
)
_CUT = re.compile(r"unexpected EOF|expected HTTP 206|connection reset by peer", re.IGNORECASE)
_HERE = "cloudkit images shows what is here"

_ERRORS: tuple[tuple[re.Pattern[str], type[AccessError | NotFoundError | RegistryError], str, str], ...] = (
    (_DENIED, AccessError, "access is refused", "docker login"),
    (_PLATFORM, NotFoundError, "it is not there for this platform", ""),
    (_WRONG, RegistryError, "what {domain} sends does not match its digest", ""),
    (_ABSENT, NotFoundError, "{where} does not have it", _HERE),
    (_CUT, RegistryError, "{domain} cut the connection", ""),
)
"""What words mean, the first that fit: the error, what it says, and its hint."""


@contextmanager
def about(reference: Reference, what: str, where: str) -> Iterator[None]:
    """Let an error name the registry, and tell what is not there from what is refused, broken or wrong.

    Args:
        reference: Which image the engine exchanges with its registry.
        what: What it does, as for `translate`.
        where: Who would have the image.
    """
    try:
        yield
    except CloudkitError as error:
        told = _told(error, what, where, reference.domain)
        told.hint = told.hint.replace("docker login", login_command(reference.domain))
        raise told from error.__cause__


def _told(error: CloudkitError, what: str, where: str, domain: str) -> CloudkitError:
    """Return the error that is meant; the given one where the engine's words say no more than it."""
    said, evidence = " ".join(error.evidence), error.evidence
    if isinstance(error, NotFoundError):
        return NotFoundError(f"cannot {what}: {where} does not have it", evidence=evidence, hint=_HERE)
    if not isinstance(error, BackendError):
        return error
    if found := _STATUS.search(said):
        return _by_status(int(found[1]), what, said, domain, evidence)
    for pattern, kind, text, hint in _ERRORS:
        if pattern.search(said):
            return kind(f"cannot {what}: {text.format(domain=domain, where=where)}", evidence=evidence, hint=hint)
    return error


def _by_status(status: int, what: str, said: str, domain: str, evidence: tuple[str, ...]) -> CloudkitError:
    if status in {401, 403, 404, 429}:
        return explain(what, said, status=status)
    return RegistryError(f"cannot {what}: {domain} answered with {status}", status=status, evidence=evidence)
