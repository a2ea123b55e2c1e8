"""Find what is to be adopted, and refuse what somebody else keeps: the error names them and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cloudkit.backends.kubernetes.labels import GENERATION, MANAGED_BY, OWNER
from cloudkit.backends.kubernetes.objects import Metadata
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.workloads.objects import KINDS
from cloudkit.backends.kubernetes.workloads.owners import controller_of, owner_of
from cloudkit.errors import ConflictError, NotFoundError, UnsupportedError, UsageError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.objects import Owner

__all__ = ["Candidate", "Origin", "find_candidate", "missing", "origin_of"]

_WORDS = {spoken.word: resource for resource, spoken in KINDS.items()} | {"pod": "pods"}
_SHORT = {
    "deploy": "deployments",
    "ds": "daemonsets",
    "po": "pods",
    "replicationcontroller": "replicationcontrollers",
    "rs": "replicasets",
    "sts": "statefulsets",
}
_ENDING = frozenset({"jobs", "cronjobs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What somebody has asked to adopt: a kind and a name.

    Args:
        resource: Its collection, such as ``replicationcontrollers``.
        name: Its name.
    """

    resource: str
    name: str

    @property
    def word(self) -> str:
        """What a person calls its kind."""
        return KINDS[self.resource].word if self.resource in KINDS else "pod"

    @property
    def kind(self) -> str:
        """What the API server calls its kind."""
        return KINDS[self.resource].kind if self.resource in KINDS else "Pod"

    def __str__(self) -> str:
        return f"{self.word}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A workload that is there and nobody else's.

    Args:
        origin: What it is.
        body: All of it.
        ours: True where it is an app already.
    """

    origin: Origin
    body: Mapping[str, Any]
    ours: bool = False

    @property
    def uid(self) -> str:
        """Its identity."""
        return str(self.body["metadata"]["uid"])


def origin_of(workload: str) -> Origin:
    """Read ``rc/legacy``.

    Raises:
        UsageError: It is no kind and name.

    >>> origin_of("deploy/web")
    Origin(resource='deployments', name='web')
    """
    word, slash, name = workload.partition("/")
    resource = (_WORDS | _SHORT).get(word.lower(), "")
    if not slash or not name or not resource or "/" in name:
        message = f"cannot tell what {workload!r} is; allowed is a kind and a name, such as rc/legacy"
        raise UsageError(message, hint="cloudkit workloads")
    return Origin(resource=resource, name=name)


def find_candidate(client: Client, origin: Origin) -> Candidate | None:
    """Return a workload; None when it is not there or on its way out.

    Raises:
        ConflictError: Somebody else keeps it.
        UnsupportedError: It is no work that goes on.
    """
    if origin.resource in _ENDING:
        message = f"{origin} runs to its end, and so will have ended before it could be taken over"
        raise UnsupportedError(message, capability="adopt", hint="cloudkit deploy --kind job, or --kind cron")
    try:
        body = client.raw(object_path(origin.resource, client.namespace, origin.name))
    except NotFoundError:
        return None
    metadata = msgspec.convert(body["metadata"], Metadata)
    if metadata.deletion_timestamp is not None:
        return None
    ours = metadata.labels.get(MANAGED_BY) == OWNER and GENERATION in metadata.annotations
    if not ours:
        _refuse_kept(client, origin, metadata)
    return Candidate(origin=origin, body=body, ours=ours and controller_of(metadata) is None)


def missing(client: Client, origin: Origin) -> NotFoundError:
    """Return the error of a workload that is not there."""
    message = f"there is no {origin} in namespace {client.namespace!r}"
    return NotFoundError(message, hint="cloudkit workloads")


def _refuse_kept(client: Client, origin: Origin, metadata: Metadata) -> None:
    """Raise where somebody would make it again, or set it back."""
    controller = controller_of(metadata)
    if controller is not None:
        raise _made(client, origin, controller)
    keeper = owner_of(metadata)
    if keeper and keeper != OWNER:
        message = f"{origin} is kept by {keeper}, which would set it back"
        raise ConflictError(message, hint=_release(client, origin, metadata, keeper))


def _made(client: Client, origin: Origin, controller: Owner) -> ConflictError:
    """Return the error of what a controller has made: it makes it again, so that the controller is what one adopts."""
    resource = next((name for name, spoken in KINDS.items() if spoken.kind == controller.kind), "")
    message = f"{origin} is made by {controller.kind} {controller.name}, which would make it again"
    if resource:
        return ConflictError(message, hint=f"cloudkit adopt {KINDS[resource].word}/{controller.name}")
    where = f"{controller.kind.lower()} {controller.name} -n {client.namespace}"
    hint = f"kubectl get {where}; what it stands for is its operator's"
    return ConflictError(message, hint=hint)


def _release(client: Client, origin: Origin, metadata: Metadata, keeper: str) -> str:
    """Return what makes somebody let go of an object without removing it."""
    where, kind = f"{origin.name} -n {client.namespace}", origin.word
    if keeper.startswith("helm release"):
        steps = f"kubectl annotate {kind} {where} meta.helm.sh/release-name- helm.sh/resource-policy=keep"
        return f"{steps}, and take it out of the chart"
    if keeper.startswith("argo application"):
        return f"argocd app delete {keeper.rpartition(' ')[2]} --cascade=false"
    if keeper.startswith("flux"):
        labels = " ".join(f"{one}-" for one in sorted(metadata.labels) if ".toolkit.fluxcd.io/" in one)
        return f"take it out of its source, then kubectl label {kind} {where} {labels}"
    return f"kubectl label {kind} {where} {MANAGED_BY}-, once {keeper} has let go of it"
