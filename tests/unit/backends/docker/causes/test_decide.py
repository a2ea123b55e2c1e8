"""From the same facts follows the same cause, for engines old and new."""

from __future__ import annotations

from typing import Any

import pytest

from cloudkit.backends.causes.sockets import listening_in
from cloudkit.backends.docker.balancer import Admin, Server
from cloudkit.backends.docker.causes import Facts, diagnose
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import CauseCode
from cloudkit.model.port import Port
from cloudkit.model.reference import Reference

ELSEWHERE = listening_in("0: 00000000:1F90 00000000:0000 0A")
LOOPBACK = listening_in("0: 0100007F:0BB8 00000000:0000 0A")
REFUSED = Server(name="web-1", address="10.0.0.7", admin=Admin.TRIAL, passing=False, check="L4CON")
OLD = 'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "nope": '


def app(**options: Any) -> AppSpec:
    """Return an app with a port."""
    image = Reference.parse("web@sha256:" + "0" * 64)
    return AppSpec(name="web", image=image, ports=(Port(number=3000),), **options)


def facts(status: str, **known: Any) -> Facts:
    """Return what is known of a replica."""
    return Facts(name="web-1", status=status, **known)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (OLD + "executable file not found in $PATH: unknown", CauseCode.COMMAND_NOT_FOUND),
        ('exec: "./run": stat ./run: no such file or directory: unknown', CauseCode.COMMAND_NOT_FOUND),
        (OLD + "permission denied: unknown", CauseCode.COMMAND_NOT_EXECUTABLE),
        ('exec: "/etc": is a directory: permission denied', CauseCode.COMMAND_NOT_EXECUTABLE),
        ("exec /bin/sh: exec format error", CauseCode.WRONG_ARCHITECTURE),
        ("Bind for 127.0.0.1:3000 failed: port is already allocated", CauseCode.PORT_TAKEN),
        ("listen tcp4 127.0.0.1:3000: bind: address already in use", CauseCode.PORT_TAKEN),
        ("failed to set up container networking: Address already in use", CauseCode.NETWORK),
        ("network 3f2a not found", CauseCode.NETWORK),
        ("could not find an available, non-overlapping IPv4 address pool", CauseCode.NETWORK),
        ("mkdir /var/lib/docker/overlay2/x: no space left on device", CauseCode.DISK_FULL),
        ("error mounting: mkdir /data: read-only file system", CauseCode.VOLUME_READ_ONLY),
        ("invalid mount config: bind source path does not exist: /srv/x", CauseCode.VOLUME_UNBOUND),
        ("No such image: web:1", CauseCode.IMAGE_MISSING),
        ("something else altogether", CauseCode.UNKNOWN),
    ],
)
def test_the_engines_words_name_the_cause(words: str, code: CauseCode) -> None:
    """Each refusal to start is certain, and its words are kept."""
    cause = diagnose(app(), [facts("created", error=words, exit_code=128)])

    assert cause is not None
    assert (cause.code, cause.certain) == (code, True)
    assert words in cause.evidence


def test_a_certain_cause_outweighs_one_that_may_pass() -> None:
    """Of several replicas, the one that cannot recover decides."""
    passing = facts("running", server=REFUSED, listening=())
    ended = facts("restarting", exit_code=127, restarts=0)

    cause = diagnose(app(), [passing, ended])

    assert cause is not None
    assert cause.code is CauseCode.COMMAND_NOT_FOUND


@pytest.mark.parametrize(("restarts", "certain"), [(0, False), (1, False), (2, True)])
def test_three_ends_in_a_row_are_a_loop(restarts: int, *, certain: bool) -> None:
    """One or two may be a bad moment."""
    cause = diagnose(app(), [facts("restarting", exit_code=1, restarts=restarts)])

    assert cause is not None
    assert cause.certain is certain


@pytest.mark.parametrize(("age", "certain"), [(0.5, False), (5.0, True)])
@pytest.mark.parametrize(
    ("listening", "code"), [(ELSEWHERE, CauseCode.OTHER_PORT), (LOOPBACK, CauseCode.LOOPBACK_ONLY)]
)
def test_where_it_listens_is_certain_only_after_a_while(
    listening: Any, code: CauseCode, age: float, *, certain: bool
) -> None:
    """A program may open one port before the other."""
    cause = diagnose(app(), [facts("running", server=REFUSED, listening=listening, age=age)])

    assert cause is not None
    assert (cause.code, cause.certain) == (code, certain)


def test_a_passing_replica_has_no_cause() -> None:
    """Waiting to be enabled is no fault."""
    up = Server(name="web-1", address="10.0.0.7", admin=Admin.TRIAL, passing=True, check="L7OK")

    assert diagnose(app(), [facts("running", server=up)]) is None


def test_a_stopped_app_has_no_cause() -> None:
    """A stop that was asked for is never shown as a crash."""
    assert diagnose(app(stopped=True), [facts("exited", exit_code=137)]) is None


def test_a_long_run_makes_earlier_ends_forgotten() -> None:
    """A replica that has run for a while is judged by what it does now."""
    young, old = facts("running", restarts=5, age=2.0), facts("running", restarts=5, age=60.0)

    cause = diagnose(app(), [young])

    assert cause is not None
    assert cause.code is CauseCode.CRASH_LOOP
    assert diagnose(app(), [old]) is None


def test_an_init_process_that_an_image_cannot_run_is_told_from_a_missing_command() -> None:
    """An image made from scratch has nothing that a dynamic init process needs."""
    log = ("exec /sbin/docker-init: no such file or directory",)

    cause = diagnose(app(), [facts("restarting", exit_code=255, log=log, image_platform="linux/amd64")])

    assert cause is not None
    assert "--no-init" in cause.fix
