"""Why an image cannot be had."""

from __future__ import annotations

import pytest
from unit.backends.docker.listing import app

from cloudkit.backends.docker.image_cause import image_cause
from cloudkit.errors import AccessError, CloudkitError, NotFoundError, RegistryError
from cloudkit.model.cause import CauseCode
from cloudkit.model.reference import Reference

PINNED = Reference.parse("registry.example/web:1@sha256:" + "0" * 64)


@pytest.mark.parametrize(
    ("error", "code", "fix"),
    [
        (NotFoundError("no"), CauseCode.IMAGE_MISSING, "cloudkit build . -t registry.example/web:1"),
        (AccessError("no"), CauseCode.REGISTRY_REFUSED, "docker login registry.example"),
        (RegistryError("no", status=401), CauseCode.REGISTRY_REFUSED, "docker login registry.example"),
        (RegistryError("no", status=404), CauseCode.IMAGE_MISSING, f"cloudkit pull {PINNED}"),
        (RegistryError("no", status=429), CauseCode.REGISTRY_RATE_LIMITED, "docker login registry.example"),
        (RegistryError("no", status=503), CauseCode.REGISTRY_UNREACHABLE, f"cloudkit pull {PINNED}"),
        (RegistryError("no"), CauseCode.REGISTRY_UNREACHABLE, "cloudkit doctor"),
        (RegistryError("no", hint="wait a minute"), CauseCode.REGISTRY_UNREACHABLE, "wait a minute"),
    ],
)
def test_each_answer_of_a_registry_has_its_cause_and_a_fix_that_runs(
    error: CloudkitError, code: CauseCode, fix: str
) -> None:
    """A registry that fails is told from one that has no such image; what knows better is not talked over."""
    cause = image_cause(app(image=PINNED), error)

    assert (cause.code, cause.fix) == (code, fix)
    assert cause.certain
    assert cause.evidence == ("no",)
