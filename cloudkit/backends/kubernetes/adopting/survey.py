"""Look at a workload from every side, and decide how it becomes an app; nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from msgspec import structs

from cloudkit.backends.adopting.saying import name_taken
from cloudkit.backends.kubernetes.adopting.adoption import HASH, Adoption, Maker, find_note
from cloudkit.backends.kubernetes.adopting.around import Leading, leading_services, numbers_of, refuse_around
from cloudkit.backends.kubernetes.adopting.candidate import Candidate, Origin, find_candidate, missing
from cloudkit.backends.kubernetes.adopting.mounting import claims_made
from cloudkit.backends.kubernetes.adopting.rolling import how_it_rolls
from cloudkit.backends.kubernetes.adopting.sources import read_sources
from cloudkit.backends.kubernetes.adopting.template import Said, Template, said
from cloudkit.backends.kubernetes.labels import LEADS_TO
from cloudkit.backends.kubernetes.objects import KeptRevision, Pod
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.plan import Situation, wanted_revision
from cloudkit.backends.kubernetes.workloads.owners import controller_of
from cloudkit.errors import ConflictError, UnsupportedError, UsageError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.look import Look
    from cloudkit.backends.kubernetes.observe import Observation
    from cloudkit.model.app import AppSpec

__all__ = ["Survey", "Surveyed"]


class Surveyed:
    """What came of a look at a workload.

    Args:
        adoption: How it becomes an app.
        situation: What a plan of the app starts from.
        pods: Its pods.
        services: The Services that lead to them.
        lost: What no spec can say of it.
    """

    def __init__(
        self,
        adoption: Adoption,
        situation: Situation,
        pods: Iterable[Pod],
        services: Iterable[Leading] = (),
        lost: Iterable[str] = (),
    ) -> None:
        self.adoption = adoption
        self.situation = situation
        self.pods = tuple(sorted(pods, key=lambda one: one.metadata.name))
        self.services = tuple(services)
        self.lost = tuple(lost)


class Survey:
    """Looks at one namespace.

    Args:
        client: A connection to the API server.
        look: Looks at apps.
    """

    def __init__(self, client: Client, look: Look) -> None:
        self._client = client
        self._look = look

    def find(self, origin: Origin) -> Candidate | Adoption:
        """Return a workload, or its adoption where that was begun; a pod stays what it is until the end.

        Raises:
            NotFoundError: It is not there.
            ConflictError: Somebody else keeps it.
        """
        note = find_note(self._client, origin)
        if note is not None and origin.resource == "pods":
            return note
        found = find_candidate(self._client, origin)
        if found is not None and not (found.ours and note is not None):
            return found
        if note is None:
            raise missing(self._client, origin)
        return note

    def begun(self, adoption: Adoption) -> Surveyed:
        """Return what is left of an adoption that was interrupted."""
        seen = self._look.observe(adoption.spec.name)
        pods = self._pods(adoption.selector, adoption.origin)
        situation = _led(self._situation(seen, adoption.spec), adoption.spec.name, stays=adoption.service)
        return Surveyed(adoption, situation, pods)

    def decide(self, found: Candidate, name: str) -> Surveyed:
        """Decide how a workload becomes an app.

        Raises:
            ConflictError: Something stands in the way; the error says what.
            UnsupportedError: It is nothing that an app can be.
        """
        origin, body = found.origin, found.body
        if origin.resource == "statefulsets" and name != origin.name:
            message = f"the pods of {origin} are named by it, so that the app is called {origin.name!r}, too"
            raise UsageError(message, hint=f"cloudkit adopt {origin}")
        chooser, template = _selector(body), body if origin.resource == "pods" else body["spec"]["template"]
        makers = self._makers(found, chooser)
        pods = self._made_by(self._pods(chooser, origin), origin, makers)
        labels = template["metadata"].get("labels") or {}
        services = leading_services(self._client, labels)
        told, lost = self._said(found, name, template, pods, services)
        refuse_around(self._client, origin, labels, told.spec)
        seen = self._look.observe(name)
        if seen.record is not None or seen.ending:
            raise name_taken(str(origin), name)
        stays = _stays(services, told.spec)
        situation = _led(self._situation(_without(seen, origin), told.spec), name, stays=stays)
        adoption = Adoption(
            origin=origin,
            spec=told.spec,
            revision=wanted_revision(situation, told.spec),
            pull=situation.pull,
            container=told.container,
            names=told.names,
            selector=chooser,
            makers=makers,
            service=stays,
            hash=next((one.metadata.labels[HASH] for one in pods if HASH in one.metadata.labels), ""),
        )
        return Surveyed(adoption, situation, pods, services, (*lost, *told.lost))

    def _said(
        self,
        found: Candidate,
        name: str,
        template: Mapping[str, Any],
        pods: Iterable[Pod],
        services: Iterable[Leading],
    ) -> tuple[Said, list[str]]:
        """Return a workload in the words of a spec, and what else no spec can say."""
        lost: list[str] = []
        resource, body = found.origin.resource, found.body
        replicas, rollout = how_it_rolls(resource, body, lost)
        kinds: dict[str, Literal["stateful", "daemon"]] = {"statefulsets": "stateful", "daemonsets": "daemon"}
        known = Template(
            name=name,
            kind=kinds.get(resource, "service"),
            replicas=replicas,
            rollout=rollout,
            digests={status.image_id for pod in pods for status in pod.status.container_statuses},
            ports=numbers_of(services),
            own=claims_made(body["spec"].get("volumeClaimTemplates") or ()),
            sources=read_sources(self._client, template["spec"]),
        )
        return said(template, known), lost

    def _situation(self, seen: Observation, spec: AppSpec) -> Situation:
        return self._look.situation(seen, spec)

    def _makers(self, found: Candidate, chooser: str) -> tuple[Maker, ...]:
        """Return what has to let go of the pods, whatever stands above others first."""
        origin, metadata = found.origin, found.body["metadata"]
        if origin.resource == "pods":
            return ()
        first = Maker(
            resource=origin.resource, name=origin.name, uid=found.uid, generation=metadata.get("generation", 0)
        )
        if origin.resource != "deployments":
            return (first,)
        listed = self._client.list(object_path("replicasets", self._client.namespace), KeptRevision, labels=chooser)
        own = [one for one in listed.items if _controller(one) == found.uid]
        if sum(one.spec.replicas > 0 for one in own) > 1:
            message = f"{origin} is rolling: its pods are of several revisions"
            raise ConflictError(message, hint=f"kubectl rollout status {origin} -n {self._client.namespace}")
        return first, *(Maker(resource="replicasets", name=one.metadata.name, uid=one.metadata.uid) for one in own)

    def _pods(self, chooser: str, origin: Origin) -> tuple[Pod, ...]:
        collection = object_path("pods", self._client.namespace)
        if not chooser:
            listed = self._client.list(collection, Pod, fields=f"metadata.name={origin.name}").items
        else:
            listed = self._client.list(collection, Pod, labels=chooser).items
        return tuple(one for one in listed if one.metadata.deletion_timestamp is None)

    def _made_by(self, pods: Iterable[Pod], origin: Origin, makers: Iterable[Maker]) -> tuple[Pod, ...]:
        uids = {one.uid for one in makers}
        return tuple(one for one in pods if _controller(one) in uids or origin.resource == "pods")


def _controller(one: Pod | KeptRevision) -> str:
    controller = controller_of(one.metadata)
    return controller.uid if controller else ""


def _without(seen: Observation, origin: Origin) -> Observation:
    """Return what is there without the object that is adopted, which has the app's name until then."""
    return replace(seen, strangers=seen.strangers - {origin.kind}) if seen.app == origin.name else seen


