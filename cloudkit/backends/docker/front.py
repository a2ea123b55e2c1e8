"""The balancers of a namespace: each app's traffic, and what can be seen of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from cloudkit.backends.docker.balancer import (
    IMAGE,
    Admin,
    Balancer,
    BalancerSettings,
    Member,
    Server,
    Site,
    balanced,
    ensure_image,
    refuse_taken,
    settings_for,
)
from cloudkit.backends.docker.balancer.container import Addressed, remove, shape
from cloudkit.backends.docker.names import balancer_name, network_name
from cloudkit.backends.docker.parallel import in_parallel
from cloudkit.backends.docker.records import spec_shown
from cloudkit.backends.docker.traffic import Direct, Traffic
from cloudkit.errors import BackendError, CloudkitError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.backends.docker.networks import Network
    from cloudkit.backends.docker.observe import Observation, Seen
    from cloudkit.model.app import AppSpec
    from cloudkit.model.port import Port
    from cloudkit.model.progress import Listener

__all__ = ["Fronts"]

FIRST_CHECK = 1.0  # seconds in which a balancer has checked whatever it was given
POLL = 0.02
_TAKEN_OUT = frozenset({Admin.DRAIN, Admin.MAINT})


class Fronts:
    """The balancers of one namespace; several threads may use them at once.

    Args:
        api: The SDK's low-level client.
        namespace: Whose balancers.
        image: The image that they run; one of our own making where empty.
    """

    def __init__(self, api: APIClient, namespace: str, image: str) -> None:
        self._api = api
        self._namespace = namespace
        self._configured = image
        self._balancers: dict[str, tuple[AppSpec, Balancer]] = {}
        self._lock = Lock()

    @property
    def image(self) -> str:
        """What balancers run."""
        return self._configured or IMAGE

    def current(self, spec: AppSpec, seen: Observation) -> bool:
        """True when the balancer that is there has the published ports and networks that the spec asks for."""
        if seen.balancer is None or not balanced(spec):
            return seen.balancer is None
        return seen.balancer.shape == shape(settings_for(spec), self._site(spec, ()))

    def refuse_taken(self, spec: AppSpec) -> None:
        """Raise ``RolloutError`` when a port that the app is to publish is another container's."""
        refuse_taken(self._api, spec.name, spec.ports, own=balancer_name(self._namespace, spec.name))

    def ensure(
        self,
        spec: AppSpec,
        networks: Sequence[Network],
        seen: Observation,
        revision: int,
        listener: Listener,
    ) -> Traffic:
        """Put in front of an app what its spec asks for, and return the way to drive it.

        Args:
            spec: What is wanted.
            networks: The networks on which the app is reached by its name.
            seen: What is there of the app.
            revision: The revision of the spec; older replicas listen and are checked as their own says.
            listener: Hears of the image being made.
        """
        if not balanced(spec):
            self.remove(spec.name)
            return Direct()
        prepare = partial(ensure_image, self._api, configured=self._configured or None, listener=listener)
        running = [one for one in seen.replicas if one.state == "running"]
        older = settings_of_others(seen, revision)
        members = [Member(name=one.name, address=one.address, own=older.get(one.revision)) for one in running]
        if seen.balancer is not None:
            prepare()  # before one that serves has to give way to it
        balancer = self._balancer(spec, self.image, networks, giving_way(spec, running, older))
        try:
            balancer.ensure(members, there=seen.balancer is not None)
        except NotFoundError:
            prepare()
            balancer.ensure(members)
        return BalancedTraffic(balancer)

    def serving(self, spec: AppSpec, seen: Observation) -> tuple[frozenset[str], frozenset[str]]:
        """Return the replicas that take requests, and those that get no new ones; does nothing but look."""
        running = frozenset(one.name for one in seen.replicas if one.state == "running")
        if not balanced(spec):
            return running, frozenset()
        if not running or seen.balancer is None or seen.balancer.state != "running":
            return frozenset(), frozenset()
        try:
            servers = self._known(spec).servers()
        except CloudkitError:  # it is being replaced, or has ended since it was listed
            return frozenset(), frozenset()
        up = frozenset(server.name for server in servers if server.serving)
        return up & running, frozenset(server.name for server in servers if server.admin is Admin.DRAIN)

    def servers(self, spec: AppSpec) -> dict[str, Server]:
        """Return what the balancer knows of each replica; nothing where it does not answer."""
        try:
            return {server.name: server for server in self._known(spec).servers()}
        except CloudkitError:
            return {}

    def idle(self, app: str) -> bool:
        """True when it is known, without any effort, that an app's balancer serves nothing at the moment."""
        kept = self._balancers.get(app)
        try:
            return kept is not None and kept[1].idle
        except CloudkitError:
            return False

    def remove(self, app: str) -> None:
        """Remove an app's balancer; one that is not there is no error."""
        with self._lock:
            kept = self._balancers.pop(app, None)
        if kept is not None:
            kept[1].close()
        with suppress(ConflictError):  # it is being removed
            remove(self._api, balancer_name(self._namespace, app))

    def close(self) -> None:
        """Let go of all sessions; calling it twice is no error."""
        with self._lock:
            kept = list(self._balancers.values())
            self._balancers.clear()
        for _, balancer in kept:
            balancer.close()

    def _known(self, spec: AppSpec) -> Balancer:
        """Return a balancer that is there, as this spec has it; its image matters only when it is made."""
        kept = self._balancers.get(spec.name)
        if kept is not None and settings_for(kept[0]) == settings_for(spec):
            return kept[1]
        return self._balancer(spec, "", ())

    def _balancer(
        self, spec: AppSpec, image: str, networks: Sequence[Network], before: tuple[Port, ...] = ()
    ) -> Balancer:
        settings = replace(settings_for(spec), before=before)
        made = Balancer(self._api, image=image, site=self._site(spec, networks), settings=settings)
        with self._lock:
            kept = self._balancers.get(spec.name)
            self._balancers[spec.name] = (spec, made)
        if kept is not None:
            kept[1].close()
        return made

    def _site(self, spec: AppSpec, networks: Sequence[Network]) -> Site:
        names = spec.networks or ("default",)
        named: tuple[Addressed, ...] = tuple(networks)
        named = named or tuple(Named(network_name(self._namespace, name)) for name in names)
        return Site(namespace=self._namespace, app=spec.name, networks=named)


