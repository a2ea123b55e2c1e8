"""Why an image that is not here cannot be fetched either: pure."""

from __future__ import annotations

from cloudkit.errors import AccessError, CloudkitError, RegistryError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.reference import Reference

__all__ = ["image_cause"]

REFUSALS = (401, 403)
TOO_MANY_REQUESTS = 429
FAILURES = 500


def image_cause(spec: AppSpec, error: CloudkitError) -> Cause:
    """Return the cause for an app whose image could not be had.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="web", image=Reference.parse("registry.example/web:1"))
    >>> image_cause(spec, RegistryError("no answer")).code
    <CauseCode.REGISTRY_UNREACHABLE: 'registry_unreachable'>
    """
    code, summary, fix = _words(error, spec.image)
    evidence = (error.summary, *error.evidence)
    return Cause(code=code, summary=summary, evidence=evidence, fix=error.hint or fix)


def _words(error: CloudkitError, reference: Reference) -> tuple[CauseCode, str, str]:
    image, host = reference.familiar, reference.domain
    status = error.status if isinstance(error, RegistryError) else None
    if isinstance(error, AccessError) or status in REFUSALS:
        return CauseCode.REGISTRY_REFUSED, f"registry {host} refuses image {image}", f"docker login {host}"
    if not isinstance(error, RegistryError):
        words = f"image {image} is neither on the engine nor at its registry"
        return CauseCode.IMAGE_MISSING, words, f"cloudkit build . -t {_named(reference)}"
    if status == TOO_MANY_REQUESTS:
        return CauseCode.REGISTRY_RATE_LIMITED, f"registry {host} limits how often it is asked", f"docker login {host}"
    if status is None:
        return CauseCode.REGISTRY_UNREACHABLE, f"registry {host} does not answer", "cloudkit doctor"
    if status >= FAILURES:
        return CauseCode.REGISTRY_UNREACHABLE, f"registry {host} fails with status {status}", f"cloudkit pull {image}"
    return CauseCode.IMAGE_MISSING, f"registry {host} has no image {image} for us", f"cloudkit pull {image}"


def _named(reference: Reference) -> str:
    """Return what a build can be named: a reference without its digest."""
    return reference.familiar.partition("@")[0]
