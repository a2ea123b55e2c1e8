"""Look at one app from every side: the engine's list, its details, its balancer."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cloudkit.backends.docker.causes import find_cause
from cloudkit.backends.docker.front import Fronts
from cloudkit.backends.docker.image_cause import image_cause
from cloudkit.backends.docker.jobs import attempts_of
from cloudkit.backends.docker.labels import NAME
from cloudkit.backends.docker.names import volume_name
from cloudkit.backends.docker.networks import find_network
from cloudkit.backends.docker.observe import Observation, Seen, observe_app
from cloudkit.backends.docker.plan import Situation
from cloudkit.backends.docker.records import read_record
from cloudkit.backends.docker.runlook import run_cause, run_state
from cloudkit.backends.docker.state import app_state
from cloudkit.backends.kinds import claims_of
from cloudkit.engine.errors import translate
from cloudkit.errors import AccessError, NotFoundError, RegistryError, RolloutError
from cloudkit.model.kinds import ENDING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudkit.backends.protocol import ImageStore
    from cloudkit.engine.connect import Engine
    from cloudkit.model.app import AppSpec
    from cloudkit.model.cause import Cause
    from cloudkit.model.progress import Listener
    from cloudkit.model.reference import Reference
    from cloudkit.model.state import AppState

__all__ = ["Look"]

_BROKEN = frozenset({"exited", "dead", "restarting", "created"})


class Look:
    """What can be seen of a namespace's apps.

    Args:
        engine: A connection to the engine.
        images: Its images.
        namespace: Whose apps.
        fronts: Their balancers.
    """

    def __init__(self, engine: Engine, images: ImageStore, namespace: str, fronts: Fronts) -> None:
        self.engine = engine
        self.images = images
        self.namespace = namespace
        self.fronts = fronts

    def observe(self, app: str) -> Observation:
        """Return what the engine holds of an app."""
        return observe_app(self.engine.api, self.namespace, app)

    def situation(self, seen: Observation, wanted: AppSpec) -> Situation:
        """Return what a plan towards ``wanted`` starts from."""
        api, record = self.engine.api, seen.record
        networks = wanted.networks or ("default",)
        return Situation(
            namespace=self.namespace,
            seen=seen,
            current=read_record(api, record).spec if record else None,
            networks=frozenset(name for name in networks if find_network(api, self.namespace, name)),
            volumes=self._volumes(wanted),
            balancer_current=self.fronts.current(wanted, seen),
            attempts=attempts_of(seen.replicas, self.detail) if wanted.kind == "job" else (),
            now=time.time(),
        )

    def state(self, name: str, seen: Observation) -> AppState:
        """Return what is seen of an app; raise ``NotFoundError`` when it has no record."""
        if seen.record is None:
            message = f"there is no app {name!r} in namespace {self.namespace!r}"
            raise NotFoundError(message, hint="cloudkit apps")
        record = read_record(self.engine.api, seen.record)
        if record.spec.kind in ENDING:
            return run_state(self, record, seen)
        up, draining = self.fronts.serving(record.spec, seen)
        details = self.details(seen.replicas)
        broken = [one for one in seen.replicas if one.revision == record.revision and one.state in _BROKEN]
        cause = None if record.spec.stopped or not broken else self.cause(record.spec, list(details.values()))
        return app_state(
            self.namespace, record, seen, up=up, draining=draining, details=details, host=self.host, cause=cause
        )

    def details(self, replicas: Sequence[Seen]) -> dict[str, dict[str, Any]]:
        """Return what the engine says of each replica when asked in full, by id; one that is gone is left out."""
        if len(replicas) < 2:
            return {one.id: self.detail(one) for one in replicas}
        with ThreadPoolExecutor(4) as pool:
            return dict(zip([one.id for one in replicas], pool.map(self.detail, replicas), strict=True))

    def diagnose(self, spec: AppSpec, revision: int, seen: Observation) -> Cause | None:
        """Say why replicas of a revision are not ready; None when nothing is wrong."""
        if spec.kind in ENDING:
            return run_cause(self, spec, revision, seen)
        wanted = [one for one in seen.replicas if one.revision == revision]
        return self.cause(spec, list(self.details(wanted).values()))

    def cause(self, spec: AppSpec, details: Sequence[Mapping[str, Any]]) -> Cause | None:
        """Say why replicas are not ready, from what the engine says of each; None when nothing is wrong."""
        return find_cause(
            self.engine.api,
            spec,
            details,
            namespace=self.namespace,
            servers=self.fronts.servers(spec),
            platform=self.engine.platform,
            tool=self.fronts.image,
        )

    def image(self, spec: AppSpec, listener: Listener) -> str:
        """Return what the engine knows a spec's image as; one that is not there is fetched.

        Raises:
            RolloutError: It is nowhere.
        """
        reference = spec.image
        try:
            return self._image_id(reference)
        except NotFoundError:
            pass
        try:
            self.images.pull(reference, listener=listener)
            return self._image_id(reference)
        except (AccessError, NotFoundError, RegistryError) as error:
            cause = image_cause(spec, error)
            raise RolloutError(f"app {spec.name!r} cannot run: {cause.summary}", cause=cause) from error

    def _image_id(self, reference: Reference) -> str:
        """Return the engine's own id of an image, which names it whatever its tags become."""
        untyped: Any = self.engine.api  # this call has no types in the SDK's stubs
        for name in _names(reference):
            with suppress(NotFoundError), translate(f"find image {name}"):
                return str(untyped.inspect_image(name)["Id"])
        message = f"image {reference.familiar} is not on the engine"
        raise NotFoundError(message)

    @property
    def host(self) -> str:
        """The name of the engine's machine, as its published ports are reached."""
        return urlsplit(self.engine.endpoint).hostname or "localhost"

    def detail(self, one: Seen) -> dict[str, Any]:
        """Return what the engine says of a container when asked in full; empty where it is gone."""
        return self.inspected(one.id)

    def inspected(self, id: str) -> dict[str, Any]:
        """Return what the engine says of a container when asked in full; empty where it is gone."""
        try:
            with translate(f"look at {id[:12]}"):
                return dict(self.engine.api.inspect_container(id))
        except NotFoundError:
            return {}

    def owners(self, wanted: AppSpec) -> dict[str, str]:
        """Return whose the volumes are that a stateful app would have, of those that are there and say so."""
        there = self._labels(wanted)
        return {name: labels[NAME] for name, labels in there.items() if NAME in labels}

    def _volumes(self, wanted: AppSpec) -> frozenset[str]:
        return frozenset(self._labels(wanted))

    def _labels(self, wanted: AppSpec) -> dict[str, dict[str, str]]:
        """Return the labels of those of a spec's volumes that are there."""
        names = claims_of(wanted)
        if not names:
            return {}
        with translate("list volumes"):
            rows = self.engine.api.volumes().get("Volumes") or []
        there = {row["Name"]: row.get("Labels") or {} for row in rows}
        return {name: there[full] for name in names if (full := volume_name(self.namespace, name)) in there}


def _names(reference: Reference) -> tuple[str, ...]:
    """The names under which an engine may know an image, the surest first."""
    if reference.digest is None:
        return (str(reference),)
    return f"{reference.repository}@{reference.digest}", str(reference.digest)
