"""How the twin rolls: surge, drain, failure, return."""

from __future__ import annotations

import pytest
from unit.backends.memory.stage import Deployed, Wanted

from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.probe import ExecProbe, HttpProbe
from cloudkit.model.progress import Progress, silent
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.state import AppPhase, ReplicaPhase
from cloudkit.testing import Killed, Load, MemoryBackend, Program, Response

SLOW = Program(starts=2.0, latency=0.3)
SICK = Program(answer=lambda _: Response(status=500))
FALSE = ExecProbe(command=("false",))
SOON: dict[str, object] = {"rollout": Rollout(deadline=20)}


def test_a_roll_under_load_fails_no_request(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """New ones serve before old ones go, and those answer what they have taken."""
    deployed(wanted(SLOW, replicas=3))

    with Load(backend, "web", per_second=200) as load:
        deployed(wanted(SLOW, image="web:2", replicas=3))
        backend.world.clock.advance(1)

    assert len(load.answers) > 1000
    assert load.failed == []


def test_without_draining_requests_are_lost(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """The twin does not hide what a drain is for."""
    deployed(wanted(SLOW, replicas=3, rollout=Rollout(drain=0)))

    with Load(backend, "web", per_second=200) as load:
        deployed(wanted(SLOW, image="web:2", replicas=3, rollout=Rollout(drain=0)))
        backend.world.clock.advance(1)

    assert {answer.status for answer in load.failed} == {502}


@pytest.mark.parametrize("bounds", [(1, 0, 4, 3), (3, 0, 6, 3), (0, 1, 3, 2)])
def test_a_roll_keeps_its_bounds(
    backend: MemoryBackend, wanted: Wanted, deployed: Deployed, bounds: tuple[int, int, int, int]
) -> None:
    """Never more than the surge allows, never fewer ready than what may be missing."""
    surge, unavailable, most, fewest = bounds
    rollout = Rollout(max_surge=surge, max_unavailable=unavailable)
    deployed(wanted(SLOW, replicas=3, rollout=rollout))
    seen: list[tuple[int, int]] = []

    def look(_event: Progress) -> None:
        replicas = backend.get("web").replicas
        seen.append((len(replicas), sum(one.ready for one in replicas)))

    backend.apply(backend.plan(wanted(SLOW, image="web:2", replicas=3, rollout=rollout)), listener=look)

    assert max(there for there, _ in seen) == most
    assert min(ready for _, ready in seen) == fewest


@pytest.mark.parametrize(
    "case",
    [
        pytest.param((Program(exits=0.1, exit_code=1), {}, CauseCode.CRASH_LOOP), id="crashes"),
        pytest.param((Program(exits=30, exit_code=1), {}, CauseCode.CRASH_LOOP), id="crashes late"),
        pytest.param((Program(exits=0.1), {"restart": "never"}, CauseCode.EXITED), id="ends"),
        pytest.param((Program(exits=0.0, exit_code=127), {}, CauseCode.COMMAND_NOT_FOUND), id="no command"),
        pytest.param((Program(exits=0.0, exit_code=126), {}, CauseCode.COMMAND_NOT_EXECUTABLE), id="not executable"),
        pytest.param(
            (Program(memory=2**30), {"resources": Resources(memory="64Mi")}, CauseCode.OUT_OF_MEMORY), id="memory"
        ),
        pytest.param((Program(listens=(81,)), {}, CauseCode.OTHER_PORT), id="another port"),
        pytest.param((Program(loopback=True), {}, CauseCode.LOOPBACK_ONLY), id="loopback"),
        pytest.param((SICK, {"startup": HttpProbe(failure_threshold=3)}, CauseCode.PROBE_FAILING), id="startup probe"),
        pytest.param((SICK, {"readiness": HttpProbe()} | SOON, CauseCode.PROBE_FAILING), id="readiness probe"),
        pytest.param((Program(), {"readiness": FALSE} | SOON, CauseCode.PROBE_FAILING), id="exec probe"),
        pytest.param((Program(starts=90), SOON, CauseCode.DEADLINE), id="too slow"),
    ],
)
def test_a_failed_roll_returns_to_the_old_revision_with_its_cause(
    backend: MemoryBackend, wanted: Wanted, deployed: Deployed, case: tuple[Program, dict[str, object], CauseCode]
) -> None:
    """The old replicas were never touched, and what failed leaves nothing but the error."""
    program, changes, code = case
    before = deployed(wanted(Program(), replicas=2))

    with pytest.raises(RolloutError) as caught:
        deployed(wanted(program, image="web:2", replicas=2, **changes))

    after = backend.get("web")
    assert caught.value.cause.code == code
    assert caught.value.cause.fix
    assert (after.spec, after.phase, after.revision) == (before.spec, AppPhase.READY, 1)
    assert {one.id for one in after.replicas} == {one.id for one in before.replicas}
    assert [one.number for one in backend.revisions("web")] == [1]
    assert after.generation == before.generation + 2


def test_a_failed_first_deploy_stays_to_be_looked_at(
    backend: MemoryBackend, wanted: Wanted, deployed: Deployed
) -> None:
    """There is nothing to go back to."""
    with pytest.raises(RolloutError, match="3 times in a row"):
        deployed(wanted(Program(exits=0.1, exit_code=1, last_words=("no database",))))

    state = backend.get("web")
    assert (state.phase, len(state.replicas)) == (AppPhase.FAILED, 1)
    assert state.cause is not None
    assert "no database" in state.cause.evidence


def test_the_next_deploy_mends_a_failed_first_one(wanted: Wanted, deployed: Deployed) -> None:
    """What failed is replaced."""
    with pytest.raises(RolloutError):
        deployed(wanted(Program(exits=0.1, exit_code=1)))

    state = deployed(wanted(Program(), image="web:2"))

    assert (state.phase, state.ready, state.revision) == (AppPhase.READY, 1, 2)


def test_a_refused_start_is_tried_again_when_asked(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """Once the fault is gone the same spec comes true."""
    backend.world.faults.refuse_start("web", CauseCode.DISK_FULL)
    with pytest.raises(RolloutError) as caught:
        deployed(wanted())
    backend.world.faults.clear()

    state = deployed(wanted())

    assert caught.value.cause.code is CauseCode.DISK_FULL
    assert (state.phase, state.generation) == (AppPhase.READY, 1)


def test_a_crash_is_healed_with_back_off(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """The engine restarts the same replica, later each time."""
    (before,) = deployed(wanted()).replicas
    moments = []

    for _ in range(3):
        backend.world.faults.crash(before.name, exit_code=3)
        crashed_at = backend.world.clock.seconds
        while not backend.get("web").settled:
            pass
        moments.append(backend.world.clock.seconds - crashed_at)

    (after,) = backend.get("web").replicas
    assert (after.id, after.restarts, after.exit_code) == (before.id, 3, 3)
    assert moments == sorted(moments)


def test_a_failing_liveness_probe_restarts(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """Only a restart helps then."""
    sick: list[bool] = []
    program = Program(answer=lambda _: Response(status=500 if sick else 200))
    (replica,) = deployed(wanted(program, liveness=HttpProbe(period=1, failure_threshold=3))).replicas
    sick.append(True)

    backend.world.clock.advance(3.1)
    sick.clear()
    backend.world.clock.advance(5)

    (after,) = backend.get("web").replicas
    assert (after.id, after.restarts, after.ready) == (replica.id, 1, True)


def test_an_unready_replica_gets_no_request(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """And gets them again when its probe passes again."""
    sick: set[str] = set()
    program = Program(answer=lambda request: Response(status=500 if request.replica in sick else 200))
    state = deployed(wanted(program, replicas=2, readiness=HttpProbe()))
    sick.add(state.replicas[0].name)

    backend.world.clock.advance(5)
    without = {backend.request("web").replica for _ in range(6)}
    sick.clear()
    backend.world.clock.advance(5)

    assert without == {state.replicas[1].name}
    assert {backend.request("web").replica for _ in range(6)} == {one.name for one in state.replicas}


def test_what_ignores_the_signal_is_killed_after_its_grace(
    backend: MemoryBackend, wanted: Wanted, deployed: Deployed
) -> None:
    """And is no crash, as it was asked for."""
    spec = wanted(Program(ignores_stop=True), stop_grace=7.0)
    deployed(spec)
    before = backend.world.clock.seconds

    (replica,) = deployed(spec.replace(stopped=True)).replicas

    assert (replica.phase, replica.exit_code) == (ReplicaPhase.STOPPED, 137)
    assert backend.world.clock.seconds - before == pytest.approx(7.0, abs=0.2)


def test_an_overtaken_roll_ends_in_a_conflict(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """Who wanted something newer wins."""
    first, second = wanted(SLOW), wanted(SLOW, image="web:2")
    deployed(first)
    plan = backend.plan(second)

    def overtake(_event: Progress) -> None:
        if backend.get("web").generation == 2:
            backend.apply(backend.plan(first.replace(replicas=2)), wait=False, listener=silent)

    with pytest.raises(ConflictError, match="changed by someone else while it rolled"):
        backend.apply(plan, listener=overtake)


def test_with_nobody_waiting_a_roll_goes_on(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """Time alone brings it about, and a failure back."""
    deployed(wanted())

    backend.apply(backend.plan(wanted(SLOW, image="web:2")), wait=False, listener=silent)
    at_once = backend.get("web").phase
    backend.world.clock.advance(30)
    backend.apply(backend.plan(wanted(Program(exits=0.1, exit_code=1), image="web:3")), wait=False, listener=silent)
    backend.world.clock.advance(60)

    assert at_once is AppPhase.PROGRESSING
    state = backend.get("web")
    assert (state.phase, state.revision, state.spec.image.tag) == (AppPhase.READY, 2, "2")


@pytest.mark.parametrize("step", range(1, 12))
def test_what_a_kill_leaves_is_repaired_by_the_same_change(
    backend: MemoryBackend, wanted: Wanted, deployed: Deployed, step: int
) -> None:
    """At whatever step of a roll."""
    deployed(wanted(replicas=2))
    target = wanted(Program(answer=lambda _: "new"), image="web:2", replicas=2)
    backend.world.faults.kill_at(step)
    with pytest.raises(Killed):
        deployed(target)

    state = deployed(target)

    assert (state.phase, state.ready, len(state.replicas)) == (AppPhase.READY, 2, 2)
    assert backend.plan(target).empty
    assert backend.request("web").body == "new"


def test_leftovers_of_a_failed_revision_are_never_taken_for_the_next(
    backend: MemoryBackend, wanted: Wanted, deployed: Deployed
) -> None:
    """A number is used once while anything of it is left."""
    deployed(wanted())
    backend.world.faults.kill_at(5)
    with pytest.raises(Killed):
        deployed(wanted(Program(exits=0.1, exit_code=1), image="web:2"))
    left = {one.name for one in backend.get("web").replicas if one.revision == 2}

    state = deployed(wanted(Program(), image="web:3"))

    assert left
    assert state.revision == 3
    assert left.isdisjoint(one.name for one in state.replicas)


def test_the_last_ten_revisions_are_kept(backend: MemoryBackend, wanted: Wanted, deployed: Deployed) -> None:
    """Older ones cannot come back."""
    for number in range(12):
        deployed(wanted(image=f"web:{number}"))

    assert [one.number for one in backend.revisions("web")] == list(range(12, 2, -1))
