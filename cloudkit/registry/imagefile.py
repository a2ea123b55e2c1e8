"""Image files: read whatever form they have, written in the form that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudkit.errors import RegistryError, UsageError
from cloudkit.registry import archive, layout
from cloudkit.registry.bundle import Bundle, Told
from cloudkit.registry.compression import Limits
from cloudkit.registry.files import Files, open_files
from cloudkit.registry.pack import Entry, packed, write_whole

__all__ = ["FORMS", "bundle_of", "form_of", "open_bundle", "write"]

FORMS: dict[str, Callable[[Bundle, Told | None], Iterator[Entry]]] = {
    "oci": layout.entries,
    "docker": archive.entries,
}


@contextmanager
def open_bundle(path: Path, limits: Limits | None = None) -> Iterator[Bundle]:
    """Open the images of a layout folder, a layout in a tar, or a docker archive; nothing of them is checked yet.

    Raises:
        NotFoundError: There is no such file or folder.
        RegistryError: It is none of these, or not safe to read.
    """
    with open_files(path, limits or Limits()) as files:
        yield bundle_of(files, path.name)


def bundle_of(files: Files, name: str) -> Bundle:
    """Return the images of files that are open; ``name`` is how errors call them."""
    if layout.is_layout(files):
        return layout.read(files)
    if archive.is_archive(files):
        return archive.read(files)
    raise RegistryError(
        f"{name} is neither an OCI layout nor a docker archive: it has no index.json and no manifest.json",
        hint=f"docker import {name}, when it is the tar of a file system",
    )


def write(bundle: Bundle, path: Path, form: str, told: Told | None = None) -> Path:
    """Write images to a file, checked as they pass, whole or not at all.

    Args:
        bundle: The images.
        path: The file; another of that name is replaced.
        form: ``oci`` or ``docker``.
        told: Is called as blobs go out.
    """
    return write_whole(path, packed(form_of(form)(bundle, told)))


def form_of(form: str) -> Callable[[Bundle, Told | None], Iterator[Entry]]:
    """Return what makes the files of a form; raise ``UsageError`` for one that is not known."""
    known = FORMS.get(form)
    if known is None:
        raise UsageError(f"layout {form!r:.40} is not known; it is one of {', '.join(FORMS)}")
    return known
