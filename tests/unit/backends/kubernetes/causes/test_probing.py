"""What a node's probe got is told in the words of every engine; when nothing is certain, that is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from unit.backends.kubernetes.causes.patients import app, facts_of, happening, pod, stamp

from cloudkit.backends.causes.sockets import listening_in
from cloudkit.backends.kubernetes.causes import Facts, diagnose
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe

RUNNING = {"name": "app", "ready": False, "state": {"running": {"startedAt": stamp()}}}
GET = 'Readiness probe failed: Get "http://10.1.0.2:3000/healthz": '
REFUSED = "Readiness probe failed: dial tcp 10.1.0.2:3000: connect: connection refused"
ELSEWHERE = listening_in("0: 00000000:1F90 00000000:0000 0A")
LOOPBACK = listening_in("0: 0100007F:0BB8 00000000:0000 0A")


def cause_of(message: str, *, age: float = 2, listening: Any = None, **spec: Any) -> Cause:
    """Return what is said of a running pod whose probe failed so."""
    one = replace(facts_of(pod(RUNNING), happening("Unhealthy", message, at=age)), listening=listening)
    cause = diagnose(app(**spec), Facts(namespace="shop", pods=(one,)))
    assert cause is not None
    return cause


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Readiness probe failed: HTTP probe failed with statuscode: 503", "the answer was 503"),
        (GET + "dial tcp 10.1.0.2:3000: connect: connection refused", "the connection was refused"),
        (GET + "context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "did not come in time"),
        (GET + "dial tcp 10.1.0.2:3000: i/o timeout", "the connection was not answered in time"),
        (GET + "EOF", "the connection broke"),
        (GET + 'net/http: HTTP/1.x transport connection broken: malformed HTTP response "x"', "the answer was no HTTP"),
    ],
)
def test_what_the_probe_got_is_told(message: str, words: str) -> None:
    """With what was asked; none of it is certain at once."""
    cause = cause_of(message, readiness=HttpProbe(path="/healthz"))

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)
    assert "GET /healthz on port 3000" in cause.summary
    assert words in cause.summary


@pytest.mark.parametrize(("age", "certain"), [(2, False), (11, True)])
def test_a_path_that_is_not_there_is_certain_after_a_while(age: float, *, certain: bool) -> None:
    """The node's own clock says how long."""
    message = "Readiness probe failed: HTTP probe failed with statuscode: 404"

    cause = cause_of(message, age=age, readiness=HttpProbe(path="/healthz"))

    assert cause.certain is certain
    assert "--readiness" in cause.fix


@pytest.mark.parametrize(("age", "certain"), [(1, False), (5, True)])
@pytest.mark.parametrize(
    ("listening", "code"), [(ELSEWHERE, CauseCode.OTHER_PORT), (LOOPBACK, CauseCode.LOOPBACK_ONLY)]
)
def test_where_it_listens_is_certain_only_after_a_while(
    listening: Any, code: CauseCode, age: float, *, certain: bool
) -> None:
    """A program may open one port before the other."""
    cause = cause_of(REFUSED, age=age, listening=listening)

    assert (cause.code, cause.certain) == (code, certain)


def test_a_start_that_its_probe_still_calls_starting_goes_on() -> None:
    """With a start-up probe, another port is no certain fault before the probe's allowance is over."""
    startup = TcpProbe(period=1, failure_threshold=60)
    message = REFUSED.replace("Readiness", "Startup")

    young = cause_of(message, age=30, listening=ELSEWHERE, startup=startup)
    old = cause_of(message, age=61, listening=ELSEWHERE, startup=startup)

    assert (young.certain, old.certain) == (False, True)


def test_a_program_that_listens_nowhere_yet_is_waited_for() -> None:
    """An empty table of sockets is no table that could not be read."""
    cause = cause_of(REFUSED, age=30, listening=())

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)
    assert "listens on no port yet; port 3000 is expected" in cause.summary


def test_a_command_as_probe_that_fails() -> None:
    """What the command printed is the evidence."""
    cause = cause_of("Readiness probe failed: no database\n", readiness=ExecProbe(command=("check",)))

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)
    assert "the probe's command failed: no database" in cause.evidence


def test_what_was_told_of_an_earlier_life_is_not_held_against_this_one() -> None:
    """A probe that failed before the container was started again says nothing of it now."""
    late = {"name": "app", "ready": False, "state": {"running": {"startedAt": stamp(30)}}}
    one = facts_of(pod(late), happening("Unhealthy", REFUSED, at=20))

    assert one.told == ()
    assert diagnose(app(), Facts(namespace="shop", pods=(one,))) is None


def test_what_was_told_of_another_container_is_not_held_against_the_app() -> None:
    """A container that admission has put beside the app has events of its own."""
    beside = happening("Unhealthy", REFUSED, at=5, field="spec.containers{proxy}")

    one = facts_of(pod(RUNNING), beside)

    assert one.told == ()


def test_a_program_that_starts_has_no_cause() -> None:
    """Nothing was told of it yet."""
    assert diagnose(app(), Facts(namespace="shop", pods=(facts_of(pod(RUNNING)),))) is None
