"""One word and one line for what was seen, the right ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.state import AppPhase, AppState, Replica, ReplicaPhase, Revision

NOW = datetime(2026, 1, 31, 14, 5, tzinfo=UTC)
IMAGE = Reference.parse("web:1").pinned(Digest.parse("sha256:" + "0123456789abcdef" * 4))
CERTAIN = Cause(code=CauseCode.EXITED, summary="web-1 exited with 1")
GUESS = Cause(code=CauseCode.PROBE_FAILING, summary="/healthz answers 503", certain=False)


def _replica(word: str, number: int = 0) -> Replica:
    """Read ``ready`` or ``ready@1``, where the revision is 2 unless it is named."""
    phase, _, revision = word.partition("@")
    return Replica(
        name=f"web-{number}", id=str(number), revision=int(revision or 2), phase=ReplicaPhase(phase), image=IMAGE
    )


def _state(wanted: int, words: str, *, cause: Cause | None = None, stopped: bool = False) -> AppState:
    return AppState(
        spec=AppSpec(name="web", image=IMAGE, replicas=wanted, stopped=stopped),
        generation=5,
        revision=2,
        replicas=tuple(_replica(word, number) for number, word in enumerate(words.split())),
        cause=cause,
        observed_at=NOW,
    )


TABLE: list[tuple[AppState, int, bool, AppPhase]] = [
    (_state(2, "ready ready"), 2, True, AppPhase.READY),
    (_state(0, ""), 0, True, AppPhase.READY),
    (_state(2, "ready completed"), 1, True, AppPhase.READY),
    (_state(2, "completed completed"), 0, True, AppPhase.READY),
    (_state(2, ""), 0, False, AppPhase.PROGRESSING),
    (_state(2, "ready"), 1, False, AppPhase.PROGRESSING),
    (_state(2, "ready starting"), 1, False, AppPhase.PROGRESSING),
    (_state(2, "pending pending"), 0, False, AppPhase.PROGRESSING),
    (_state(2, "ready ready ready"), 3, False, AppPhase.PROGRESSING),
    (_state(2, "ready ready draining"), 2, False, AppPhase.PROGRESSING),
    (_state(2, "ready ready ready@1"), 2, False, AppPhase.PROGRESSING),
    (_state(2, "ready@1 ready@1"), 0, False, AppPhase.PROGRESSING),
    (_state(2, "ready ready completed@1"), 2, False, AppPhase.PROGRESSING),
    (_state(0, "ready"), 1, False, AppPhase.PROGRESSING),
    (_state(1, "stopped"), 0, False, AppPhase.PROGRESSING),
    (_state(2, "ready unready"), 1, False, AppPhase.DEGRADED),
    (_state(2, "ready crashed"), 1, False, AppPhase.DEGRADED),
    (_state(2, "unready unready"), 0, False, AppPhase.PROGRESSING),
    (_state(1, "crashed"), 0, False, AppPhase.PROGRESSING),
    (_state(1, "crashed", cause=GUESS), 0, False, AppPhase.PROGRESSING),
    (_state(1, "crashed", cause=CERTAIN), 0, False, AppPhase.FAILED),
    (_state(1, "", cause=CERTAIN), 0, False, AppPhase.FAILED),
    (_state(2, "ready@1 ready@1 crashed", cause=CERTAIN), 0, False, AppPhase.DEGRADED),
    (_state(2, "ready starting", cause=CERTAIN), 1, False, AppPhase.DEGRADED),
    (_state(1, "ready", cause=CERTAIN), 1, True, AppPhase.READY),
    (_state(2, "stopped stopped", stopped=True), 0, True, AppPhase.STOPPED),
    (_state(2, "", stopped=True), 0, True, AppPhase.STOPPED),
    (_state(2, "stopped crashed", stopped=True), 0, True, AppPhase.STOPPED),
    (_state(2, "stopped ready", stopped=True), 1, False, AppPhase.PROGRESSING),
    (_state(2, "stopped draining", stopped=True), 0, False, AppPhase.PROGRESSING),
]


@pytest.mark.parametrize(
    ("state", "ready", "settled", "phase"), [pytest.param(*case, id=f"{index}") for index, case in enumerate(TABLE)]
)
def test_an_app_in_one_word(state: AppState, ready: int, *, settled: bool, phase: AppPhase) -> None:
    """Ready counts the wanted revision only; settled is exactly what is wanted, and nothing else left."""
    assert (state.ready, state.settled, state.phase) == (ready, settled, phase)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (_state(2, "ready ready"), "web 2/2 ready, web:1@0123456789ab"),
        (_state(2, "ready starting"), "web 1/2 ready, progressing, web:1@0123456789ab"),
        (_state(1, "crashed", cause=CERTAIN), "web 0/1 ready, failed, web:1@0123456789ab, web-1 exited with 1"),
        (_state(1, "stopped", stopped=True), "web 0/1 ready, stopped, web:1@0123456789ab"),
    ],
    ids=["ready", "progressing", "failed", "stopped"],
)
def test_an_app_in_one_line(state: AppState, line: str) -> None:
    """The name, how many are ready, the image, and what is wrong."""
    assert str(state) == line


def test_a_replica_in_one_line() -> None:
    """Where it stands, and what happened to it before."""
    crashed = Replica(
        name="web-1", id="1", revision=2, phase=ReplicaPhase.CRASHED, image=IMAGE, restarts=2, exit_code=137,
        message="oom\x1b[2J"
    )  # fmt: skip

    assert str(_replica("ready")) == "web-0 ready, revision 2"
    assert str(crashed) == r"web-1 crashed, revision 2, 2 restarts, exit code 137, oom\x1b[2J"


def test_a_revision_in_one_line() -> None:
    """Its number, image and time."""
    revision = Revision(number=2, spec=_state(1, "").spec, created_at=NOW, current=True)

    assert str(revision) == "2 web:1@0123456789ab 2026-01-31 14:05:00+0000 (current)"
