"""Exchange a container for an app: the app is ready, as far as it can be beside it, before the container stops.

The container is kept until the app has taken its place, and tells whoever comes next how far it has come: where it is
still there, the adoption goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from cloudkit.backends.adopting.saying import name_taken, refuse_lossy
from cloudkit.backends.docker.adopting.candidate import Container, find_container
from cloudkit.backends.docker.adopting.container import said
from cloudkit.engine.errors import translate
from cloudkit.errors import CloudkitError, ConflictError, NotFoundError, RolloutError
from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.progress import Phase, Progress

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.model.app import AppSpec
    from cloudkit.model.progress import Listener
    from cloudkit.model.state import AppState

__all__ = ["Adopting", "Apps"]


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


class Adopting:
    """Adopts containers of one engine.

    Args:
        api: The engine.
        namespace: Whose the apps are.
        apps: Makes specs true.
    """

    def __init__(self, api: APIClient, namespace: str, apps: Apps) -> None:
        self._api = api
        self._namespace = namespace
        self._apps = apps

    def plan(self, workload: str, *, name: str | None, lossy: bool) -> Plan:
        """Say what would be done."""
        container = find_container(self._api, workload, self._namespace)
        told = said(container, name or container.name)
        if not lossy:
            refuse_lossy(workload, told.lost)
        there = self._there(told.spec.name)
        if there is not None and _private(there) != _private(told.spec):
            raise name_taken(workload, told.spec.name)
        return self._planned(workload, container, told.spec, told.lost)

    def take(self, plan: Plan, *, timeout: float | None, listener: Listener) -> AppState:
        """Do what a plan of this says; where the app does not become ready, the container serves again.

        Raises:
            ConflictError: It is another container by now than the plan was made for.
            RolloutError: The app does not become ready.
        """
        container = find_container(self._api, plan.adopts, self._namespace)
        told = said(container, plan.app)
        if self._planned(plan.adopts, container, told.spec, told.lost).digest != plan.digest:
            message = f"{plan.adopts} has changed since the plan was made"
            raise ConflictError(message, hint=f"cloudkit adopt {plan.adopts}")
        spec, was_running = told.spec, container.running
        try:
            if not _alone(spec) and self._there(spec.name) != spec:
                self._make(_private(spec), timeout, listener)
            if _pauses(spec):
                self._stop(container, spec, listener)
            state = self._make(spec, timeout, listener)
        except RolloutError:
            self._return(container, spec, listener, running=was_running)
            raise
        except ConflictError:  # somebody has taken its port, or goes on with the same
            self._start(container, running=was_running)
            raise
        self._remove(container, spec)
        return state

    def _planned(self, workload: str, container: Container, spec: AppSpec, lost: tuple[str, ...]) -> Plan:
        plan = self._apps.plan(spec)
        return replace(plan, actions=tuple(_actions(plan, container, spec, lost)), adopts=workload)

    def _there(self, name: str) -> AppSpec | None:
        with suppress(NotFoundError):
            return self._apps.get(name).spec
        return None

    def _make(self, spec: AppSpec, timeout: float | None, listener: Listener) -> AppState:
        self._apps.apply(self._apps.plan(spec), timeout=timeout, listener=listener)
        return self._apps.get(spec.name)

    def _stop(self, container: Container, spec: AppSpec, listener: Listener) -> None:
        """Stop the container, which keeps its restart policy, so that it says all that it said before."""
        listener(Progress(phase=Phase.NOTICE, item=spec.name, message=f"stops container {container.name}"))
        with translate(f"stop container {container.name}"):
            self._api.stop(container.id, timeout=int(spec.stop_grace))

    def _return(self, container: Container, spec: AppSpec, listener: Listener, *, running: bool) -> None:
        """Take the app away, and let the container serve again."""
        message = f"container {container.name} goes on in its place"
        listener(Progress(phase=Phase.NOTICE, item=spec.name, message=message))
        self._apps.apply(self._apps.plan_delete(spec.name), listener=listener)
        self._start(container, running=running)

    def _start(self, container: Container, *, running: bool) -> None:
        """Let a container run again that did before; one that has gone or whose port is taken stays as it is."""
        if running:
            with suppress(CloudkitError), translate(f"start container {container.name}"):
                self._api.start(container.id)

    def _remove(self, container: Container, spec: AppSpec) -> None:
        """Remove the container; what it had mounted stays."""
        with suppress(NotFoundError), translate(f"remove container {container.name}"):
            self._api.stop(container.id, timeout=int(spec.stop_grace))
            self._api.remove_container(container.id)


def _private(spec: AppSpec) -> AppSpec:
    """Return an app that takes no port of the host from anybody."""
    return spec.replace(ports=tuple(replace(port, publish=None, host="127.0.0.1") for port in spec.ports))


def _alone(spec: AppSpec) -> bool:
    """Tell whether a second one of it would write where the first one does."""
    return any(mount.kind == "bind" and not mount.read_only for mount in spec.mounts)


def _pauses(spec: AppSpec) -> bool:
    """Tell whether the container has to stop before the app can take its place."""
    return _alone(spec) or any(port.publish is not None for port in spec.ports)


def _actions(plan: Plan, container: Container, spec: AppSpec, lost: tuple[str, ...]) -> Iterator[Action]:
    """Yield the steps: those of the app, and between them the end of the container."""
    why = "as both would write to its folders" if _alone(spec) else "for as long as its ports change hands"
    stop = Action(kind=ActionKind.STOP, object="container", name=container.name, detail=why)
    stops = [stop] if _pauses(spec) and container.running else []
    if _alone(spec):
        yield from stops
        yield from plan.actions
    else:
        yield from plan.actions
        yield from stops
    yield Action(kind=ActionKind.REMOVE, object="container", name=container.name, detail="once the app is ready")
    for path in lost:
        yield Action(kind=ActionKind.REMOVE, object="field", name=path, detail="is not carried")
