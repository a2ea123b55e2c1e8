"""The look through a layer agrees with the tar library, whatever the archive."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.registry.archives import layer

from cloudkit.errors import RegistryError
from cloudkit.registry.compression import Limits
from cloudkit.registry.layer import content_digest
from cloudkit.registry.manifest import OCI_LAYER, Descriptor, digest_of

KINDS = [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no counterexample

names = st.text(st.characters(min_codepoint=97, max_codepoint=255, exclude_characters="\x7f"), min_size=1, max_size=90)
entries = st.lists(st.tuples(names, st.sampled_from(KINDS), st.integers(0, 2000)), max_size=8)


def archive(found: list[tuple[str, bytes, int]], form: int) -> bytes:
    """Return a tar of entries by name, kind and size."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as tar:
        for name, kind, size in found:
            entry = tarfile.TarInfo(name[: 90 if form != tarfile.USTAR_FORMAT else 40])
            entry.type, entry.linkname = kind, "target" if kind in {tarfile.SYMTYPE, tarfile.LNKTYPE} else ""
            entry.size = size if kind == tarfile.REGTYPE else 0
            tar.addfile(entry, io.BytesIO(b"\xff" * entry.size))
    return out.getvalue()


def described(raw: bytes) -> Descriptor:
    """Return a layer's descriptor."""
    return Descriptor(media_type=OCI_LAYER, digest=digest_of(raw), size=len(raw))


@patient
@given(entries, st.sampled_from(FORMATS))
def test_every_right_layer_is_walked_to_its_end(found: list[tuple[str, bytes, int]], form: int) -> None:
    """Its entries fit in a limit of as many headers, and its digest is that of its bytes."""
    raw = archive(found, form)
    headers = 3 * len(found) + 1  # a long name is an entry of its own in the archive

    digest = content_digest(io.BytesIO(gzip.compress(raw)), described(gzip.compress(raw)), Limits(entries=headers))

    assert digest.encoded == hashlib.sha256(raw).hexdigest()


@patient
@given(st.lists(names, min_size=4, max_size=9, unique=True))
def test_one_entry_too_many_is_one_too_many(found: list[str]) -> None:
    """The count is exact for plain entries."""
    raw = archive([(name[:20], tarfile.REGTYPE, 700) for name in found], tarfile.GNU_FORMAT)

    content_digest(io.BytesIO(raw), described(raw), Limits(entries=len(found)))
    with pytest.raises(RegistryError, match="entries"):
        content_digest(io.BytesIO(raw), described(raw), Limits(entries=len(found) - 1))


@patient
@given(st.binary(max_size=3000))
def test_any_bytes_are_walked_or_refused(raw: bytes) -> None:
    """No input is a traceback of another kind."""
    for content in (
        raw,
        layer() + raw,
        gzip.compress(raw),
        b"\x1f\x8b" + raw,
        b"\x28\xb5\x2f\xfd" + raw,
        b"BZh9" + raw,
    ):
        try:
            content_digest(io.BytesIO(content), described(content), Limits(entries=50))
        except RegistryError:
            continue
