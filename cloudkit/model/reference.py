"""Image references and digests, by the grammar of the OCI distribution project.

Source: https://github.com/distribution/reference (``regexp.go``, ``normalize.go``). All patterns use possessive
quantifiers, so that matching takes linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from cloudkit.errors import UsageError
from cloudkit.model.checks import check_kind
from cloudkit.model.refusal import refusal, shown

__all__ = ["DEFAULT_DOMAIN", "Digest", "Reference"]

DEFAULT_DOMAIN = "docker.io"
LEGACY_DOMAIN = "index.docker.io"
OFFICIAL = "library/"
NAME_LIMIT = 255
TEXT_LIMIT = 1024

_COMPONENT = r"[a-z0-9]++(?:(?:\.|__?+|-++)[a-z0-9]++)*+"
_LABEL = r"[a-zA-Z0-9]++(?:-++[a-zA-Z0-9]++)*+"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*+|\[[a-fA-F0-9:]++\])"
_DOMAIN = re.compile(rf"{_HOST}(?::[0-9]++)?+\Z")
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*+\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}+\Z")
_HEXADECIMAL = re.compile(r"[0-9a-f]++\Z")
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True, slots=True)
class Digest:
    """What names content for good: an algorithm and the hexadecimal digest.

    >>> str(Digest.parse("sha256:" + "0" * 64))[:14]
    'sha256:0000000'
    """

    algorithm: str
    encoded: str

    def __post_init__(self) -> None:
        if not _fits(_HEXADECIMAL, self.encoded) or len(self.encoded) != _LENGTHS.get(self.algorithm):
            raise refusal("digest", f"{self.algorithm}:{self.encoded}", "sha256:<64 lower-case hexadecimal digits>")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``algorithm:hex``; raise ``UsageError`` when it is not one."""
        algorithm, colon, encoded = _text("digest", text).partition(":")
        if not colon:
            raise refusal("digest", text, "sha256:<64 lower-case hexadecimal digits>")
        return cls(algorithm, encoded)

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

    def __post_init__(self) -> None:
        _check_name(self.domain, self.path)
        if self.tag is not None and not _fits(_TAG, self.tag):
            raise refusal("tag", self.tag, "up to 128 letters, digits, '_', '.' and '-', not led by '.' or '-'")
        check_kind("digest", self.digest, Digest, optional=True)
        if self.tag is None and self.digest is None:
            message = f"reference {shown(self.repository)} names no content: it has neither tag nor digest"
            raise UsageError(message, hint=f"Reference.parse({self.repository!r})")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference as docker does: ``node`` is ``docker.io/library/node:latest``.

        Raises:
            UsageError: It is no reference; the error says which part is wrong and, where it can, the right form.
        """
        rest, at, pin = _text("reference", text).partition("@")
        name, tag = _split_tag(rest)
        _refuse_typos(text, name)
        domain, path = _split_domain(name)
        try:
            digest = Digest.parse(pin) if at else None
            return cls(domain=domain, path=path, tag=tag if tag is not None or at else "latest", digest=digest)
        except UsageError as error:
            raise UsageError(f"reference {shown(text)}: {error.summary}", hint=error.hint) from None

    @property
    def repository(self) -> str:
        """The name without tag and digest."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar(self) -> str:
        """The short form that docker shows: without ``docker.io/library/``.

        >>> Reference.parse("docker.io/library/node:22").familiar
        'node:22'
        """
        if self.domain != DEFAULT_DOMAIN:
            return str(self)
        short = self.path.removeprefix(OFFICIAL)
        name = self.path if "/" in short else short
        return f"{name if _split_domain(name) == (self.domain, self.path) else self.repository}{self._suffix}"

    @property
    def brief(self) -> str:
        """The short form with a short digest, for people to read; it names nothing for certain."""
        head, at, _ = self.familiar.partition("@")
        return f"{head}@{self.digest.short}" if at and self.digest else head

    def pinned(self, digest: Digest) -> Self:
        """Return the same reference with a digest."""
        return replace(self, digest=digest)

    @property
    def _suffix(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{tag}@{self.digest}" if self.digest else tag

    def __str__(self) -> str:
        """Return the whole reference."""
        return f"{self.repository}{self._suffix}"

    def __repr__(self) -> str:
        return f"Reference.parse({str(self)!r})"


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.match(value) is not None


def _text(field: str, text: object) -> str:
    if not isinstance(text, str) or not 0 < len(text) <= TEXT_LIMIT:
        raise refusal(field, text, f"a text of 1 to {TEXT_LIMIT} characters")
    return text


def _split_tag(name: str) -> tuple[str, str | None]:
    """Cut the tag off: what follows a colon after the last slash."""
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, None)


def _split_domain(name: str) -> tuple[str, str]:
    """Return the registry and the repository that a name without tag means."""
    first, slash, rest = name.partition("/")
    if not slash or not _is_domain(first):
        domain, path = DEFAULT_DOMAIN, name
    else:
        domain, path = (DEFAULT_DOMAIN if first == LEGACY_DOMAIN else first), rest
    return domain, path if domain != DEFAULT_DOMAIN or "/" in path else OFFICIAL + path


def _is_domain(first: str) -> bool:
    return first == "localhost" or "." in first or ":" in first or first.lower() != first


def _check_name(domain: str, path: str) -> None:
    if not _fits(_DOMAIN, domain) or not _is_domain(domain):
        raise refusal("registry", domain, "a host such as registry.example or localhost, with :port where needed")
    if not _fits(_PATH, path):
        raise refusal("repository", path, "lower-case letters and digits, parted by '/', '.', '_', '__' or '-'")
    if _split_domain(f"{domain}/{path}") != (domain, path):
        official = "/".join(_split_domain(f"{domain}/{path}"))
        raise refusal("repository", f"{domain}/{path}", f"its whole form, {official}")
    if len(domain) + 1 + len(path) > NAME_LIMIT:
        raise refusal("name", f"{domain}/{path}", f"at most {NAME_LIMIT} characters of registry and repository")


def _refuse_typos(text: str, name: str) -> None:
    """Raise with the right form for what people get wrong most."""
    path, rest = _split_domain(name)[1], text[len(name) :]
    typed = path if name.endswith(path) else name
    undotted = name.rstrip(".")
    problem, hint = "", ""
    if "://" in text:
        problem, hint = "is a URL", f"leave out {text.partition('://')[0]}://"
    elif len(text.split()) != 1 or text != text.strip():
        problem, hint = "has a blank in it", "one reference is one word"
    elif undotted != name and _PATH.match(_split_domain(undotted)[1].lower()):
        problem, hint = "ends in a dot; the build context '.' is a word of its own", f"{undotted}{rest}"
    elif len(text) == _LENGTHS["sha256"] and _HEXADECIMAL.match(text):
        problem, hint = "could be a name or an image id", f"{text}:latest, when it is a name"
    elif name == "sha256" and len(rest) == _LENGTHS["sha256"] + 1:
        problem, hint = "is a digest with no name before it", f"NAME@{text}"
    elif path != path.lower() and _PATH.match(path.lower()):
        problem, hint = "has upper-case letters in its repository", f"{name.removesuffix(typed)}{typed.lower()}{rest}"
    if problem:
        raise UsageError(f"reference {shown(text)} {problem}", hint=hint)