def settings_of_others(seen: Observation, revision: int) -> dict[int, BalancerSettings]:
    """Return what the balancers of all revisions but one would be, the newest first."""
    specs = {one.revision: spec_shown(one) for one in seen.records if one.revision != revision}
    return {number: settings_for(specs[number]) for number in sorted(specs, reverse=True) if balanced(specs[number])}


def giving_way(spec: AppSpec, running: Sequence[Seen], others: Mapping[int, BalancerSettings]) -> tuple[Port, ...]:
    """Return the ports of the newest other revision of which replicas run, where the app has one of them no more."""
    revisions = {one.revision for one in running}
    before = next((settings.ports for number, settings in others.items() if number in revisions), ())
    numbers = {port.number for port in spec.ports}
    return before if any(port.number not in numbers for port in before) else ()


class Named:
    """A network known by its name alone, for comparing."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def address(self) -> str:
        """Refuse: nothing is made on a network that is only named."""
        message = f"network {self.name} has not been looked at"
        raise BackendError(message)


class BalancedTraffic:
    """Drives the balancer of one app through a roll."""

    def __init__(self, balancer: Balancer) -> None:
        self._balancer = balancer
        self._draining: set[str] = set()

    def admit(self, replicas: Mapping[str, str]) -> None:
        """Check these replicas, and send them requests once they answer."""
        if replicas:
            self._balancer.try_out(replicas)

    def serving(self, replicas: Mapping[str, str], leaving: Collection[str]) -> frozenset[str]:
        """Return those that take requests now; one that was not known is admitted, one that answers gets requests."""
        servers = {server.name: server for server in self._balancer.servers()}
        staying = [name for name in replicas if name not in servers or not self._goes(servers[name], leaving)]
        there = [servers[name] for name in staying if name in servers]
        known = [
            one for one in there if one.whole and one.admin is not Admin.MAINT and one.address == replicas[one.name]
        ]
        lost = set(staying) - {server.name for server in known}  # not known, under another address, or half admitted
        self.admit({name: replicas[name] for name in sorted(lost)})
        self._balancer.enable(*(server.name for server in known if server.admin is not Admin.READY and server.passing))
        return frozenset(server.name for server in known if server.passing)

    def _goes(self, server: Server, leaving: Collection[str]) -> bool:
        """True for one that this or another writer is taking out."""
        return server.name in self._draining or (server.admin in _TAKEN_OUT and server.name in leaving)

    def trust(self, names: Sequence[str]) -> None:
        """Send these requests while they answer; one that does not answer yet is passed over within moments."""
        self._balancer.enable(*(server.name for server in self._checked(names) if server.admin is not Admin.READY))

    def _checked(self, names: Sequence[str]) -> list[Server]:
        """Return these servers after their first check, as one that nobody has checked yet would be taken for ready."""
        ends = time.monotonic() + FIRST_CHECK
        while True:
            known = [server for server in self._balancer.servers() if server.name in names]
            if all(server.check or not server.checked for server in known) or time.monotonic() >= ends:
                return known
            time.sleep(POLL)

    def drain(self, names: Sequence[str], *, deadline: float) -> None:
        """Send these nothing new and return when what they serve has ended, or after ``deadline`` seconds."""
        known = {server.name for server in self._balancer.servers()}
        self._draining.update(names)
        in_parallel([partial(self._drain, name, deadline) for name in names if name in known])

    def _drain(self, name: str, deadline: float) -> None:
        try:
            self._balancer.drain(name, deadline)
        except (BackendError, NotFoundError):
            if name in {server.name for server in self._balancer.servers()}:  # else another writer was faster
                raise

    def dismiss(self, names: Sequence[str]) -> None:
        """Forget these replicas."""
        for name in names:
            self._balancer.dismiss(name)
            self._draining.discard(name)

    def settle(self) -> None:
        """Lead nobody any more by ports that only the revision before had."""
        self._balancer.settle()
