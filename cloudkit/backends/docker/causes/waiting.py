"""Why a replica that runs is not ready: where it listens, and what its probe sees: pure."""

from __future__ import annotations

from dataclasses import replace

from cloudkit.backends.causes.ended import CRASHES, ended_cause
from cloudkit.backends.causes.listening import SETTLED, elsewhere_cause
from cloudkit.backends.causes.words import cause, deploy, logs
from cloudkit.backends.docker.balancer import settings_for
from cloudkit.backends.docker.balancer.settings import Check, balanced
from cloudkit.backends.docker.causes.facts import Facts
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["waiting_cause"]

REFUSED = 10.0
"""Seconds after which a status that says "not here" is not expected to change."""
CALM = 10.0
"""Seconds of running after which the engine itself forgets earlier ends."""
_MAY_PASS = frozenset({408, 425, 429})
_SEEN = {
    "L4CON": "the connection was refused",
    "L4TOUT": "the connection was not answered in time",
    "L7TOUT": "the answer did not come in time",
    "L7RSP": "the answer was no HTTP",
    "L6RSP": "the answer was no HTTP",
    "SOCKERR": "the connection broke",
}


def waiting_cause(spec: AppSpec, facts: Facts) -> Cause | None:
    """Return why a running replica is not ready; None when nothing is wrong with it."""
    if facts.status == "paused":
        return cause(CauseCode.UNKNOWN, facts, "is paused", fix=f"docker unpause {facts.name}", certain=False)
    if facts.restarts >= CRASHES and facts.age < CALM:
        if facts.exit_code is not None:
            return ended_cause(spec, replace(facts, status="restarting", restarts=facts.restarts - 1))
        what = f"has ended {facts.restarts} times in a row and was started again"
        return cause(CauseCode.CRASH_LOOP, facts, what, fix=logs(spec))
    if facts.health:
        what = "fails its probe"
        return cause(CauseCode.PROBE_FAILING, facts, what, fix=logs(spec), seen=facts.health, certain=False)
    if not balanced(spec) or facts.server is None or facts.server.passing:
        return None
    check = settings_for(spec).check
    return None if check is None else _unreached(spec, facts, check)


def _unreached(spec: AppSpec, facts: Facts, check: Check) -> Cause:
    """Say why the balancer's check fails."""
    certain = facts.age >= SETTLED and not _starting(spec, facts)
    found = elsewhere_cause(spec, facts, check.port, certain=certain)
    if found is not None:
        return found
    if facts.listening is not None and not any(one.port == check.port for one in facts.listening):
        what = f"listens on no port yet; port {check.port} is expected"
        return cause(CauseCode.PROBE_FAILING, facts, what, fix=logs(spec), seen=_seen(facts), certain=False)
    return _failing(spec, facts, check)


def _failing(spec: AppSpec, facts: Facts, check: Check) -> Cause:
    code = facts.server.code if facts.server else None
    asked = f"GET {check.path} on port {check.port}" if check.path else f"port {check.port}"
    refused = code is not None and 400 <= code < 500 and code not in _MAY_PASS
    certain = refused and facts.age >= REFUSED and not _starting(spec, facts)
    what = f"fails its probe: {asked}: {_seen(facts)}"
    fix = deploy(spec, "--readiness /PATH  # one that answers 200 to 399") if refused else logs(spec)
    return cause(CauseCode.PROBE_FAILING, facts, what, fix=fix, certain=certain)


def _starting(spec: AppSpec, facts: Facts) -> bool:
    """True while the start-up probe still allows it to start."""
    startup = spec.startup
    if startup is None:
        return False
    return facts.age < startup.initial_delay + startup.failure_threshold * max(startup.period, startup.timeout)


def _seen(facts: Facts) -> str:
    """Say what the last check saw."""
    server = facts.server
    if server is None or not server.check:
        return "it was not checked yet"
    if server.check == "L7STS":
        return f"the answer was {server.code}"
    return _SEEN.get(server.check, server.detail or server.check)
