"""Why an app of the twin is not ready."""

from __future__ import annotations

from collections.abc import Sequence

from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.record import Record
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.state import ReplicaPhase

__all__ = ["CRASHES", "cause_of", "cause_of_one", "late"]

CRASHES = 3  # ends in a row after which it is called a loop
SETTLING = 1.0  # seconds that a program that is up may take to open the port meant
LAST_LINES = 5
MEANINGS = {126: "its command is not executable", 127: "its command was not found", 137: "it was killed"}


def cause_of(record: Record) -> Cause | None:
    """Return the first cause, certain ones first; None when every wanted replica is ready."""
    if record.spec.stopped:
        return None
    waiting = [one for one in record.containers if one.revision == record.revision and not one.serving]
    causes = [cause for one in waiting if not one.draining and (cause := cause_of_one(one))]
    return min(causes, key=lambda cause: not cause.certain, default=None)


def late(record: Record, seconds: float) -> Cause:
    """Return the cause of a roll that has taken too long: what is known, else that it did."""
    known = cause_of(record)
    if known is not None:
        return known
    name, ready = record.spec.name, sum(one.serving for one in record.containers if one.revision == record.revision)
    return Cause(
        code=CauseCode.DEADLINE,
        summary=f"{record.spec.replicas - ready} of {record.spec.replicas} replicas of {name!r} were not ready in time",
        evidence=(f"no progress for {seconds:g} s",),
        fix=f"cloudkit logs {name}",
    )


def cause_of_one(container: Container) -> Cause | None:
    """Return why a replica serves nobody."""
    if container.refused is not None:
        return container.refused
    if container.running and container.failures < CRASHES:
        return _of_running(container)
    if container.out_of_memory:
        return _ended(container, CauseCode.OUT_OF_MEMORY, f"used more than its memory limit of {_limit(container)}")
    if "probe failed" in container.message:
        return _probe_failing(container, container.message, certain=True)
    return _of_ended(container)


def _of_ended(container: Container) -> Cause | None:
    code = container.exit_code
    if code is None or container.phase is ReplicaPhase.STOPPED:
        return None
    if code in (126, 127):
        known = CauseCode.COMMAND_NOT_FOUND if code == 127 else CauseCode.COMMAND_NOT_EXECUTABLE
        return _ended(container, known, f"exited with {code}: {MEANINGS[code]}")
    if container.failures >= CRASHES:
        return _ended(container, CauseCode.CRASH_LOOP, f"exited with {code}, {container.failures} times in a row")
    if container.spec.restart_policy == "never" or container.phase is ReplicaPhase.COMPLETED:
        return _ended(container, CauseCode.EXITED, f"exited with {code}")
    return None


def _of_running(container: Container) -> Cause | None:
    port = container.spec.ports[0].number if container.spec.ports else None
    if port is not None and container.up and not container.listens_on(port) and container.up_for >= SETTLING:
        if container.program.loopback:
            return _listening(container, CauseCode.LOOPBACK_ONLY, f"listens on 127.0.0.1:{port} only")
        others = container.program.listens
        if others:
            return _listening(container, CauseCode.OTHER_PORT, f"listens on {_numbers(others)}, not on {port}")
    return _not_yet(container) if container.message else None


def _not_yet(container: Container) -> Cause:
    if "probe failed" in container.message:
        return _probe_failing(container, container.message, certain=False)
    return Cause(
        code=CauseCode.DEADLINE,
        summary=f"{container.name}: {container.message} yet",
        evidence=(container.message, *_tail(container)),
        fix=f"cloudkit logs {container.spec.name}",
        certain=False,
    )


def _listening(container: Container, code: CauseCode, what: str) -> Cause:
    app = container.spec.name
    other = container.program.listens
    fix = f"cloudkit deploy {app} --port {other[0]}" if other and code is CauseCode.OTHER_PORT else "listen on 0.0.0.0"
    return Cause(code=code, summary=f"{container.name} {what}", evidence=(what, *_tail(container)), fix=fix)


def _probe_failing(container: Container, reason: str, *, certain: bool) -> Cause:
    return Cause(
        code=CauseCode.PROBE_FAILING,
        summary=f"{container.name}: {reason}",
        evidence=(reason, *_tail(container)),
        fix=f"cloudkit logs {container.spec.name}",
        certain=certain,
    )


def _ended(container: Container, code: CauseCode, what: str) -> Cause:
    return Cause(
        code=code,
        summary=f"{container.name} {what}",
        evidence=(f"exit code {container.exit_code}", *_tail(container)),
        fix=f"cloudkit logs {container.spec.name}",
    )


def _tail(container: Container) -> Sequence[str]:
    return container.lines()[-LAST_LINES:]


def _limit(container: Container) -> str:
    return container.spec.resources.memory or "none"


def _numbers(ports: Sequence[int]) -> str:
    return ", ".join(str(port) for port in ports)
