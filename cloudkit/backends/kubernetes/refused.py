"""Say what a refusal of the API server means, with the command that helps."""

from __future__ import annotations

import re
from dataclasses import replace

from cloudkit.backends.kubernetes.refusal import Field, RefusedError
from cloudkit.backends.kubernetes.target import Target
from cloudkit.config.cluster import Cluster
from cloudkit.errors import AccessError, BackendError, CloudkitError, ConflictError, NotFoundError, UsageError

__all__ = ["refused"]

_NO_NAMESPACE = re.compile(r'namespaces "(?P<name>[^"]+)" not found')
_QUOTA = re.compile(r"exceeded quota|failed quota")
_ADMISSION = re.compile(r"admission webhook|violates PodSecurity|ValidatingAdmissionPolicy|forbidden: violates")
_ENDING = re.compile(r"because it is being terminated")
_LACKING = re.compile(r'cannot (?P<verb>[a-z]+) resource "(?P<resource>[a-z0-9/.-]+)" in API group "(?P<group>[^"]*)"')
_MANAGER = re.compile(r'conflict with "(?P<name>[^"]+)"')


def refused(what: str, refusal: RefusedError, cluster: Cluster | None = None) -> CloudkitError:
    """Return the error that a refusal means.

    >>> print(refused("read pods/web", RefusedError(404, b'{"message": "no pod web"}')))
    cannot read pods/web: it is not there
      | no pod web
    """
    match refusal.status:
        case 401:
            error: CloudkitError = _unknown(what, refusal, cluster)
        case 403:
            error = _forbidden(what, refusal, cluster)
        case 404:
            error = _absent(what, refusal)
        case 409:
            error = _conflict(what, refusal)
        case 400 | 405 | 413 | 415 | 422:
            error = _invalid(what, refusal)
        case _:
            error = _failed(what, refusal)
    return error


def _failed(what: str, refusal: RefusedError) -> BackendError:
    """The server could not, or not now."""
    evidence = _evidence(refusal)
    if refusal.status == 410:
        return BackendError(f"cannot {what}: the list is too old to go on with", evidence=evidence)
    if refusal.status == 429:
        after = f"; it asks for {refusal.retry_after:g} s of patience" if refusal.retry_after else ""
        summary = f"cannot {what}: the API server is busy{after}"
        return BackendError(summary, evidence=evidence, hint="wait, and try again; cloudkit doctor")
    summary = f"cannot {what}: the API server failed with status {refusal.status}"
    return BackendError(summary, evidence=evidence, hint="cloudkit doctor")


def _evidence(refusal: RefusedError) -> list[str]:
    return [refusal.message[:1000]] if refusal.message else []


def _unknown(what: str, refusal: RefusedError, cluster: Cluster | None) -> AccessError:
    """The server does not know who asks: nobody said, or a token ran out."""
    summary = f"cannot {what}: the cluster does not accept the credentials"
    if cluster is None or cluster.account:
        hint = "look whether the pod's service account is still there"
        return AccessError(summary, evidence=_evidence(refusal), hint=hint if cluster else "kubectl auth whoami")
    if cluster.user:
        summary += f" of user {cluster.user!r}: expired, or revoked"
        return AccessError(summary, evidence=_evidence(refusal), hint=f"log in again; {_whoami(cluster)}")
    summary += f": context {cluster.context!r} names no user"
    return AccessError(summary, evidence=_evidence(refusal), hint="kubectl config set-context --user=...")


def _whoami(cluster: Cluster) -> str:
    return f"kubectl --context {cluster.context} auth whoami" if cluster.context else "kubectl auth whoami"


def _forbidden(what: str, refusal: RefusedError, cluster: Cluster | None) -> CloudkitError:
    """One may not; or a quota, a policy or the end of the namespace stands against it."""
    message, evidence, space = refusal.message, _evidence(refusal), refusal.target.namespace
    if _QUOTA.search(message):
        hint = f"kubectl describe quota -n {space}"
        return ConflictError(f"cannot {what}: it would exceed the namespace's quota", evidence=evidence, hint=hint)
    if _ENDING.search(message):
        summary = f"cannot {what}: the namespace is being deleted"
        return ConflictError(summary, evidence=evidence, hint=f"kubectl get namespace {space}")
    if _ADMISSION.search(message):
        return UsageError(f"cannot {what}: a policy of the cluster forbids it", evidence=evidence)
    flag = f" --context {cluster.context}" if cluster and cluster.context else ""
    lacking = _lacking(refusal)
    summary = f"cannot {what}: not allowed to {lacking.permission}"
    return AccessError(summary, evidence=evidence, hint=lacking.question + flag)


def _lacking(refusal: RefusedError) -> Target:
    r"""Return the permission that lacks, as the server names it: what is applied may have to be created as well.

    >>> body = rb'{"message": "User \"ann\" cannot create resource \"services\" in API group \"\""}'
    >>> _lacking(RefusedError(403, body, target=Target.of("PATCH", "/api/v1/namespaces/shop/services/web"))).question
    'kubectl auth can-i create services -n shop'
    """
    target, found = refusal.target, _LACKING.search(refusal.message)
    if found is None:
        return target
    resource, _, part = found["resource"].partition("/")
    same = (found["verb"], resource, part) == (target.verb, target.resource, target.part)
    named = target.name if same or found["verb"] != "create" or part else ""  # nobody may create one of a name alone
    return replace(target, verb=found["verb"], group=found["group"], resource=resource, part=part, name=named)


def _absent(what: str, refusal: RefusedError) -> NotFoundError:
    found = _NO_NAMESPACE.search(refusal.message)
    if found and refusal.target.resource != "namespaces":
        summary = f"cannot {what}: there is no Kubernetes namespace {found['name']!r}"
        return NotFoundError(summary, hint=f"kubectl create namespace {found['name']}")
    return NotFoundError(f"cannot {what}: it is not there", evidence=_evidence(refusal))


def _conflict(what: str, refusal: RefusedError) -> ConflictError:
    """The name is taken, another manager owns a field, or somebody else was faster."""
    if refusal.reason == "AlreadyExists":
        return ConflictError(f"cannot {what}: it is there already", evidence=_evidence(refusal))
    owned = [field for field in refusal.fields if field.reason == "FieldManagerConflict"]
    if owned:
        managers = sorted({found["name"] for field in owned if (found := _MANAGER.search(field.message))})
        summary = f"cannot {what}: {', '.join(map(repr, managers)) or 'another manager'} owns fields of it"
        return ConflictError(summary, evidence=[_line(field) for field in owned], hint="change them there")
    return ConflictError(f"cannot {what}: somebody else was faster", evidence=_evidence(refusal), hint="try again")


def _invalid(what: str, refusal: RefusedError) -> UsageError:
    lines = [_line(field) for field in refusal.fields] or _evidence(refusal)
    field = next((field.field for field in refusal.fields if field.field), "")
    return UsageError(f"cannot {what}: {f'{field} is refused' if field else 'it is refused'}", evidence=lines)


def _line(field: Field) -> str:
    return f"{field.field}: {field.message}" if field.field else field.message
