"""An app's pull secret: decided when a revision is made, kept with it, and renewed by each change.

Whether pods name a pull secret is a part of their revision, else a change made on another machine, which knows the
registry better or worse, would replace every replica. What stands in it is renewed from docker's credentials.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.labels import PULL
from cloudkit.backends.kubernetes.login import Login, key_of_registry, login
from cloudkit.backends.kubernetes.manifests.heading import own_labels
from cloudkit.backends.kubernetes.manifests.pulling import FIELD, pull_name, pull_object
from cloudkit.backends.kubernetes.owning import write
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import AccessError
from cloudkit.model.progress import Phase, Progress
from cloudkit.model.secret import Secret

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.objects import KeptRevision, Pod, Sealed, Workload
    from cloudkit.backends.kubernetes.observe import Observation
    from cloudkit.model.app import AppSpec
    from cloudkit.model.progress import Listener

__all__ = ["PullSecret", "kept_registries", "pull_of", "wanted_registry"]

_WITHOUT_IMAGE = frozenset({"ErrImagePull", "ImagePullBackOff"})


def pull_of(owner: Workload | KeptRevision) -> str:
    """Return the registry that the pods of an object have a pull secret for; empty where they have none."""
    return owner.spec.template.metadata.annotations.get(PULL, "")


def kept_registries(seen: Observation) -> frozenset[str]:
    """Return the registries that kept revisions have a pull secret for."""
    owners = (*seen.history, *([seen.owner] if seen.owner else ()))
    return frozenset(map(pull_of, owners)) - {""}


def wanted_registry(seen: Observation, wanted: AppSpec, *, ask: Callable[[str], Login] = login) -> str:
    """Return the registry that the wanted revision has a pull secret for; empty where it has none.

    A revision that is there keeps what was decided, unless a node lacks its image, as then the credentials are new.

    Args:
        seen: What is there.
        wanted: What is wanted.
        ask: Says who one is to a registry.
    """
    record, registry = seen.record, wanted.image.domain
    if record is not None and record.spec.template == wanted.template and not any(map(_lacks_image, seen.pods)):
        return record.pull
    if ask(registry).entry is not None:
        return registry
    return registry if record is not None and record.pull == registry else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSecret:
    """Writes pull secrets of one namespace.

    Args:
        client: A connection to the API server.
        listener: Hears why there is none though docker knows the registry.
    """

    client: Client
    listener: Listener

    def renew(self, spec: AppSpec, registry: str, seen: Observation, *, fresh: bool) -> None:
        """Write what docker's configuration knows now of the registries that the app's revisions need.

        Args:
            spec: What is wanted.
            registry: What its revision has a pull secret for; empty for none.
            seen: What is there.
            fresh: True for a revision that is new.

        Raises:
            AccessError: One may not write Secrets, and the revision is new.
        """
        found = {one: login(one) for one in sorted(kept_registries(seen) | ({registry} - {""}))}
        if fresh:
            self._tell(spec.name, found.get(registry) or login(spec.image.domain))
        present = _entries(seen.secrets, pull_name(spec.name))
        entries = _renewed(present, found.values())
        if not entries or entries == present:
            return
        try:
            self._write(spec, entries)
        except AccessError:
            if fresh:
                raise

    def prune(self, app: str, seen: Observation) -> None:
        """Remove the pull secret that no kept revision names any more."""
        name = pull_name(app)
        for one in seen.secrets:
            if one.metadata.name == name and not kept_registries(seen):
                self.client.delete(object_path("secrets", self.client.namespace, name), uid=one.metadata.uid)

    def _tell(self, app: str, login: Login) -> None:
        if login.trouble:
            message = f"no credentials for the nodes: {login.trouble}"
            self.listener(Progress(phase=Phase.NOTICE, item=app, message=message))

    def _write(self, spec: AppSpec, entries: Mapping[str, Secret]) -> None:
        body = pull_object(spec.name, entries, namespace=self.client.namespace, labels=own_labels(spec))
        path = object_path("secrets", self.client.namespace, body["metadata"]["name"])
        write(self.client, path, body, listener=self.listener)


def _renewed(present: Mapping[str, Secret], logins: Iterable[Login]) -> dict[str, Secret]:
    """Return an entry for each registry: that of now, else the one that is there."""
    entries = {}
    for one in logins:
        key = key_of_registry(one.registry)
        entry = one.entry or present.get(key)
        if entry is not None:
            entries[key] = entry
    return entries


def _entries(secrets: Iterable[Sealed], name: str) -> dict[str, Secret]:
    """Return what a pull secret holds; nothing where a hand has made something else of it."""
    data = next((one.data.get(FIELD, "") for one in secrets if one.metadata.name == name), "")
    try:
        auths = json.loads(b64decode(data))["auths"]
        return {str(key): Secret(str(entry["auth"])) for key, entry in auths.items()}
    except (Base64Error, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _lacks_image(pod: Pod) -> bool:
    waiting = (one.state.waiting for one in pod.status.container_statuses)
    return any(one is not None and one.reason in _WITHOUT_IMAGE for one in waiting)
