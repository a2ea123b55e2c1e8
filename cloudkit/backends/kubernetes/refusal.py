"""What an API server says when it does not do what it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property

import msgspec

from cloudkit.backends.kubernetes.decode import decoded
from cloudkit.backends.kubernetes.target import Target

__all__ = ["Field", "RefusedError", "refusal_of"]

LIMIT = 4000


class Field(msgspec.Struct, frozen=True):
    """One of the reasons: a field of the object, and what is wrong with it."""

    field: str = ""
    message: str = ""
    reason: str = ""


class _Details(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    kind: str = ""
    causes: tuple[Field, ...] = ()
    retry_after_seconds: int = 0


class _Status(msgspec.Struct, frozen=True):
    """The object ``Status``, as the API server answers a failure."""

    message: str = ""
    reason: str = ""
    code: int = 0
    details: _Details | None = None


class RefusedError(Exception):
    """An answer that is no success. It is the cause of the error of cloudkit that is made of it.

    Args:
        status: The HTTP status.
        body: What came with it: a ``Status``, or any text.
        headers: The answer's headers.
        target: What was asked.
    """

    def __init__(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None, target: Target | None = None
    ) -> None:
        super().__init__(status, body[:LIMIT])
        self.status = status
        self.target = target or Target(verb="get")
        self._body = body
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}

    @cached_property
    def _told(self) -> _Status:
        with suppress(msgspec.DecodeError):
            return decoded(self._body, _Status)
        return _Status(message=" ".join(self._body[:LIMIT].decode(errors="replace").split()))

    @property
    def reason(self) -> str:
        """Kubernetes' word: ``AlreadyExists``, ``Conflict``, ``Forbidden``, ``Invalid``, ``Expired``; may be empty."""
        return self._told.reason

    @property
    def message(self) -> str:
        """Its sentence."""
        return self._told.message[:LIMIT]

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is wrong with which field; for a conflict of managers, the field and who owns it."""
        return self._told.details.causes if self._told.details else ()

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait before asking again; None when the server does not say."""
        told = self._headers.get("retry-after", "")
        if told.isdigit():
            return float(told)
        seconds = self._told.details.retry_after_seconds if self._told.details else 0
        return float(seconds) if seconds else None

    def __str__(self) -> str:
        return f"{self.status} {self.reason}: {self.message}" if self.reason else f"{self.status}: {self.message}"


def refusal_of(error: BaseException) -> RefusedError | None:
    """Return the API server's own answer behind an error of cloudkit; None when there is none.

    >>> refusal_of(ValueError()) is None
    True
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, RefusedError):
            return seen
        seen = seen.__cause__
    return None
