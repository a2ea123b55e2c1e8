"""What images a cluster's nodes get says what is missing: an engine, a registry, or both."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.backends.kubernetes.images import ClusterImages
from cloudkit.engine.connect import Engine
from cloudkit.errors import BackendError, NotFoundError
from cloudkit.model.build import BuildSpec
from cloudkit.model.reference import Reference


def no_engine() -> Engine:
    """Be a machine without an engine."""
    raise BackendError("no engine answers at unix:///nowhere", hint="cloudkit doctor")


def test_an_image_is_missed_with_both_that_could_have_had_it() -> None:
    """Neither the engine nor the registry answers: the error names both, and how to get an engine."""
    images = ClusterImages(no_engine)

    with pytest.raises(NotFoundError, match="no engine that may have it, and no registry") as caught:
        images.pull(Reference.parse("localhost:1/web:1"))

    assert caught.value.evidence[0] == "no engine answers at unix:///nowhere"
    assert "localhost:1/web:1" in caught.value.evidence[1]
    assert caught.value.hint == "cloudkit doctor"


def test_a_build_without_engine_and_builder_names_all_ways(tmp_path: Path) -> None:
    """An engine here, an engine elsewhere, a BuildKit."""
    with pytest.raises(BackendError, match="no engine is here, and no BuildKit is named") as caught:
        ClusterImages(no_engine, "localhost:1").build(BuildSpec(context=tmp_path))

    assert caught.value.evidence == ("no engine answers at unix:///nowhere",)
    assert all(way in caught.value.hint for way in ("cloudkit doctor", "CLOUDKIT_HOST=", "CLOUDKIT_BUILDER="))
