"""The refusal of a port that somebody else has, in the same words on every engine."""

from __future__ import annotations

from collections.abc import Sequence

from cloudkit.errors import RolloutError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.port import Port

__all__ = ["taken_port"]


def taken_port(app: str, port: Port, *, where: str, who: str, free: str, evidence: Sequence[str] = ()) -> RolloutError:
    """Return the error that says which port is taken, and by whom.

    Args:
        app: The app that was to publish it.
        port: The port.
        where: The port as it is published, such as ``127.0.0.1:8080``.
        who: Who has it, in words.
        free: How it becomes free.
        evidence: What the engine said.
    """
    cause = Cause(
        code=CauseCode.PORT_TAKEN,
        summary=f"port {where}, which app {app!r} publishes, is taken by {who}",
        evidence=tuple(evidence),
        fix=f"cloudkit deploy {app} IMAGE --port {port.number} --publish 0 takes a free port; or {free}",
    )
    return RolloutError(f"app {app!r} cannot be reached at {where}: the port is taken by {who}", cause=cause)
