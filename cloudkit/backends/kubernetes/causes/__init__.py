"""Why an app on a cluster is not ready: facts are gathered from the API server, the decision from them is pure.

::

    cause = find_cause(client, spec, revision)

What every engine has alike, how lives end and where programs listen, is in ``cloudkit.backends.causes``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.causes.decide import diagnose
from cloudkit.backends.kubernetes.causes.facts import ClaimFacts, Facts, NodeFacts, PodFacts, Told
from cloudkit.backends.kubernetes.causes.gather import gather
from cloudkit.backends.kubernetes.labels import Component
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["ClaimFacts", "Facts", "NodeFacts", "PodFacts", "Told", "diagnose", "find_cause", "gather"]


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
