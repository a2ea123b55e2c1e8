"""Adopt a workload: plan it, and do what the plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.adopting.saying import refuse_lossy
from cloudkit.backends.kubernetes.adopting.adoption import Adoption
from cloudkit.backends.kubernetes.adopting.candidate import Candidate, origin_of
from cloudkit.backends.kubernetes.adopting.steps import plan_of
from cloudkit.backends.kubernetes.adopting.survey import Survey, Surveyed
from cloudkit.backends.kubernetes.adopting.takeover import Takeover
from cloudkit.errors import ConflictError
from cloudkit.model.plan import Plan

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.look import Look
    from cloudkit.model.progress import Listener

__all__ = ["Adopting"]


class Adopting:
    """Adopts what runs in one namespace.

    Args:
        client: A connection to the API server.
        look: Looks at apps.
    """

    def __init__(self, client: Client, look: Look) -> None:
        self._client = client
        self._look = look
        self._survey = Survey(client, look)

    def plan(self, workload: str, *, name: str | None, lossy: bool) -> Plan:
        """Say what would be done; an app is an empty plan."""
        found = self._survey.find(origin_of(workload))
        if isinstance(found, Candidate) and found.ours:
            return self._nothing(found.origin.name)
        surveyed = self._surveyed(found, name)
        if not lossy:
            refuse_lossy(workload, surveyed.lost)
        return plan_of(surveyed)

    def take(self, plan: Plan, listener: Listener) -> Takeover:
        """Make the app's record the owner of the workload's pods, and return what forgets the old one at the end.

        Raises:
            ConflictError: It is another workload by now than the plan was made for.
        """
        found = self._survey.find(origin_of(plan.adopts))
        surveyed = None if isinstance(found, Candidate) and found.ours else self._surveyed(found, plan.app)
        if surveyed is None or plan_of(surveyed).digest != plan.digest:
            message = f"{plan.adopts} has changed since the plan was made"
            raise ConflictError(message, hint=f"cloudkit adopt {plan.adopts}")
        takeover = Takeover(client=self._client, listener=listener, adoption=surveyed.adoption)
        takeover.run()
        return takeover

    def _surveyed(self, found: Candidate | Adoption, name: str | None) -> Surveyed:
        if isinstance(found, Adoption):
            return self._survey.begun(found)
        return self._survey.decide(found, name or found.origin.name)

    def _nothing(self, name: str) -> Plan:
        record = self._look.observe(name).record
        spec = record.spec if record else None
        generation = record.generation if record else 0
        return Plan(app=name, backend="kubernetes", generation=generation, before=spec, after=spec, actions=())
