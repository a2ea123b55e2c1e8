"""Manifests of any bytes: read, or refused as what they are."""

from __future__ import annotations

import contextlib
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudkit.errors import RegistryError
from cloudkit.registry.manifest import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Manifest, digest_of, encode, parse

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no counterexample

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
keys = st.sampled_from(["schemaVersion", "mediaType", "config", "layers", "manifests", "annotations"])


@patient
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Nothing but the one error comes out."""
    with contextlib.suppress(RegistryError):
        parse(raw, "the manifest")


@patient
@given(st.dictionaries(keys, values, max_size=6))
def test_any_document_is_read_or_refused(found: dict[str, object]) -> None:
    """Whatever stands under the known keys."""
    with contextlib.suppress(RegistryError):
        parse(json.dumps({"schemaVersion": 2, **found}).encode(), "the manifest")


@patient
@given(st.lists(st.binary(max_size=50), max_size=5))
def test_a_manifest_reads_back_what_was_written(layers: list[bytes]) -> None:
    """In order, with digests and sizes, under the digest of its own bytes."""
    listed = [{"mediaType": OCI_LAYER, "digest": str(digest_of(raw)), "size": len(raw)} for raw in layers]
    config = {"mediaType": OCI_CONFIG, "digest": str(digest_of(b"{}")), "size": 2}
    raw = encode({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": listed})

    found = parse(raw, "the manifest", media_type=OCI_MANIFEST)

    assert isinstance(found, Manifest)
    assert [(part.digest, part.size) for part in found.layers] == [(digest_of(raw), len(raw)) for raw in layers]
    assert found.descriptor.digest == digest_of(raw)
