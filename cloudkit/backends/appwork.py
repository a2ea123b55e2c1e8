"""An app as one of all workloads, where the app is the thing that one has asked for."""

from __future__ import annotations

from cloudkit.backends.labels import OWNER
from cloudkit.model.state import AppPhase, AppState
from cloudkit.model.workload import Workload

__all__ = ["app_workload"]


def app_workload(state: AppState, namespace: str) -> Workload:
    """Return an app's row."""
    cause = state.cause if state.phase is not AppPhase.READY else None
    started = [one.started_at for one in state.replicas if one.started_at]
    return Workload(
        kind="app",
        name=state.name,
        namespace=namespace,
        ready=state.ready,
        wanted=state.desired,
        images=(state.spec.image.familiar,),
        owner=OWNER,
        created_at=min(started, default=None),
        message=cause.summary if cause else "",
        observed_at=state.observed_at,
    )
