"""Exchange a container for an app: the app is ready, as far as it can be beside it, before the container stops.

The container is kept until the app has taken its place, and tells whoever comes next how far it has come: where it is
still there, the adoption goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from cloudkit.backends.adopting.saying import name_taken, refuse_lossy
from cloudkit.errors import CloudkitError, ConflictError, NotFoundError, RolloutError
from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.progress import Phase, Progress

if TYPE_CHECKING:
    from cloudkit.model.app import AppSpec
    from cloudkit.model.progress import Listener
    from cloudkit.model.state import AppState

__all__ = ["Apps", "Exchange", "Found", "Old"]


class Old(Protocol):
    """A container that is to go."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def running(self) -> bool:
        """True while it ran when it was looked at."""
        ...

    def stop(self) -> None:
        """Stop it; it keeps its restart policy, so that it says all that it said before."""
        ...

    def start(self) -> None:
        """Let it run again."""
        ...

    def remove(self) -> None:
        """Stop and remove it; what it had mounted stays, and one that is gone is no error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A container, and what it becomes.

    Args:
        old: The container.
        spec: What it becomes.
        lost: The fields that no spec can say.
    """

    old: Old
    spec: AppSpec
    lost: tuple[str, ...] = ()


class Apps(Protocol):
    """What an adoption needs of the backend."""

    def get(self, name: str) -> AppState:
        """Return what is seen of an app."""
        ...

    def plan(self, spec: AppSpec) -> Plan:
        """Say what would be done to make a spec true."""
        ...

    def plan_delete(self, name: str) -> Plan:
        """Say what would be done to remove an app."""
        ...

    def apply(
        self, plan: Plan, *, wait: bool = True, timeout: float | None = None, listener: Listener
    ) -> AppState | None:
        """Do what a plan says."""
        ...


class Exchange:
    """Adopts containers.

    Args:
        find: Finds a container by its kind and name, and says what it becomes under which name; None is its own.
        apps: Makes specs true.
    """

    def __init__(self, find: Callable[[str, str | None], Found], apps: Apps) -> None:
        self._find = find
        self._apps = apps

    def plan(self, workload: str, *, name: str | None, lossy: bool) -> Plan:
        """Say what would be done."""
        found = self._said(workload, name)
        if not lossy:
            refuse_lossy(workload, found.lost)
        there = self._there(found.spec.name)
        if there is not None and _private(there) != _private(found.spec):
            raise name_taken(workload, found.spec.name)
        return self._planned(workload, found)

    def take(self, plan: Plan, *, timeout: float | None, listener: Listener) -> AppState:
        """Do what a plan of this says; where the app does not become ready, the container serves again.

        Raises:
            ConflictError: It is another container by now than the plan was made for.
            RolloutError: The app does not become ready.
        """
        found = self._said(plan.adopts, plan.app)
        if self._planned(plan.adopts, found).digest != plan.digest:
            message = f"{plan.adopts} has changed since the plan was made"
            raise ConflictError(message, hint=f"cloudkit adopt {plan.adopts}")
        try:
            state = self._exchange(found, timeout, listener)
        except RolloutError:
            self._return(found, listener)
            raise
        found.old.remove()
        return state

    def _exchange(self, found: Found, timeout: float | None, listener: Listener) -> AppState:
        spec, old = found.spec, found.old
        if not _alone(spec) and self._there(spec.name) != spec:
            self._make(_private(spec), timeout, listener)
        if not _pauses(spec):
            return self._make(spec, timeout, listener)
        listener(Progress(phase=Phase.NOTICE, item=spec.name, message=f"stops container {old.name}"))
        old.stop()
        try:
            return self._make(spec, timeout, listener)
        except ConflictError:
            if self._there(spec.name) != spec:  # else somebody else goes on with the same
                self._start(old)
            raise

    def _said(self, workload: str, name: str | None) -> Found:
        """Return a container as a spec; where one that has stopped listened, only the app that was made of it knows."""
        found = self._find(workload, name)
        there = self._there(found.spec.name)
        if found.old.running or there is None or any(port.publish is not None for port in found.spec.ports):
            return found
        return replace(found, spec=found.spec.replace(kind=there.kind, ports=there.ports))

    def _planned(self, workload: str, found: Found) -> Plan:
        plan = self._apps.plan(found.spec)
        return replace(plan, actions=tuple(_actions(plan, found)), adopts=workload)

    def _there(self, name: str) -> AppSpec | None:
        with suppress(NotFoundError):
            return self._apps.get(name).spec
        return None

    def _make(self, spec: AppSpec, timeout: float | None, listener: Listener) -> AppState:
        self._apps.apply(self._apps.plan(spec), timeout=timeout, listener=listener)
        return self._apps.get(spec.name)

    def _return(self, found: Found, listener: Listener) -> None:
        """Take the app away, and let the container serve again."""
        name = found.spec.name
        message = f"container {found.old.name} goes on in its place"
        listener(Progress(phase=Phase.NOTICE, item=name, message=message))
        self._apps.apply(self._apps.plan_delete(name), listener=listener)
        self._start(found.old)

    def _start(self, old: Old) -> None:
        """Let a container run again that did before; one that has gone or whose port is taken stays as it is."""
        if old.running:
            with suppress(CloudkitError):
                old.start()


def _private(spec: AppSpec) -> AppSpec:
    """Return an app that takes no port of the host from anybody."""
    return spec.replace(ports=tuple(replace(port, publish=None, host="127.0.0.1") for port in spec.ports))


def _alone(spec: AppSpec) -> bool:
    """Tell whether a second one of it would write where the first one does."""
    return any(mount.kind == "bind" and not mount.read_only for mount in spec.mounts)


def _pauses(spec: AppSpec) -> bool:
    """Tell whether the container has to stop before the app can take its place."""
    return _alone(spec) or any(port.publish is not None for port in spec.ports)


def _actions(plan: Plan, found: Found) -> Iterator[Action]:
    """Yield the steps: those of the app, and between them the end of the container."""
    old, spec = found.old, found.spec
    why = "as both would write to its folders" if _alone(spec) else "for as long as its ports change hands"
    stop = Action(kind=ActionKind.STOP, object="container", name=old.name, detail=why)
    stops = [stop] if _pauses(spec) and old.running else []
    yield from (*stops, *plan.actions) if _alone(spec) else (*plan.actions, *stops)
    yield Action(kind=ActionKind.REMOVE, object="container", name=old.name, detail="once the app is ready")
    for path in found.lost:
        yield Action(kind=ActionKind.REMOVE, object="field", name=path, detail="is not carried")
