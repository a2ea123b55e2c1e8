"""Files that an app is given: where they may stand, and how large they may be."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from cloudkit.errors import NotFoundError, UsageError
from cloudkit.model.checks import check_path, name_of
from cloudkit.model.refusal import refusal
from cloudkit.model.secret import LostSecret, Secret

__all__ = [
    "LostText",
    "check_config",
    "check_paths_apart",
    "check_secret",
    "config_files",
    "digest_of",
    "folders_of",
    "secret_files",
    "secret_text",
]

LARGEST = 512 * 1024  # bytes of one file; a cluster takes a mebibyte of all of them

SECRETS = "/run/secrets"


class LostText(str):
    """The content of a file of configuration that is gone from where it was kept; what it was is known by its digest.

    Args:
        place: What had it, in words.
        digest: The digest of the content.
        size: Its number of bytes.

    >>> lost = LostText("ConfigMap 'web-config-1'", digest_of("a = 1"), 5)
    >>> lost == "a = 1", lost == LostText("another place", digest_of("a = 1"), 5)
    (False, True)
    """

    __slots__ = ("digest", "place", "size")

    place: str
    digest: str
    size: int

    def __new__(cls, place: str, digest: str, size: int) -> Self:
        """Make one whose text tells that it is lost."""
        made = super().__new__(cls, f"(lost: {digest}, {size} bytes)")
        made.place, made.digest, made.size = place, digest, size
        return made

    def __repr__(self) -> str:
        return f"LostText({self.place!r}, {self.digest!r}, {self.size})"


def digest_of(content: str) -> str:
    """Return the digest of a file's content.

    >>> digest_of("")[:19]
    'sha256:e3b0c44298fc'
    """
    from hashlib import sha256  # loads a library of ciphers, which an import of the package can do without

    return f"sha256:{sha256(content.encode()).hexdigest()}"


def config_files(option: str, value: object) -> dict[str, object]:
    """Read files of configuration by their path in the replica: a text, or the ``Path`` of a file of this machine.

    Raises:
        UsageError: It is no such mapping, or a file is no text or too large.
        NotFoundError: A file is not there.
    """
    return {path: _content(option, path, item) for path, item in _paths(option, value).items()}


def secret_files(option: str, value: object) -> dict[str, object]:
    """Read secret files by their path in the replica; a bare name stands in ``/run/secrets``.

    >>> secret_files("secrets", {"token": "hunter2"})
    {'/run/secrets/token': Secret('***')}
    """
    found: dict[str, object] = {}
    for key, item in _paths(option, value).items():
        path = key if key.startswith("/") else f"{SECRETS}/{key}"
        if path in found:
            raise refusal(option, path, "each path once")
        content = _content(option, key, item)
        found[path] = Secret(content) if isinstance(content, str) else content
    return found


def secret_text(name: str, file: Path) -> str:
    """Return what a file of this machine holds.

    Raises:
        UsageError: It is no text or too large.
        NotFoundError: It is not there.
    """
    return _text_of(name_of("secret", name), file)


def folders_of(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the folders that files stand in, in order.

    >>> folders_of(["/run/secrets/b", "/etc/web.toml", "/run/secrets/a"])
    ('/etc', '/run/secrets')
    """
    return tuple(sorted({posixpath.dirname(path) for path in paths}))


def check_config(path: object, content: object) -> None:
    """Refuse a file of configuration that a replica cannot be given."""
    _check_path("config", path)
    if not isinstance(content, str):
        raise refusal(name_of("config", str(path)), type(content).__name__, "a text")
    _check_size("config", str(path), content)


def check_secret(path: object, content: object) -> None:
    """Refuse a secret file that a replica cannot be given; no error shows its content."""
    _check_path("secrets", path)
    if not isinstance(content, Secret):
        raise refusal(name_of("secrets", str(path)), type(content).__name__, "a Secret")
    if not isinstance(content, LostSecret):
        _check_size("secrets", str(path), content.reveal())


def check_paths_apart(paths: Sequence[str], targets: Sequence[str]) -> None:
    """Refuse two files at one path, a file that another is to be the folder of, and one that a mount hides."""
    for path in paths:
        if posixpath.dirname(path) in targets:
            raise refusal("config and secrets", path, "no file in a mounted folder itself; below it, or beside it")
        if paths.count(path) > 1 or path in targets:
            raise refusal("config and secrets", path, "one file at each path, and no mount")
        if any(other.startswith(f"{path}/") for other in (*paths, *targets)):
            raise refusal("config and secrets", path, "no folder of another file or mount")


def _check_path(field: str, path: object) -> None:
    check_path(f"{field}: path", path)
    if path == "/":
        raise refusal(f"{field}: path", path, "the path of a file")


def _check_size(field: str, path: str, content: str) -> None:
    try:
        fits = len(content) <= LARGEST and len(content.encode()) <= LARGEST
    except UnicodeEncodeError:
        fits = False
    if not fits:
        allowed = f"a text of at most {LARGEST} bytes of UTF-8"
        raise refusal(name_of(field, path), f"a text of {len(content)} characters", allowed)


def _paths(option: str, value: object) -> Mapping[str, object]:
    if value is None or value == "":
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise refusal(option, type(value).__name__, "a mapping of paths to contents")
    return value


def _content(option: str, key: str, item: object) -> object:
    """Return a file's content; what is no file of this machine is judged by the spec."""
    return _text_of(name_of(option, key), item) if isinstance(item, Path) else item


def _text_of(name: str, file: Path) -> str:
    """Read a file of this machine; no error shows what is in it."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise NotFoundError(f"{name}: there is no file {str(file)!r}", hint=f"ls {file.parent}") from None
    except IsADirectoryError:
        raise UsageError(f"{name}: {str(file)!r} is a folder", hint="name each file of it") from None
    except OSError as error:
        raise UsageError(f"{name}: {str(file)!r} cannot be read: {error.strerror}", hint=f"ls -l {file}") from error
    if len(content) > LARGEST:
        hint = "COPY it into the image, or cloudkit cp it to a volume"
        raise UsageError(f"{name}: {str(file)!r} has more than {LARGEST} bytes", hint=hint)
    try:
        return content.decode()
    except UnicodeDecodeError:
        hint = f"base64 {file} > {file}.txt, and decode it in the app; or COPY it into the image"
        raise UsageError(f"{name}: {str(file)!r} is no text in UTF-8", hint=hint) from None
