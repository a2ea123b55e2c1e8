"""A wait that ends at once when waiting longer cannot help, and says why."""

from __future__ import annotations

import time
from collections.abc import Callable

from cloudkit.backends.jobs import job_failed
from cloudkit.backends.protocol import Backend
from cloudkit.errors import RolloutError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.state import AppPhase, AppState

__all__ = ["wait_until_settled"]

TICK = 0.25  # seconds between two looks
DIAGNOSE = 1.5  # seconds between two searches for a cause


def wait_until_settled(
    backend: Backend,
    name: str,
    *,
    timeout: float,
    listener: Listener,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> AppState:
    """Return an app's state once all is as wanted.

    Args:
        backend: Where the app is.
        name: The app.
        timeout: Seconds at the most.
        listener: Hears how many are ready.
        clock: The time in seconds.
        sleep: Waits so many seconds.

    Raises:
        RolloutError: It does not become ready, for the cause that it carries.
        NotFoundError: There is no such app.
    """
    ends = clock() + timeout
    diagnosed, ready = clock(), -1
    while True:
        state = backend.get(name)
        if state.ready != ready or state.settled:
            ready = state.ready
            listener(_progress(state))
        if state.phase is AppPhase.FAILED and state.settled:
            raise _error(state, backend.diagnose(name) or _late(state, timeout))
        if state.settled:
            return state
        late = clock() >= ends
        if late or clock() - diagnosed >= DIAGNOSE:
            diagnosed = clock()
            cause = backend.diagnose(name)
            if late or (cause is not None and cause.certain):
                raise _error(state, cause or _late(state, timeout))
        sleep(min(TICK, max(0.0, ends - clock())))


def _progress(state: AppState) -> Progress:
    wanted = state.desired
    return Progress(
        phase=Phase.ROLL,
        item=state.name,
        message=state.counted if state.run else f"{state.ready}/{wanted} ready",
        current=min(state.ready, wanted),
        total=wanted,
        unit="replicas" if state.run is None else "completions",
        done=state.settled,
    )


def _error(state: AppState, cause: Cause) -> RolloutError:
    if state.run is not None:
        return job_failed(state.name, cause, over=state.run.over)
    return RolloutError(f"app {state.name!r} is not ready: {cause.summary}", cause=cause)


def _late(state: AppState, timeout: float) -> Cause:
    return Cause(
        code=CauseCode.DEADLINE,
        summary=f"{state.counted} after {timeout:g} s"
        if state.run
        else f"{state.ready} of {state.desired} replicas are ready after {timeout:g} s",
        evidence=tuple(str(replica) for replica in state.replicas),
        fix=f"cloudkit logs {state.name}",
        certain=state.run is None,
    )
