"""A replica that ends is told by its exit code, its last words, and what the engine saw."""

from __future__ import annotations

import pytest
from engine.causes.patient import NODE, Ward, app

from cloudkit.model.cause import CauseCode
from cloudkit.model.mount import Mount
from cloudkit.model.resources import Resources

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]
INIT = pytest.mark.parametrize("init", [True, False], ids=["init", "no init"])


@INIT
def test_a_command_that_is_not_there(ward: Ward, *, init: bool) -> None:
    """The command is named, whether the engine or an init process missed it."""
    cause = ward.diagnose(app("debian:bookworm-slim", "nope", "-x", init=init))

    assert (cause.code, cause.certain) == (CauseCode.COMMAND_NOT_FOUND, True)
    assert "'nope'" in cause.summary
    assert any("127" in line for line in cause.evidence)


def test_a_command_that_a_shell_does_not_find(ward: Ward) -> None:
    """The shell's words are the evidence."""
    cause = ward.diagnose(app("debian:bookworm-slim", "sh", "-c", "nope"))

    assert cause.code is CauseCode.COMMAND_NOT_FOUND
    assert "sh: 1: nope: not found" in cause.evidence


@INIT
def test_a_command_that_may_not_be_executed(ward: Ward, *, init: bool) -> None:
    """A file without its x bit is told from one that is missing."""
    cause = ward.diagnose(app("debian:bookworm-slim", "/etc/hostname", init=init))

    assert (cause.code, cause.certain) == (CauseCode.COMMAND_NOT_EXECUTABLE, True)
    assert any("126" in line for line in cause.evidence)


@pytest.mark.parametrize(
    ("script", "words"),
    [("exit 3", "3"), ("kill -SEGV $$", "139"), ("kill -KILL $$", "137"), ("kill -TERM $$", "143")],
    ids=["3", "139", "137", "143"],
)
def test_a_program_that_ends_again_and_again(ward: Ward, script: str, words: str) -> None:
    """After the third end in a row it is a loop; the exit code is read and the last lines are shown."""
    cause = ward.diagnose(app("debian:bookworm-slim", "bash", "-c", f"echo last words; {script}"))

    assert (cause.code, cause.certain) == (CauseCode.CRASH_LOOP, True)
    assert f"exited with {words}" in cause.summary
    assert "last words" in cause.evidence


def test_a_program_that_ends_once_may_still_come_up(ward: Ward) -> None:
    """One end is told, but nothing is certain of it."""
    script = "if [ -e /tmp/second ]; then sleep 60; fi; touch /tmp/second; sleep 0.3; exit 1"

    name, front = ward.admit(spec := app("debian:bookworm-slim", "sh", "-c", script))
    seen = [ward.cause(spec, name, front) for _ in range(60)]

    assert not any(cause.certain for cause in seen if cause)
    assert seen[-1] is None


def test_a_program_that_is_not_started_again(ward: Ward) -> None:
    """With restart never, its first end is its last."""
    cause = ward.diagnose(app("debian:bookworm-slim", "sh", "-c", "echo done; exit 4", restart="never"))

    assert (cause.code, cause.certain) == (CauseCode.EXITED, True)
    assert "exited with 4" in cause.summary


def test_a_task_that_has_ended_well_is_no_fault(ward: Ward) -> None:
    """Exit code 0 of an app that is not to be restarted has no cause."""
    spec = app("debian:bookworm-slim", "true", restart="never")
    name, front = ward.admit(spec)
    ward.api.wait(name, timeout=10)

    assert ward.cause(spec, name, front) is None


def test_a_replica_stopped_by_hand_is_no_crash(ward: Ward) -> None:
    """What somebody asked for is told as that, and starting it again may mend it."""
    spec = app("debian:bookworm-slim", "sleep", "600")
    name, front = ward.admit(spec)
    ward.api.stop(name, timeout=5)

    cause = ward.cause(spec, name, front)

    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.EXITED, False)
    assert "stopped by someone else" in cause.summary


def test_a_program_that_uses_more_than_its_memory(ward: Ward) -> None:
    """The limit is named, and the call doubles it."""
    script = "const held = []; for (;;) held.push(Buffer.alloc(1e6, 1))"

    cause = ward.diagnose(app(NODE, "node", "-e", script, resources=Resources(memory="64Mi")))

    assert (cause.code, cause.certain) == (CauseCode.OUT_OF_MEMORY, True)
    assert "64Mi" in cause.summary
    assert "--memory 128Mi" in cause.fix


def test_a_root_that_may_only_be_read(ward: Ward) -> None:
    """The path is named, and the call gives it memory to write to."""
    cause = ward.diagnose(app("debian:bookworm-slim", "sh", "-c", "echo x > /var/tmp/x", read_only=True))

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_READ_ONLY, True)
    assert "tmpfs:/var/tmp" in cause.fix


def test_a_volume_that_may_only_be_read(ward: Ward) -> None:
    """The mount is named, and the call mounts it for writing."""
    mount = Mount(source="data", target="/data", read_only=True)

    cause = ward.diagnose(app("debian:bookworm-slim", "sh", "-c", "echo x > /data/x", mounts=(mount,)))

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_READ_ONLY, True)
    assert "/data" in cause.summary
    assert "--volumes data:/data" in cause.fix


def test_a_disk_that_is_full(ward: Ward) -> None:
    """The program's own words of it are enough."""
    cause = ward.diagnose(app("debian:bookworm-slim", "sh", "-c", "head -c 100M /dev/zero > /dev/shm/x"))

    assert (cause.code, cause.certain) == (CauseCode.DISK_FULL, True)
    assert any("No space left" in line for line in cause.evidence)


def test_last_lines_cannot_steer_a_terminal(ward: Ward) -> None:
    """Escapes and an endless line reach the evidence written out and cut."""
    script = r"head -c 200000 /dev/zero | tr '\0' x; echo; printf '\033[2Jgone\n'; exit 1"

    cause = ward.diagnose(app("debian:bookworm-slim", "sh", "-c", script))

    assert r"\x1b[2Jgone" in cause.evidence
    assert all(len(line) <= 300 for line in cause.evidence)
