"""Decide from facts why an app is not ready: pure."""

from __future__ import annotations

from collections.abc import Iterable

from cloudkit.backends.causes.ended import ended_cause
from cloudkit.backends.docker.causes.facts import Facts
from cloudkit.backends.docker.causes.refused import refused_cause
from cloudkit.backends.docker.causes.waiting import waiting_cause
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause

__all__ = ["diagnose"]


def diagnose(spec: AppSpec, facts: Iterable[Facts]) -> Cause | None:
    """Return why an app is not ready, a certain cause before one that may pass; None when nothing is wrong.

    Args:
        spec: What is wanted.
        facts: What is known of each replica that is not ready.
    """
    if spec.stopped:
        return None
    causes = [found for one in facts if (found := _of_one(spec, one)) is not None]
    return min(causes, key=lambda one: not one.certain, default=None)


def _of_one(spec: AppSpec, facts: Facts) -> Cause | None:
    if facts.status in {"running", "paused"}:
        return waiting_cause(spec, facts)
    if facts.error:
        return refused_cause(spec, facts)
    return ended_cause(spec, facts) if facts.status in {"exited", "restarting", "dead"} else None
