"""An app's balancer: the container and what runs in it, as one thing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.balancer import container
from cloudkit.backends.docker.balancer.config import ConfiguredServer, Membership, fingerprint, render
from cloudkit.backends.docker.balancer.control import Control
from cloudkit.backends.docker.balancer.members import MEMBERSHIPS, Member, asked, configured, configured_as
from cloudkit.backends.docker.balancer.ports import holder, named_in, taken
from cloudkit.backends.docker.balancer.predecessors import Predecessors
from cloudkit.backends.docker.balancer.runtime import Runtime, Server
from cloudkit.backends.docker.balancer.settings import BalancerSettings, front_ports
from cloudkit.engine.errors import translate
from cloudkit.errors import BackendError, CloudkitError, ConflictError, NotFoundError
from cloudkit.model.port import Port

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Balancer"]

TRIES = 8
POLL = 0.02
REMOVAL = 5.0
RELOAD = 10.0


class Balancer:
    """The balancer of one app; safe to use from several threads.

    Args:
        api: The SDK's low-level client.
        image: What the container runs, as ``ensure_image`` names it.
        site: Its name and networks.
        settings: What it needs to know of the app.
    """

    def __init__(self, api: APIClient, *, image: str, site: container.Site, settings: BalancerSettings) -> None:
        self._api = api
        self._image = image
        self._site = site
        self._settings = settings
        self._members: dict[str, Member] = {}  # of older revisions, which listen elsewhere or were checked otherwise
        self._saving = Lock()
        self._control = Control(api, site.name)
        self._predecessors = Predecessors(api, site.name)
        self._reloaded = False
        self._runtime = Runtime(self._control.ask, settings)

    @property
    def name(self) -> str:
        """The container's name."""
        return self._site.name

    def ensure(self, members: Sequence[Member] = (), *, there: bool = True) -> None:
        """Make the balancer run with these settings and networks; one that does already is left as it is.

        Other ports of the app and other checks are taken up by a reload, in which no request is lost. Other published
        ports or networks take another container, and some 0.3 seconds in which connections are refused.

        Args:
            members: The replicas that a new, restarted or reloaded balancer begins with.
            there: False when there was none a moment ago: it is made without looking for it first.

        Raises:
            NotFoundError: Its image is not on the engine.
            RolloutError: A published port is taken; the container is not left behind.
            BackendError: HAProxy refuses the configuration; where one runs, it goes on as it was.
        """
        self._members = {one.name: one for one in members}
        if not there:
            with suppress(ConflictError):  # another writer was faster
                self._make(members, {})
                return
        found = container.find(self._api, self.name)
        kept: dict[str, str] = {}
        if found is not None:
            if self._adopted(found, members):
                return
            kept = container.addresses(found)
            self.remove()
        self._make(members, kept)

    def sync(self, members: Sequence[Member]) -> None:
        """Make the balancer know these replicas and no others, each as what it is to be."""
        self._members = {one.name: one for one in members}
        seen = {server.name: server for server in self.servers()}
        wanted = {member.name: member for member in members}
        for name, server in seen.items():
            if name not in wanted or self._moved(server, wanted[name]):
                self._dismiss(name, but=wanted.get(name))
                seen = {key: value for key, value in seen.items() if key != name}
        for member in members:
            self._place(member, seen.get(member.name))
        self.save()

    def admit(self, name: str, address: str) -> None:
        """Put a started replica on trial: it is checked often and gets nothing yet."""
        self.try_out({name: address})
        self.save()

    def try_out(self, replicas: Mapping[str, str]) -> None:
        """Put started replicas on trial, given as name to address; a balancer that is restarted has forgotten them."""
        seen = {server.name: server for server in self.servers()}
        for name, address in replicas.items():
            member = self._member(name, address)
            if name in seen and self._moved(seen[name], member):
                self._dismiss(name, but=member)  # another replica had that name
                del seen[name]
            self._place(replace(member, membership=Membership.TRIAL), seen.get(name))

    def up(self, name: str) -> bool:
        """True once a replica's checks pass."""
        return self.server(name).passing

    def enable(self, *names: str) -> None:
        """Send requests to replicas, while their checks pass."""
        for name in names:
            self._runtime.ready(name)
        if names:
            self.save()

    def drain(self, name: str, deadline: float) -> bool:
        """Send nothing new to a replica, and wait until it has finished what it has.

        Returns:
            False when it was still busy after ``deadline`` seconds.
        """
        self._runtime.drain(name)
        self.save()
        return _within(deadline, lambda: not self._busy(name))

    def dismiss(self, name: str) -> None:
        """Forget a replica, cutting what it is still working on; one that is unknown is no error."""
        if any(server.name == name for server in self.servers()):
            self._dismiss(name)
            self.save()

    @property
    def idle(self) -> bool:
        """True when nothing is in flight, as far as a session that is open already tells; False where none is."""
        return self._control.connected and not any(server.sessions for server in self.servers())

    def servers(self) -> tuple[Server, ...]:
        """Return the replicas as the balancer sees them."""
        if self._control.connected and self._runtime.stopping:  # somebody else has reloaded it meanwhile
            self._control.close()
        return tuple(
            replace(one, whole=one.whole and one.ports == self._ports(self._member(one.name, one.address)))
            for one in self._runtime.servers()
        )

    def server(self, name: str) -> Server:
        """Return one of them; raise ``NotFoundError`` when the balancer does not know it."""
        found = next((server for server in self.servers() if server.name == name), None)
        if found is None:
            raise NotFoundError(f"balancer {self.name} does not know replica {name!r}")
        return found

    def save(self) -> None:
        """Write what the balancer knows into its configuration, so that it comes back with it."""
        with self._saving:  # what is written last was read last
            self._write_servers([configured(one) for one in self.servers()])

    def settle(self) -> None:
        """Lead nobody any more by the ports of a revision that has gone.

        Raises:
            BackendError: HAProxy refuses it; it goes on as it was.
        """
        if self._settings.before:
            self._settings = replace(self._settings, before=())
            self._runtime = Runtime(self._control.ask, self._settings)
            self._reload()

    def published(self) -> dict[int, tuple[str, int]]:
        """Return the host's address and port of each published port of the app, as the engine has bound them."""
        found = container.find(self._api, self.name)
        bound = container.published(found) if found is not None else {}
        fronts = front_ports(self._settings.ports)
        return {number: bound[front] for number, front in fronts.items() if front in bound}

    def remove(self) -> None:
        """Remove the balancer; one that is not there is no error."""
        self.close()
        container.remove(self._api, self.name)

    def close(self) -> None:
        """Let go of the connection; calling it twice is no error."""
        self._control.close()
        self._predecessors.close()

    @property
    def _shape(self) -> str:
        return container.shape(self._settings, self._site)

    def _adopted(self, found: Mapping[str, Any], members: Sequence[Member]) -> bool:
        """Keep a container that is as it should be, started where it was stopped; tell whether that was so."""
        if found["Config"]["Labels"].get(container.SHAPE) != self._shape:
            return False
        status = found["State"]["Status"]
        try:
            if status in {"created", "exited"}:
                self._begin_with(members)
                self._start()
                return True
            running = self._runtime.fingerprint() if status == "running" else None
        except (BackendError, ConflictError):  # it lost its address while it was down, or it ends again and again
            return False
        if running not in {None, fingerprint(self._settings)}:
            self._reload()
        return running is not None

    def _make(self, members: Sequence[Member], kept: Mapping[str, str]) -> None:
        """Create and start the container, drawing its addresses again where another container was faster."""
        for last in (attempt == TRIES - 1 for attempt in range(TRIES)):
            where = {network.name: kept.get(network.name) or network.address() for network in self._site.networks}
            try:
                container.create(self._api, self._image, self._settings, self._site, where)
                self._begin_with(members)
                self._start()
            except ConflictError:
                if last:
                    raise
                kept = {}
            else:
                return

    def _start(self) -> None:
        """Start the container and wait until it answers; one that cannot start is not left behind."""
        try:
            with translate(f"start balancer {self.name}"):
                self._api.start(self.name)
        except CloudkitError as error:
            container.remove(self._api, self.name)
            text = " ".join(error.evidence)
            port = named_in(text, self._settings.ports)
            if port is not None:
                raise taken(self._settings.app, port, self._holder(port), error.evidence) from error
            if "address already in use" in text.lower():
                raise ConflictError(f"balancer {self.name}: its private address is in use", evidence=[text]) from error
            raise
        self._runtime.process()

    def _holder(self, port: Port) -> str:
        with translate(f"see who has port {port.publish}"):
            return holder(self._api.containers(), port, own=self.name)

    def _begin_with(self, members: Sequence[Member]) -> None:
        self._write_servers([configured_as(self._settings, one, one.membership) for one in members])

    def _write_servers(self, servers: Sequence[ConfiguredServer]) -> None:
        container.write_config(self._api, self.name, render(self._settings, servers))

    def _member(self, name: str, address: str) -> Member:
        """Return what is known of a replica: one that nobody has told of is of the present revision."""
        known = self._members.get(name)
        return known if known is not None and known.address == address else Member(name=name, address=address)

    def _moved(self, server: Server, member: Member) -> bool:
        """True when a server is not where the replica listens."""
        return server.address != member.address or not server.ports.items() <= self._ports(member).items()

    def _ports(self, member: Member) -> dict[str, int]:
        return self._settings.places(member.own)

    def _reload(self) -> None:
        """Take up the settings without losing a request: a new worker takes over the listening sockets.

        Raises:
            BackendError: HAProxy refuses them; the old worker goes on.
        """
        before = self._runtime.process()
        with self._saving:
            known = [configured(one) for one in self._runtime.servers()]
            members = [(self._member(one.name, one.address), one.membership) for one in known]
            self._write_servers([configured_as(self._settings, *one) for one in members])
        self._exec(f"haproxy -c -q -f /{container.FOLDER}/{container.CONFIG} && kill -USR2 1")
        self._control.close()
        self._reloaded = True
        if not _within(RELOAD, lambda: self._succeeded(before)):
            raise BackendError(f"balancer {self.name} did not take up its configuration", hint="cloudkit doctor")

    def _place(self, member: Member, seen: Server | None) -> None:
        """Put a replica where it is to be, again where another writer takes its name away for its old address."""
        for _ in range(TRIES - 1):
            with suppress(BackendError):
                return self._put(member, seen)
            seen = next((server for server in self.servers() if server.name == member.name), None)
        return self._put(member, seen)

    def _put(self, member: Member, seen: Server | None) -> None:
        if seen is not None and not seen.whole:  # whoever added it was interrupted
            seen = None
        if seen is None:
            self._runtime.add(member.name, member.address, self._ports(member), asked(self._settings, member))
        if seen is None or MEMBERSHIPS.get(seen.admin) is not member.membership:
            act = {
                Membership.SERVING: self._runtime.ready,
                Membership.TRIAL: self._runtime.trial,
                Membership.DRAINING: self._runtime.drain,
            }
            act[member.membership](member.name)

    def _busy(self, name: str) -> bool:
        """True while a replica works for this worker, or for one that has given way to it."""
        return bool(self.server(name).sessions or (self._reloaded and self._predecessors.sessions(name)))

    def _dismiss(self, name: str, *, but: Member | None = None) -> None:
        """Forget a server; one that another writer has put in its place meanwhile, and that is as asked, stays."""
        if not _within(REMOVAL, lambda: self._dismissed(name, but)):
            self._runtime.remove(name)

    def _dismissed(self, name: str, but: Member | None) -> bool:
        seen = next((server for server in self.servers() if server.name == name), None)
        if seen is None or (but is not None and not self._moved(seen, but)):
            return True
        with suppress(BackendError):  # another writer was faster, or it is in use for a moment yet
            self._runtime.maintain(name)
            self._runtime.sever(name)
            self._runtime.remove(name)
            return True
        return False

    def _succeeded(self, before: int) -> bool:
        """Tell whether another worker answers; a session that was opened too early stays with the old one."""
        with suppress(BackendError, ValueError):
            if self._runtime.process() != before:
                return True
        self._control.close()
        return False

    def _exec(self, line: str) -> None:
        with translate(f"reload balancer {self.name}"):
            made = self._api.exec_create(self.name, ["sh", "-c", line])
            output: bytes = self._api.exec_start(made["Id"])
            code = self._api.exec_inspect(made["Id"])["ExitCode"]
        if code:
            evidence = output.decode(errors="replace").splitlines()
            raise BackendError(f"balancer {self.name} refuses its configuration", evidence=evidence)


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    """Look until ``done``, for at most so many seconds; tell whether it came true."""
    ends = time.monotonic() + seconds
    while not done():
        if time.monotonic() >= ends:
            return False
        time.sleep(POLL)
    return True
