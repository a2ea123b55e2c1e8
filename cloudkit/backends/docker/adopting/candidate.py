"""Find the container that is to be adopted, and refuse what somebody else keeps: the error names them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudkit.backends.causes.sockets import listening_in
from cloudkit.backends.docker.labels import MANAGED_BY, NAMESPACE, OWNER
from cloudkit.backends.docker.workloads import PROJECT, SERVICE
from cloudkit.engine.errors import translate
from cloudkit.errors import CloudkitError, ConflictError, NotFoundError, UsageError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Container", "find_container", "named"]

_KINDS = frozenset({"app", "compose", "container"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container that is there and nobody else's.

    Args:
        name: Its name.
        detail: All that the engine says of it.
        image: All that the engine says of its image.
        namespace: Whose it is to be.
        listens: The ports that it listens on; None where that is not known.
    """

    name: str
    namespace: str
    detail: Mapping[str, Any]
    image: Mapping[str, Any]
    listens: frozenset[int] | None = None

    @property
    def id(self) -> str:
        """The engine's identifier."""
        return str(self.detail["Id"])

    @property
    def running(self) -> bool:
        """True while it runs."""
        return bool(self.detail["State"]["Running"])


def named(workload: str) -> tuple[str, str]:
    """Read ``container/old``.

    Raises:
        UsageError: It is no kind and name.

    >>> named("compose/shop/web")
    ('compose', 'shop/web')
    """
    kind, slash, name = workload.partition("/")
    if not slash or not name or kind not in _KINDS:
        message = f"cannot tell what {workload!r} is; allowed is a kind and a name, such as container/old"
        raise UsageError(message, hint="cloudkit workloads")
    return kind, name


def find_container(api: APIClient, workload: str, namespace: str) -> Container:
    """Return a container by its kind and name, to become an app of a namespace.

    Raises:
        ConflictError: Somebody else keeps it.
        NotFoundError: It is not there.
    """
    kind, name = named(workload)
    if kind == "compose":
        raise _composed(workload, *name.partition("/")[::2])
    with translate(f"look at container {name}"):
        detail: Mapping[str, Any] = api.inspect_container(name)
    if detail["Name"].lstrip("/") != name:  # the engine takes an id for a name, too
        raise NotFoundError(f"there is no container {name!r}", hint="cloudkit workloads")
    labels = detail["Config"].get("Labels") or {}
    _refuse_kept(workload, name, labels)
    untyped: Any = api  # this call has no types in the SDK's stubs
    with translate(f"look at the image of container {name}"):
        image = untyped.inspect_image(detail["Image"])
    listens = _listens(api, detail) if detail["State"]["Running"] else None
    return Container(name=name, namespace=namespace, detail=detail, image=image, listens=listens)


def _listens(api: APIClient, detail: Mapping[str, Any]) -> frozenset[int] | None:
    """Return the ports that a container listens on, where the image names any and it has a ``cat`` to tell."""
    if not detail["Config"].get("ExposedPorts") or detail["HostConfig"].get("PortBindings"):
        return None
    with suppress(CloudkitError), translate(f"see where {detail['Name']} listens"):
        made = api.exec_create(detail["Id"], ["cat", "/proc/net/tcp", "/proc/net/tcp6"])
        table = bytes(api.exec_start(made["Id"])).decode(errors="replace")
        if "local_address" in table:
            return frozenset(one.port for one in listening_in(table))
    return None


def _refuse_kept(workload: str, name: str, labels: Mapping[str, str]) -> None:
    """Raise where somebody would make it again."""
    if SERVICE in labels:
        raise _composed(workload, labels.get(PROJECT, ""), labels[SERVICE])
    keeper = labels.get(MANAGED_BY, "")
    if keeper == OWNER and NAMESPACE in labels:
        message = f"{workload} is a part of cloudkit in namespace {labels[NAMESPACE]!r}"
        raise ConflictError(message, hint=f"cloudkit --namespace {labels[NAMESPACE]} apps")
    if keeper and keeper != OWNER:
        message = f"{workload} is kept by {keeper}, which would make it again"
        raise ConflictError(message, hint=f"have {keeper} let go of it, and run {name} without the label {MANAGED_BY}")


def _composed(workload: str, project: str, service: str) -> ConflictError:
    message = f"{workload} is kept by docker compose, which would make it again"
    hint = f"docker compose -p {project} rm --stop {service}, take it out of the file, then cloudkit deploy {service}"
    return ConflictError(message, hint=hint)