def _led(situation: Situation, app: str, *, stays: bool) -> Situation:
    """Return a situation in which a Service of the app's name is marked, as it will be, where it stays."""
    if not stays:
        return situation
    services = (
        structs.replace(one, metadata=structs.replace(one.metadata, annotations={LEADS_TO: app}))
        if one.metadata.name == app
        else one
        for one in situation.services
    )
    return replace(situation, services=tuple(services))


def _stays(services: Iterable[Leading], spec: AppSpec) -> bool:
    """Tell whether a Service of the app's name leads to its pods already."""
    found = next((one for one in services if one.metadata.name == spec.name), None)
    if found is None:
        return False
    if spec.kind == "stateful" and found.spec.cluster_ip != "None":
        message = f"the Service {spec.name!r} is not headless, so that no replica of a stateful app is reached by it"
        raise UnsupportedError(message, capability="adopt", hint=f"kubectl delete service {spec.name}, and adopt again")
    return True


def _selector(body: Mapping[str, Any]) -> str:
    """Return the label selector of an object, as one asks by it.

    >>> _selector({"spec": {"selector": {"matchLabels": {"a": "b"}}}}), _selector({"spec": {"selector": {"c": "d"}}})
    ('a=b', 'c=d')
    """
    chosen = body["spec"].get("selector") or {}
    if not isinstance(chosen.get("matchLabels", {}), Mapping) or chosen.keys() - {"matchLabels", "matchExpressions"}:
        return _equal(chosen)
    parts = [_equal(chosen.get("matchLabels") or {}), *map(_expression, chosen.get("matchExpressions") or ())]
    return ",".join(filter(None, parts))


def _equal(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _expression(one: Mapping[str, Any]) -> str:
    key, values = one["key"], ",".join(one.get("values") or ())
    forms = {
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
        "Exists": key,
        "DoesNotExist": f"!{key}",
    }
    return str(forms[one["operator"]])
