"""Decide from facts why an app on a cluster is not ready: pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from cloudkit.backends.causes.ended import CRASHES, ended_cause
from cloudkit.backends.causes.words import cause
from cloudkit.backends.kubernetes.causes.facts import Facts, PodFacts
from cloudkit.backends.kubernetes.causes.losing import lost_cause, taken_cause
from cloudkit.backends.kubernetes.causes.placing import unplaced_cause
from cloudkit.backends.kubernetes.causes.probing import probe_cause
from cloudkit.backends.kubernetes.causes.pulling import REASONS as PULLING
from cloudkit.backends.kubernetes.causes.pulling import pull_cause
from cloudkit.backends.kubernetes.causes.refusing import refusal_cause
from cloudkit.backends.kubernetes.causes.starting import REASONS as STARTING
from cloudkit.backends.kubernetes.causes.starting import start_cause
from cloudkit.backends.kubernetes.causes.storing import claim_cause, concerns_claims, mount_cause, passing
from cloudkit.backends.rolling import late_cause
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["diagnose"]

_PROBE = re.compile(r"failed (liveness|startup) probe")
PATIENCE = 10.0
"""Seconds after which a controller or scheduler that has not acted is taken for one that does not run."""


def diagnose(spec: AppSpec, facts: Facts) -> Cause | None:
    """Return why an app is not ready, a certain cause before one that may pass; None when nothing is wrong.

    Args:
        spec: What is wanted.
        facts: What is known of the revision that is wanted.
    """
    wanted = max(1, facts.admitted or 0) if spec.kind == "daemon" else spec.replicas
    if spec.stopped or (facts.ready >= wanted and not facts.overdue):
        return None
    found = min(_causes(spec, facts), key=lambda one: not one.certain, default=None)
    if not facts.overdue:
        return found
    why = f"no progress for {spec.rollout.deadline:g} s"
    if found is None:
        return late_cause(spec, max(1, wanted - facts.ready), why)
    return replace(found, certain=True, evidence=(*found.evidence, why))


def _causes(spec: AppSpec, facts: Facts) -> Iterator[Cause]:
    if facts.unheard is not None and facts.unheard >= PATIENCE:
        yield _unheard(spec, facts.unheard)
    if facts.refused:
        yield refusal_cause(spec, facts)
    if facts.paused:
        yield _paused(spec, facts)
    if facts.admitted == 0:
        yield _nowhere(spec)
    for pod in sorted(facts.pods, key=lambda one: bool(one.ended)):
        found = _of_one(spec, pod, facts)
        if found is not None:
            yield found


def _of_one(spec: AppSpec, pod: PodFacts, facts: Facts) -> Cause | None:
    if pod.ended:
        return taken_cause(spec, pod, facts)
    if not pod.node:
        return _unplaced(spec, pod, facts)
    node = facts.node(pod.node)
    if node is not None and node.trouble:
        return lost_cause(pod, node)
    if pod.waiting in PULLING:
        return pull_cause(spec, pod)
    if pod.waiting in STARTING:
        return start_cause(spec, pod)
    return _running(spec, pod) if pod.status == "running" else _not_running(spec, pod)


def _unplaced(spec: AppSpec, pod: PodFacts, facts: Facts) -> Cause | None:
    if concerns_claims(pod.unplaced):
        return claim_cause(pod, facts)
    if pod.unplaced:
        return unplaced_cause(spec, pod, facts)
    if pod.unseen is None or pod.unseen < PATIENCE:
        return None
    what = f"was accepted, and no scheduler has looked at it for {pod.unseen:.0f} s"
    return cause(CauseCode.UNSCHEDULABLE, pod, what, fix="kubectl get pods -n kube-system", certain=False)


def _running(spec: AppSpec, pod: PodFacts) -> Cause | None:
    told = pod.failed_probe("Readiness", "Startup")
    if told is not None:
        return probe_cause(spec, pod, told)
    if pod.restarts and pod.exit_code is not None and pod.age < PATIENCE:
        found = ended_cause(spec, replace(pod, status="restarting", restarts=pod.restarts - 1))
        return found and replace(found, certain=found.certain and pod.restarts >= CRASHES)
    return None


def _not_running(spec: AppSpec, pod: PodFacts) -> Cause | None:
    """Say why a container has ended, or why it was never made."""
    if pod.status in {"restarting", "exited"}:
        return _killed(spec, pod) or ended_cause(spec, pod)
    told = pod.last("FailedMount", "FailedAttachVolume", "FailedMapVolume")
    if told is not None and not passing(told):
        return mount_cause(spec, pod, told)
    told = pod.last("FailedCreatePodSandBox", "NetworkNotReady")
    if told is None:
        return None
    fix = f"kubectl describe node {pod.node}"
    return cause(CauseCode.NETWORK, pod, "cannot join its network", fix=fix, seen=told.message, certain=False)


def _killed(spec: AppSpec, pod: PodFacts) -> Cause | None:
    """Return the cause of a container that its node ended since a probe failed; None for one that ended by itself."""
    killed = pod.last("Killing")
    match = _PROBE.search(killed.message) if killed is not None and not pod.out_of_memory else None
    told = pod.failed_probe(match[1].capitalize()) if match else None
    if told is None:
        return None
    found = probe_cause(spec, pod, told)
    ends = pod.restarts + 1
    times = "once" if ends == 1 else f"{ends} times"
    return replace(found, summary=f"{found.summary}; it was ended {times} for that", certain=ends >= CRASHES)


def _unheard(spec: AppSpec, seconds: float) -> Cause:
    summary = f"the cluster has accepted {spec.name}, and no controller has acted on it for {seconds:.0f} s"
    return Cause(code=CauseCode.UNKNOWN, summary=summary, fix="kubectl get pods -n kube-system", certain=False)


def _nowhere(spec: AppSpec) -> Cause:
    labels = ", ".join(f"{key}={value}" for key, value in sorted(spec.placement.nodes.items()))
    summary = f"no node takes {spec.name}{f': none has {labels}' if labels else ''}"
    return Cause(code=CauseCode.UNSCHEDULABLE, summary=summary, fix="kubectl get nodes --show-labels", certain=False)


def _paused(spec: AppSpec, facts: Facts) -> Cause:
    fix = f"kubectl rollout resume deployment {spec.name} -n {facts.namespace}"
    summary = f"the rollout of {spec.name} was paused by someone else"
    return Cause(code=CauseCode.UNKNOWN, summary=summary, fix=fix, certain=False)
