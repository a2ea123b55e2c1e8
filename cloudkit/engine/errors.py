"""The one place where the errors of the docker SDK and of what lies below it become cloudkit's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from cloudkit.errors import AccessError, BackendError, CloudkitError, ConflictError, NotFoundError, RegistryError

__all__ = ["disk_full", "explain", "hub_unreachable", "root_cause", "translate"]

LIMIT = 2000

_DISK_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_HUB_UNREACHABLE = re.compile(
    r"(?:failed to resolve (?:reference|source metadata)|failed to do request|https?://\S+/v2/|registry|lookup )"
    r".*?(?:dial tcp|no such host|i/o timeout|connection refused|connect: |TLS handshake timeout|server misbehaving"
    r"|temporary failure in name resolution|request canceled while waiting for connection|: EOF"
    r"|context deadline exceeded|x509: |proxyconnect)",
    re.IGNORECASE | re.DOTALL,
)
_RATE_LIMITED = re.compile(r"toomanyrequests|429 Too Many Requests|rate limit", re.IGNORECASE)
_REFUSED = re.compile(
    r"pull access denied|requested access to the resource is denied|unauthorized|authentication required"
    r"|no basic auth credentials|403 Forbidden|401 Unauthorized|authorization failed|insufficient_scope",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"no such (?:container|image|network|volume|exec)|manifest[ _]unknown", re.IGNORECASE)
_TAKEN = re.compile(r"port is already allocated|address already in use|failed to bind (?:host )?port", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+@")


@contextmanager
def translate(what: str) -> Iterator[None]:
    """Turn an error of the engine inside the block into one of cloudkit's.

    Args:
        what: What is being done, and to what: ``start replica web-1``.

    Raises:
        NotFoundError: The engine has no such object.
        ConflictError: The object is in use, its name or a port is taken.
        AccessError: The engine or a registry refuses.
        RegistryError: A registry does not answer or limits the rate; ``status`` is None when it does not answer.
        BackendError: The engine failed, stopped, does not answer, or its disk is full.

    >>> with translate("read the answer"):
    ...     raise ConnectionResetError(104, "Connection reset by peer")
    Traceback (most recent call last):
        ...
    cloudkit.errors.BackendError: cannot read the answer: the engine stopped or dropped the connection
      | Connection reset by peer
      try: cloudkit doctor
    """
    try:
        yield
    except CloudkitError:
        raise
    except Exception as error:
        translated = _translated(what, error)
        if translated is None:
            raise
        raise translated from error


def _translated(what: str, error: Exception) -> CloudkitError | None:
    """Return cloudkit's error for one of the libraries', None for any other, which is a fault of the caller."""
    if isinstance(error, ConnectionError | TimeoutError):
        return _dropped(what, error)
    from docker.errors import APIError, DockerException, StreamParseError
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    if isinstance(error, APIError):
        return explain(what, error.explanation or str(error), status=error.status_code)
    if isinstance(error, RequestException | HTTPError):
        return _dropped(what, error)
    if isinstance(error, DockerException | StreamParseError):
        return BackendError(f"cannot {what}", evidence=[_line(str(error))])
    return None


def _dropped(what: str, error: Exception) -> BackendError:
    """Say that no whole answer came: too slow, or cut off."""
    from requests.exceptions import Timeout
    from urllib3.exceptions import TimeoutError as PoolTimeoutError

    cause = root_cause(error)
    late = isinstance(error, Timeout | PoolTimeoutError | TimeoutError) or isinstance(cause, TimeoutError)
    how = "the engine does not answer in time" if late else "the engine stopped or dropped the connection"
    text = (cause.strerror if isinstance(cause, OSError) else None) or str(cause)
    return BackendError(f"cannot {what}: {how}", evidence=[_line(text)], hint="cloudkit doctor")


def explain(what: str, text: str, *, status: int | None = None) -> CloudkitError:
    """Return the error that the engine's own words mean, be they an answer's or in the middle of a stream.

    Args:
        what: What was being done, as for `translate`.
        text: The engine's words.
        status: The HTTP status; None in a stream, where there is none.

    >>> explain("start replica web-1", "port is already allocated", status=500)
    ConflictError('cannot start replica web-1: what it asks for is taken')
    """
    evidence = [_line(text)]
    if disk_full(text):
        hint = "docker system df; docker builder prune; docker image prune"
        return BackendError(f"cannot {what}: the engine's disk is full", evidence=evidence, hint=hint)
    if status == 429 or _RATE_LIMITED.search(text):
        return RegistryError(
            f"cannot {what}: the registry limits the rate",
            oci_code="TOOMANYREQUESTS",
            status=429,
            evidence=evidence,
            hint="wait, or docker login",
        )
    if hub_unreachable(text):
        hint = "cloudkit doctor; cloudkit images shows what is here"
        return RegistryError(f"cannot {what}: the image's registry does not answer", evidence=evidence, hint=hint)
    return _by_status(what, text, status, evidence)


def _by_status(what: str, text: str, status: int | None, evidence: list[str]) -> CloudkitError:
    """Choose by the status where there is one, else by the words."""
    if status in {401, 403} or _REFUSED.search(text):
        return AccessError(f"cannot {what}: access is refused", evidence=evidence, hint="docker login")
    if status == 404 or _ABSENT.search(text):
        return NotFoundError(f"cannot {what}: it is not there", evidence=evidence)
    if _TAKEN.search(text):
        return ConflictError(f"cannot {what}: what it asks for is taken", evidence=evidence)
    if status == 409:
        return ConflictError(f"cannot {what}: it is in use, or its name is taken", evidence=evidence)
    return BackendError(f"cannot {what}", evidence=evidence)


def disk_full(text: str) -> bool:
    """True when the engine's words say that no space is left.

    >>> disk_full("write /var/lib/docker/tmp/x: no space left on device")
    True
    """
    return _DISK_FULL.search(text[:LIMIT]) is not None


def hub_unreachable(text: str) -> bool:
    """True when the engine's words say that an image's registry could not be reached.

    >>> hub_unreachable('Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host')
    True
    """
    return _HUB_UNREACHABLE.search(text[:LIMIT]) is not None


def root_cause(error: BaseException) -> BaseException:
    """Return the error of the operating system at the bottom of a chain, else the last one of the chain."""
    deepest, seen, queue = error, set[int](), [error]
    while queue:
        deepest = queue.pop(0)
        if id(deepest) in seen:
            continue
        seen.add(id(deepest))
        if type(deepest).__module__ in {"builtins", "socket", "ssl"} and isinstance(deepest, OSError):
            return deepest
        inner = [deepest.__cause__, deepest.__context__, getattr(deepest, "reason", None), *deepest.args]
        queue += [part for part in inner if isinstance(part, BaseException)]
    return deepest


def _line(text: str) -> str:
    """Return the engine's words on one line, bounded, without credentials in an address."""
    return _CREDENTIALS.sub("***@", " ".join(text[:LIMIT].split()))
