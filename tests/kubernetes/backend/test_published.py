"""What the engine alone has is sent to the cloud's registry, whatever it is called."""

from __future__ import annotations

import secrets

import pytest
from testbed.cluster.given import Given

from cloudkit.cloud import Cloud

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


def test_an_image_named_by_a_digest_alone_is_sent_to_a_registry_that_lacks_it(
    cluster: Given, cloud: Cloud, image: str
) -> None:
    """A registry takes no image without a tag: it gets one of its digest, and a second look finds it there."""
    digest = cloud.image(image).pull().digest
    named = f"{cluster.registry}/backend/{secrets.token_hex(4)}@{digest}"

    result = cloud.run(named, "python", "-c", "print(6 * 7)")
    again = cloud.run(named, "python", "-c", "print(6 * 7)")

    assert (result.output, again.output) == ("42\n", "42\n")
