"""Why a pod whose container runs is not ready: what its probe sees, and where it listens: pure."""

from __future__ import annotations

import re

from cloudkit.backends.causes.listening import SETTLED, elsewhere_cause
from cloudkit.backends.causes.words import cause, deploy, logs
from cloudkit.backends.kubernetes.causes.facts import PodFacts, Told
from cloudkit.backends.rolling import allowance
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe

__all__ = ["is_unreached", "probe_cause", "probed_port"]

REFUSED = 10.0
"""Seconds after which a status that says "not here" is not expected to change."""
_MAY_PASS = frozenset({408, 425, 429})
_STATUS = re.compile(r"HTTP probe failed with statuscode: (\d+)")
_KIND = re.compile(r"^(Readiness|Liveness|Startup) probe (?:failed|errored)[^:]*: ?", re.IGNORECASE)
_SEEN = (
    (re.compile(r"connection refused"), "the connection was refused"),
    (re.compile(r"i/o timeout|no route to host"), "the connection was not answered in time"),
    (re.compile(r"deadline exceeded|timed out"), "the answer did not come in time"),
    (re.compile(r"malformed HTTP|http: server gave"), "the answer was no HTTP"),
    (re.compile(r"EOF|reset by peer|broken pipe"), "the connection broke"),
)


def probe_cause(spec: AppSpec, pod: PodFacts, told: Told) -> Cause:
    """Return why a running pod is not ready.

    Args:
        spec: What is wanted.
        pod: The pod, with what it listens on where that could be seen.
        told: What its last failed probe was told to have seen.
    """
    kind, probe = _judging(spec, told)
    seen = _KIND.sub("", told.message).strip()
    if isinstance(probe, ExecProbe) or probe is None:
        what = f"fails its {kind}probe"
        words = f"the probe's command failed: {seen}" if seen else "the probe's command failed"
        return cause(CauseCode.PROBE_FAILING, pod, what, fix=logs(spec), seen=words, certain=False)
    found = _elsewhere(spec, pod, probe, told)
    return found or _failing(spec, pod, probe, told)


def _judging(spec: AppSpec, told: Told) -> tuple[str, Probe | None]:
    """Return the probe that something was told of, and its word before ``probe``; an open port where none was given."""
    match = _KIND.match(told.message)
    kind = match[1].lower() if match else "readiness"
    if kind == "startup":
        return "start-up ", spec.startup
    if kind == "liveness":
        return "liveness ", spec.liveness
    return "", spec.readiness or (TcpProbe() if spec.ports else None)


def is_unreached(spec: AppSpec, told: Told) -> bool:
    """True when a probe of a port got no answer, so that where the program listens tells more."""
    _, probe = _judging(spec, told)
    return isinstance(probe, HttpProbe | TcpProbe) and not _STATUS.search(told.message)


def probed_port(spec: AppSpec, probe: HttpProbe | TcpProbe) -> int:
    """Return the port that a probe asks.

    >>> from cloudkit.model.port import Port
    >>> from cloudkit.model.reference import Reference
    >>> probed_port(AppSpec(name="web", image=Reference.parse("web:1"), ports=(Port(number=3000),)), TcpProbe())
    3000
    """
    return probe.port or spec.ports[0].number


def _elsewhere(spec: AppSpec, pod: PodFacts, probe: HttpProbe | TcpProbe, told: Told) -> Cause | None:
    """Say where it listens instead; a liveness or start-up probe may look elsewhere than the app's port."""
    port = probed_port(spec, probe)
    certain = told.age >= SETTLED and not _starting(spec, told)
    found = elsewhere_cause(spec, pod, port, certain=certain)
    if found is not None:
        return found
    if pod.listening is not None and not any(one.port == port for one in pod.listening):
        what = f"listens on no port yet; port {port} is expected"
        seen = _seen(told.message)
        return cause(CauseCode.PROBE_FAILING, pod, what, fix=logs(spec), seen=seen, certain=False)
    return None


def _failing(spec: AppSpec, pod: PodFacts, probe: HttpProbe | TcpProbe, told: Told) -> Cause:
    kind, _ = _judging(spec, told)
    port = probed_port(spec, probe)
    asked = f"GET {probe.path} on port {port}" if isinstance(probe, HttpProbe) else f"port {port}"
    status = int(match[1]) if (match := _STATUS.search(told.message)) else None
    refused = status is not None and 400 <= status < 500 and status not in _MAY_PASS
    certain = refused and told.age >= REFUSED and not _starting(spec, told)
    what = f"fails its {kind}probe: {asked}: {_seen(told.message)}"
    option = {"": "readiness", "start-up ": "startup", "liveness ": "liveness"}[kind]
    fix = deploy(spec, f"--{option} /PATH  # one that answers 200 to 399") if refused else logs(spec)
    return cause(CauseCode.PROBE_FAILING, pod, what, fix=fix, certain=certain)


def _starting(spec: AppSpec, told: Told) -> bool:
    """True while the start-up probe still allows it to start."""
    return spec.startup is not None and told.age < allowance(spec)


def _seen(message: str) -> str:
    """Say what a probe got, in few words."""
    status = _STATUS.search(message)
    if status:
        return f"the answer was {status[1]}"
    known = next((words for pattern, words in _SEEN if pattern.search(message)), "")
    return known or _KIND.sub("", message).strip() or "it did not pass"
