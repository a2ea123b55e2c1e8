"""Image references and digests, by the grammar of the OCI distribution project."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from cloudkit.errors import UsageError

__all__ = ["DEFAULT_DOMAIN", "Digest", "Reference"]

DEFAULT_DOMAIN = "docker.io"
OFFICIAL = "library/"
NAME_LIMIT = 255

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[(?:[a-fA-F0-9:]+)\])"
_DOMAIN = re.compile(rf"{_HOST}(?::[0-9]+)?\Z")
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_DIGEST = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*):([0-9a-fA-F]{32,})\Z")
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True, slots=True)
class Digest:
    """What names content for good: an algorithm and the hexadecimal digest.

    >>> str(Digest.parse("sha256:" + "0" * 64))[:14]
    'sha256:0000000'
    """

    algorithm: str
    encoded: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``algorithm:hex``; raise ``UsageError`` when it is not one."""
        match = _DIGEST.match(text)
        if match is None or len(match[2]) != _LENGTHS.get(match[1], len(match[2])):
            message = f"digest {text[:200]!r} is not of the form sha256:<64 hexadecimal digits>"
            raise UsageError(message)
        return cls(match[1], match[2])

    @property
    def short(self) -> str:
        """The first 12 hexadecimal digits, as engines show them."""
        return self.encoded[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The name of an image: registry, repository, and a tag, a digest or both.

    Args:
        domain: The registry's host and port.
        path: The repository within it.
        tag: The tag; None when only a digest names the content.
        digest: What pins it; None when it may move.

    >>> Reference.parse("node:22")
    Reference.parse('docker.io/library/node:22')
    """

    domain: str
    path: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference as docker does: ``node`` is ``docker.io/library/node:latest``."""
        raise NotImplementedError

    @property
    def repository(self) -> str:
        """The name without tag and digest."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar(self) -> str:
        """The short form that docker shows: without ``docker.io/library/``."""
        raise NotImplementedError

    def pinned(self, digest: Digest) -> Self:
        """Return the same reference with a digest."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        """Return the whole reference."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{digest}"

    def __repr__(self) -> str:
        return f"Reference.parse({str(self)!r})"
