"""Why an app on a cluster is not ready: facts are gathered from the API server, the decision from them is pure.

::

    cause = find_cause(client, spec, revision)

What every engine has alike, how lives end and where programs listen, is in ``cloudkit.backends.causes``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.causes.decide import diagnose
from cloudkit.backends.kubernetes.causes.facts import ClaimFacts, Facts, NodeFacts, PodFacts, Told
from cloudkit.backends.kubernetes.causes.gather import gather, gather_run
from cloudkit.backends.kubernetes.labels import Component
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.jobobjects import Job

__all__ = ["ClaimFacts", "Facts", "NodeFacts", "PodFacts", "Told", "diagnose", "find_cause", "find_run_cause", "gather"]


def find_cause(
    client: Client, spec: AppSpec, revision: int, *, component: Component = Component.REPLICA
) -> Cause | None:
    """Say why a revision of an app is not ready; None when nothing is wrong with it.

    What the credentials do not allow to be seen is left out, so that less is said, never something else.

    Args:
        client: The API server, and the namespace that the app is in.
        spec: What is wanted.
        revision: The revision that is wanted, as the pods' annotation has it.
        component: What its pods are for.
    """
    facts = gather(client, spec, revision, component=component)
    return None if facts is None else diagnose(spec, facts)


def find_run_cause(client: Client, spec: AppSpec, job: Job, *, waiting: bool) -> Cause | None:
    """Say why replicas of a run have failed, or cannot begin; None when nothing keeps them.

    Args:
        client: The API server, and the namespace that the app is in.
        spec: What is wanted.
        job: The run.
        waiting: True asks of those that have not ended, False of those that have.
    """
    return diagnose(spec, gather_run(client, spec, job, waiting=waiting))
