"""The one place where answers and failures of HTTP become errors of cloudkit."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from cloudkit.errors import AccessError, CloudkitError, NotFoundError, RegistryError
from cloudkit.registry import document
from cloudkit.registry.credentials import login_command
from cloudkit.registry.network import PrivateAddressError
from cloudkit.registry.text import harmless

__all__ = ["Answer", "Transient", "read_body", "refusal", "unreachable"]

BODY_LIMIT = 64 * 1024
BUSY = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where a call went: what an error says of it.

    Args:
        what: What was to be done, such as ``read the manifest of web:1``.
        domain: The registry, as references name it.
    """

    what: str
    domain: str


class Transient(Exception):  # noqa: N818  not an error yet: the next try may end well
    """A failure that may pass.

    Args:
        error: What is raised when no try is left.
        after: Seconds that the registry asks to wait; None when it does not say.
        undone: True when the registry says that it did nothing, so that any call may be repeated.
    """

    def __init__(self, error: CloudkitError, *, after: float | None = None, undone: bool = False) -> None:
        super().__init__(error.summary)
        self.error = error
        self.after = after
        self.undone = undone


def refusal(answer: Answer, response: httpx.Response) -> Exception:
    """Return the error that an answer other than a success is: a `Transient` where another try may help."""
    status = response.status_code
    code, said = _oci_error(response)
    evidence = [line for line in (f"HTTP {status} {code}".rstrip(), said) if line]
    error = _by_status(answer, status, code, evidence)
    if status in BUSY:
        return Transient(error, after=_retry_after(response), undone=status == 429)
    return error


def _by_status(answer: Answer, status: int, code: str, evidence: list[str]) -> CloudkitError:
    what, domain, login = answer.what, answer.domain, login_command(answer.domain)
    if status == 401:
        summary = f"cannot {what}: {domain} refuses no or wrong credentials; it is private, or not there"
        return AccessError(summary, evidence=evidence, hint=login)
    if status == 403:
        return AccessError(f"cannot {what}: {domain} does not allow it to you", evidence=evidence, hint=login)
    if status == 404:
        return NotFoundError(f"cannot {what}: {domain} does not have it", evidence=evidence)
    if status == 429:
        summary, hint = f"cannot {what}: {domain} limits the rate", f"wait, or {login} for a higher limit"
    elif status in {405, 501} or code == "UNSUPPORTED":
        summary, hint = f"cannot {what}: {domain} does not offer it", ""
    else:
        summary, hint = f"cannot {what}: {domain} answered with {status}", ""
    return RegistryError(summary, oci_code=code, status=status, evidence=evidence, hint=hint)


def _oci_error(response: httpx.Response) -> tuple[str, str]:
    """Return the code and the words of an answer in the form of the distribution specification, else empty texts."""
    try:
        found = document.read_object(read_body(response, BODY_LIMIT, "its answer"), "its answer")
    except (RegistryError, httpx.HTTPError):
        return "", ""
    errors = found.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return "", ""
    return harmless(document.read_text(first, "code"), 60), harmless(document.read_text(first, "message"))


def read_body(response: httpx.Response, limit: int, what: str) -> bytes:
    """Read an answer's body of at most ``limit`` bytes, as it came."""
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > limit:
            raise RegistryError(f"{what} has more than {limit} bytes")
    return bytes(body)


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that Retry-After asks for, given as a number or as a date."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def unreachable(answer: Answer, error: httpx.HTTPError) -> Exception:
    """Return the error for a call that got no whole answer: a `Transient` where another try may help."""
    cause = _root(error)
    if isinstance(error, PrivateAddressError):
        return RegistryError(
            f"cannot {answer.what}: {answer.domain} sends to a private address, where it is not itself",
            evidence=[harmless(str(error))],
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = f"trust its authority on this machine, or check the name {answer.domain}"
        return RegistryError(
            f"cannot {answer.what}: the certificate of {answer.domain} is not trusted",
            evidence=[harmless(cause.verify_message)],
            hint=hint,
        )
    summary = f"cannot {answer.what}: {_how(error, cause)}"
    hint = f"cloudkit doctor; is {answer.domain} right, and reachable from here?"
    failed = RegistryError(summary, evidence=[harmless(str(cause) or type(cause).__name__)], hint=hint)
    return failed if isinstance(cause, ssl.SSLError) else Transient(failed)


def _how(error: httpx.HTTPError, cause: BaseException) -> str:
    if isinstance(cause, socket.gaierror):
        return "the registry's name is not known"
    if isinstance(cause, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(cause, ssl.SSLError):
        return "it does not speak TLS as expected"
    if isinstance(error, httpx.TimeoutException):
        return "the registry does not answer in time"
    return "the connection was cut"


def _root(error: BaseException) -> BaseException:
    seen = {id(error)}
    while (inner := error.__cause__ or error.__context__) is not None and id(inner) not in seen:
        error = inner
        seen.add(id(error))
    return error
