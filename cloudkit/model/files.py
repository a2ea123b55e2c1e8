"""Files that an app is given: where they may stand, and how large they may be."""

from __future__ import annotations

from collections.abc import Sequence

from cloudkit.model.checks import check_path, name_of
from cloudkit.model.refusal import refusal
from cloudkit.model.secret import LostSecret, Secret

__all__ = ["check_config", "check_paths_apart", "check_secret"]

LARGEST = 512 * 1024  # bytes of one file; a cluster takes a mebibyte of all of them


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
