"""The twin's engine: apps, replicas, images, host ports and time, shared by all who connect to it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

from cloudkit.backends.givenfiles import given_files, own_folders
from cloudkit.backends.kinds import numbered_name, ordinal_mounts
from cloudkit.backends.memory.clock import Clock
from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.faults import Faults
from cloudkit.backends.memory.files import Files
from cloudkit.backends.memory.images import Images
from cloudkit.backends.memory.journal import AppKey, Journal
from cloudkit.backends.memory.program import Behaviour, Program
from cloudkit.backends.memory.record import Record, Revised
from cloudkit.backends.memory.traffic import Traffic, path_of
from cloudkit.backends.onenode import OneNode
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

__all__ = ["World", "revealed"]

ALPHABET = "bcdfghjkmnpqrstvwxz2456789"  # no vowels and no look-alikes, as Kubernetes' own suffixes
FIRST_PORT = 32768


class World:
    """What an engine and a registry hold; a second backend over the same world is a second process.

    Args:
        seed: What the names of replicas come from: the same seed gives the same names.
        clock: Its time; a clock of its own where None.
    """

    def __init__(self, *, seed: int = 0, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.journal = Journal(self.clock)
        self.faults = Faults(clock=self.clock, find=self.container, lost=self.lose)
        self.images = Images(self.clock, self.faults)
        self.traffic = Traffic(self.clock)
        self.records: dict[AppKey, Record] = {}
        self.volumes: dict[tuple[str, str], Files] = {}  # by namespace and name; they outlive their apps
        self.owners: dict[tuple[str, str], str] = {}  # whose those of stateful replicas are
        self.keepers: dict[str, str] = {}  # who keeps what somebody has placed
        self.healers: dict[str, str] = {}  # who heals a namespace
        self.forwarded: dict[int, tuple[AppKey, str | None]] = {}  # ports lent to an app, or to one replica
        self.labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}  # of its one node
        self.devices: dict[str, int] = {}  # of its one node
        self._random = random.Random(seed)  # noqa: S311  # names, not secrets
        self._addresses = 1

    def program(self, reference: str, behaviour: Behaviour | None = None, *, ports: tuple[int, ...] = ()) -> Reference:
        """Let an image behave so, and have its registry hold it; return its reference.

        >>> World().program("shop:1", Program(starts=2))
        Reference.parse('docker.io/library/shop:1')
        """
        return self.images.offer(Reference.parse(reference), behaviour or Program(), ports=ports)

    def place(
        self, name: str, image: str, *, env: Mapping[str, str] | None = None, port: int, publish: int, keeper: str = ""
    ) -> None:
        """Run a container beside the apps, as somebody does who has not got cloudkit.

        Args:
            name: Its name.
            image: What it runs.
            env: Its environment.
            port: Where it listens.
            publish: The port of the host that leads there.
            keeper: Who keeps it; empty for nobody.
        """
        reference = self.images.find(Reference.parse(image)).reference
        ports = (Port(number=port, publish=publish, protocol="tcp"),)
        with self.clock.lock:
            spec = AppSpec(name=name, image=reference, env=env or {}, ports=ports)
            record = Record(app=("", name), spec=spec, revision=1)
            self.records[record.app] = record
            self.keepers[name] = keeper
            self.publish(record)
            self.create(record).start()

    def create(self, record: Record, ordinal: int | None = None, *, of: Revised | None = None) -> Container:
        """Make a replica of what is wanted, under the name of its ordinal where it has one, and start nothing yet.

        Args:
            record: The app.
            ordinal: Its number, where it has one.
            of: What it is made from, where that is not what is wanted now.
        """
        made = of or Revised(spec=record.spec, revision=record.revision)
        spec, env = made.spec, revealed(made.spec.env)
        name = f"{spec.name}-{made.revision}-{self._letters(5)}"
        if ordinal is not None:
            name = numbered_name(spec, made.revision, ordinal, made.run)
        self._addresses += 1
        container = Container(
            app=record.app, name=name, id=f"{self._random.getrandbits(256):064x}", spec=spec, revision=made.revision,
            program=self.images.behaviour(spec.image, env), env=env, clock=self.clock, journal=self.journal,
            fetch=partial(self.fetch, record.app[0]), refused=self.refusal(spec),
            ordinal=ordinal, run=made.run, born=self.journal.last,
            files=self._given(record.app[0], spec, ordinal),
            address=f"10.{self._addresses >> 16}.{self._addresses >> 8 & 255}.{self._addresses & 255}",
        )  # fmt: skip
        record.containers.append(container)
        self.journal.happened(record.app, name, "create")
        return container

    def lose(self, container: Container) -> None:
        """Remove a replica."""
        container.remove()
        record = self.records.get(container.app)
        if record is not None and container in record.containers:
            record.containers.remove(container)

    def container(self, name: str) -> Container | None:
        """Find a replica of any app by its name; None when it is not there."""
        every = (one for record in self.records.values() for one in record.containers)
        return next((one for one in every if one.name == name), None)

    def fetch(self, namespace: str, url: str) -> tuple[int, str]:
        """Get a url as an app of ``namespace`` would: another app by its name on the private network."""
        parts = urlsplit(url)
        record, replica = self._resolve(namespace, parts.hostname or "")
        if record is None:
            return 6, f"curl: (6) Could not resolve host: {parts.hostname}\n"
        response = self.traffic.request(record, path_of(url), replica=replica)
        return response.status, response.body

    def _resolve(self, namespace: str, host: str) -> tuple[Record | None, str | None]:
        """Return the app of a name, and the one replica that it means where it is a stateful replica's."""
        record = self.records.get((namespace, host))
        if record is not None and record.spec.ports:  # else nothing stands there under its name
            return record, None
        mine = (one for (space, _), record in self.records.items() if space == namespace for one in record.containers)
        named = (one for one in mine if one.spec.kind == "stateful" and host in {one.name, f"{one.name}.{one.app[1]}"})
        one = next(named, None)
        return (None, None) if one is None else (self.records[one.app], one.name)

    def owner_of(self, port: int) -> AppKey | None:
        """Return the app that publishes a port of the host; None when no app does."""
        if port in self.forwarded:
            return self.forwarded[port][0]
        return next((key for key, record in self.records.items() if port in record.published.values()), None)

    @contextmanager
    def forward(self, app: AppKey, replica: str | None) -> Iterator[int]:
        """Lend a port of the host to an app, or to one of its replicas, while the block lasts."""
        with self.clock.lock:
            port = self._free_port()
            self.forwarded[port] = app, replica
        try:
            yield port
        finally:
            with self.clock.lock:
                del self.forwarded[port]

    def node(self, namespace: str) -> OneNode:
        """Return its one node as the apps of a namespace see it."""
        mine = (record for key, record in self.records.items() if key[0] == namespace)
        running = frozenset(one.spec.name for one in mine if any(container.running for container in one.containers))
        return OneNode(labels=self.labels, devices=self.devices, apps=running)

    def kinds(self, app: AppKey) -> dict[str, str]:
        """Return the kinds of the other apps of an app's namespace, by name."""
        return {key[1]: one.spec.kind for key, one in self.records.items() if key[0] == app[0] and key != app}

    def taken(self, app: AppKey, spec: AppSpec) -> int | None:
        """Return a wanted port of the host that somebody else has; None when all can be had."""
        wanted = [one.publish for one in spec.ports if one.publish]
        return next(
            (port for port in wanted if port in self.faults.ports or self.owner_of(port) not in (None, app)), None
        )

    def publish(self, record: Record) -> None:
        """Give the app the ports of the host that its spec asks for; one that may choose keeps what it had.

        One that takes the place of another has that one's.
        """
        wanted = [one for one in record.spec.ports if one.publish is not None]
        numbers, kept = {one.number for one in wanted}, record.published
        left = iter([bound for number, bound in kept.items() if number not in numbers])
        record.published = {
            one.number: one.publish or kept.get(one.number) or next(left, 0) or self._free_port() for one in wanted
        }

    def refusal(self, spec: AppSpec) -> Cause | None:
        """Return why the engine would not start a replica of a spec; None when it would."""
        if spec.name in self.faults.refusals:
            return self.faults.refusals[spec.name]
        if self.images.holds(spec.image):
            return None
        text = f"image {spec.image} is not here"
        return Cause(
            code=CauseCode.IMAGE_MISSING, summary=text, evidence=(text,), fix=f"cloudkit pull {spec.image.familiar}"
        )

    def files(self, namespace: str, mounts: Sequence[Mount], own: Sequence[str] = ()) -> Files:
        """Return a new file system, with the volumes that its mounts name, made where they are missing.

        Args:
            namespace: Whose the volumes are.
            mounts: What is mounted.
            own: Folders that stand by themselves, whatever is mounted above.
        """
        named = {one.target: (namespace, one.source) for one in mounts if one.kind == "volume"}
        volumes = {target: self.volumes.setdefault(key, Files()) for target, key in named.items()}
        return Files({folder: Files() for folder in own} | volumes)

    def _given(self, namespace: str, spec: AppSpec, ordinal: int | None) -> Files:
        """Return a replica's file system with the files that it is given."""
        own = ordinal if spec.kind == "stateful" else None
        mounts = spec.mounts if own is None else ordinal_mounts(spec, own)
        if own is not None:
            self.owners |= {(namespace, one.source): spec.name for one in mounts if one.kind == "volume"}
        files = self.files(namespace, mounts, own_folders(spec))
        for one in given_files(spec):
            files.write(one.path, one.content)
        return files

    def _free_port(self) -> int:
        port = FIRST_PORT
        while self.owner_of(port) is not None or port in self.faults.ports:
            port += 1
        return port

    def _letters(self, count: int) -> str:
        return "".join(self._random.choice(ALPHABET) for _ in range(count))


def revealed(env: Mapping[str, str | Secret]) -> dict[str, str]:
    """Return an environment as the process gets it."""
    return {key: value.reveal() if isinstance(value, Secret) else value for key, value in env.items()}
