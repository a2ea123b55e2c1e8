"""Why no BuildKit runs in a cluster, and what helps: pure."""

from __future__ import annotations

from cloudkit.backends.kubernetes.buildkit.manifest import BUILDER, DEFAULT_IMAGE
from cloudkit.backends.kubernetes.operations.task_pod import kind_of
from cloudkit.errors import BackendError, CloudkitError
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["not_standing", "way_out"]

ELSEWHERE = "CLOUDKIT_BUILDER=tcp://host:1234, a BuildKit elsewhere"
_PULLS = frozenset(
    {
        CauseCode.IMAGE_MISSING,
        CauseCode.REGISTRY_REFUSED,
        CauseCode.REGISTRY_UNREACHABLE,
        CauseCode.REGISTRY_RATE_LIMITED,
    }
)
_ENDED = frozenset({CauseCode.CRASH_LOOP, CauseCode.COMMAND_NOT_EXECUTABLE, CauseCode.COMMAND_NOT_FOUND})
_NAMESPACES = ("newuidmap", "user namespace", "/proc/self/exe", "rootlesskit", "unshare")


def not_standing(namespace: str, image: str, cause: Cause | None) -> CloudkitError:
    """Return the error for a BuildKit that does not become ready."""
    if cause is None:
        summary = f"no BuildKit becomes ready in namespace {namespace!r}, and nothing says why"
        return BackendError(summary, hint=f"kubectl describe pods -n {namespace} -l app.kubernetes.io/name={BUILDER}")
    summary = f"no BuildKit runs in namespace {namespace!r}: {cause.summary}"
    return kind_of(cause)(summary, evidence=cause.evidence, hint=way_out(namespace, image, cause))


def way_out(namespace: str, image: str, cause: Cause) -> str:
    """Return what mends it: for the cluster's BuildKit that is other than for an app.

    >>> cause = Cause(code=CauseCode.IMAGE_MISSING, summary="its image is not there", certain=True)
    >>> way_out("shop", "registry.example/buildkit:1", cause)
    'name another image: CLOUDKIT_BUILDER_IMAGE=...'
    """
    if cause.code in _PULLS:
        put = f"put {DEFAULT_IMAGE} into the cloud's registry, or " if image == DEFAULT_IMAGE else ""
        return f"{put}name another image: CLOUDKIT_BUILDER_IMAGE=..."
    if cause.code is CauseCode.NOT_ALLOWED and "admits pods of level" in cause.summary:
        label = "pod-security.kubernetes.io/enforce=privileged"
        return f"kubectl label namespace {namespace} {label} --overwrite; or {ELSEWHERE}"
    if cause.code in _ENDED:
        words = "\n".join((cause.summary, *cause.evidence))
        if any(one in words for one in _NAMESPACES):
            return f"have the nodes let users make user namespaces (sysctl user.max_user_namespaces); or {ELSEWHERE}"
        return f"kubectl logs deployment/{BUILDER} -n {namespace}"
    return cause.fix if cause.fix.startswith("kubectl") else f"kubectl describe deployment {BUILDER} -n {namespace}"
