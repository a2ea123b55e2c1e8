"""What a node says of a container that it cannot start, and how a container that started has ended."""

from __future__ import annotations

from typing import Any

import pytest
from unit.backends.kubernetes.causes.patients import app, cause_of, ended, facts_of, happening, pod, waiting

from cloudkit.backends.kubernetes.causes import Facts, diagnose
from cloudkit.model.cause import CauseCode
from cloudkit.model.resources import Resources

RUNC = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: error during container init: "
)
CERTAIN, MAY_PASS = True, False


@pytest.mark.parametrize(
    ("words", "code", "certain"),
    [
        (RUNC + 'exec: "nope": executable file not found in $PATH', CauseCode.COMMAND_NOT_FOUND, CERTAIN),
        (RUNC + 'exec: "/nope": stat /nope: no such file or directory', CauseCode.COMMAND_NOT_FOUND, CERTAIN),
        (RUNC + 'exec: "/etc/hostname": permission denied', CauseCode.COMMAND_NOT_EXECUTABLE, CERTAIN),
        (RUNC + "exec /bin/sh: exec format error", CauseCode.WRONG_ARCHITECTURE, CERTAIN),
        (
            RUNC + 'error mounting "/x" to rootfs at "/data": not a directory: unknown',
            CauseCode.VOLUME_UNBOUND,
            CERTAIN,
        ),
        (RUNC + "mkdir /data: read-only file system", CauseCode.VOLUME_READ_ONLY, CERTAIN),
        ("failed to generate spec: no command specified", CauseCode.COMMAND_NOT_FOUND, CERTAIN),
        (RUNC + "unable to find user nope: no matching entries in passwd file", CauseCode.UNKNOWN, CERTAIN),
        ("mkdir /run/x: no space left on device", CauseCode.DISK_FULL, MAY_PASS),
        ("context deadline exceeded", CauseCode.UNKNOWN, MAY_PASS),
        ('failed to reserve container name "app_1": name "app_1" is reserved for "x"', CauseCode.UNKNOWN, MAY_PASS),
        ("something else altogether", CauseCode.UNKNOWN, MAY_PASS),
    ],
)
@pytest.mark.parametrize("reason", ["RunContainerError", "CreateContainerError", "StartError"])
def test_the_runtimes_words_name_the_cause(reason: str, words: str, code: CauseCode, *, certain: bool) -> None:
    """In whichever state the container is between two tries."""
    if reason == "StartError":
        status = waiting("CrashLoopBackOff", "back-off 10s", restarts=2, before=ended(128, "StartError", words))
    else:
        status = waiting(reason, words)

    cause = cause_of(pod(status))

    assert (cause.code, cause.certain) == (code, certain)
    assert any(words[:200] in line for line in cause.evidence)


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ('configmap "settings" not found', "configmap", CauseCode.CONFIG_MISSING),
        ('secret "settings" not found', "secret", CauseCode.SECRET_MISSING),
        ("couldn't find key url in ConfigMap shop/settings", "configmap", CauseCode.CONFIG_MISSING),
        ("couldn't find key url in Secret shop/settings", "secret", CauseCode.SECRET_MISSING),
    ],
)
@pytest.mark.parametrize("gone", [True, False])
def test_what_is_missed_is_certain_only_when_it_is_not_there_now(
    words: str, kind: str, code: CauseCode, *, gone: bool
) -> None:
    """Who made it a moment too late is no fault."""
    one = facts_of(pod(waiting("CreateContainerConfigError", words)))
    absent = frozenset({f"{kind}/settings"} if gone else ())

    cause = diagnose(app(), Facts(namespace="shop", pods=(replaced(one, absent=absent),)))

    assert cause is not None
    assert (cause.code, cause.certain) == (code, gone)
    assert "'settings'" in cause.summary
    assert kind in cause.fix


@pytest.mark.parametrize(
    "words",
    [
        'container has runAsNonRoot and image will run as root (pod: "web_shop(1)", container: app)',
        'container has runAsNonRoot and image has non-numeric user (node), cannot verify user is non-root (pod: "x")',
    ],
)
def test_an_image_that_runs_as_root_where_none_may(words: str) -> None:
    """The call gives it a number."""
    cause = cause_of(pod(waiting("CreateContainerConfigError", words)))

    assert (cause.code, cause.certain) == (CauseCode.NOT_ALLOWED, True)
    assert "--user 65532" in cause.fix


@pytest.mark.parametrize(("restarts", "certain"), [(0, False), (1, False), (2, True)])
def test_three_ends_in_a_row_are_a_loop(restarts: int, *, certain: bool) -> None:
    """The code of the last life is read, whether the node waits or not."""
    loops = cause_of(pod(waiting("CrashLoopBackOff", "back-off 10s", restarts=restarts, before=ended(139))))
    status = {"name": "app", "restartCount": restarts, "state": {"terminated": ended(139)}}
    between = cause_of(pod(status))

    assert (loops.code, loops.certain) == (between.code, between.certain) == (CauseCode.CRASH_LOOP, certain)
    assert "exited with 139 (broke a memory bound, SIGSEGV)" in loops.summary


def test_memory_that_ran_out_names_the_limit() -> None:
    """The call doubles it."""
    spec = app(resources=Resources(memory="64Mi"))

    cause = cause_of(pod(waiting("CrashLoopBackOff", restarts=1, before=ended(137, "OOMKilled"))), spec=spec)

    assert (cause.code, cause.certain) == (CauseCode.OUT_OF_MEMORY, True)
    assert "--memory 128Mi" in cause.fix


def test_a_container_before_the_app_that_fails_is_the_one_that_is_told() -> None:
    """What admission puts before the app keeps it from starting."""
    before = {**waiting("CrashLoopBackOff", restarts=3, before=ended(7)), "name": "init"}
    one = pod(waiting("PodInitializing"), initContainerStatuses=[before])

    cause = cause_of(one)

    assert (cause.code, cause.certain) == (CauseCode.CRASH_LOOP, True)
    assert "exited with 7" in cause.summary


@pytest.mark.parametrize("kind", ["Liveness", "Startup"])
def test_an_end_for_a_failed_probe_is_no_crash(kind: str) -> None:
    """The node itself killed it: the probe is the cause."""
    told = (
        happening("Unhealthy", f"{kind} probe failed: dial tcp 10.1.0.2:3000: connect: connection refused", at=0),
        happening("Killing", f"Container app failed {kind.lower()} probe, will be restarted", at=1),
        happening("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", at=1),
    )
    from cloudkit.model.probe import TcpProbe

    spec = app(liveness=TcpProbe(), startup=TcpProbe())

    cause = cause_of(pod(waiting("CrashLoopBackOff", restarts=2, before=ended(137))), *told, spec=spec)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, True)
    assert "the connection was refused; it was ended 3 times for that" in cause.summary


def replaced(one: Any, **changes: Any) -> Any:
    """Return facts with some of them changed."""
    from dataclasses import replace

    return replace(one, **changes)
