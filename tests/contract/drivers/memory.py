"""The twin under the laws."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contract.drivers.behaviour import behave
from contract.drivers.driver import PORT, Answer, Foreign, Load, Verb

from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError
from cloudkit.model.progress import silent
from cloudkit.model.reference import Reference
from cloudkit.model.state import Replica
from cloudkit.testing import Killed, MemoryBackend, Program, World, cloud, twin
from cloudkit.testing import Load as Traffic

__all__ = ["MemoryDriver"]


class MemoryDriver:
    """A world of its own."""

    kill_points = tuple(range(1, 31))
    heals, keeps_stopped, lag, measured = False, True, 0.0, 0.2

    def __init__(self) -> None:
        self.world = World()
        self.cloud = cloud(world=self.world)
        self.image = "contract:1"
        self._images = itertools.count(2)
        self._ports = itertools.count(40_000)
        self.world.program(self.image, behave, ports=(PORT,))

    def close(self) -> None:
        """Nothing is held."""

    def other_image(self, **env: str) -> str:
        """Return another image of the same program, with further variables of its own."""
        reference = f"contract:{next(self._images)}"
        self.world.program(reference, lambda given: behave({**env, **given}), ports=(PORT,))
        return reference

    def second(self) -> Cloud:
        """Return another cloud over the same world."""
        return cloud(world=self.world)

    def address(self, port: int) -> str:
        """Return the url of a published port."""
        return f"http://localhost:{port}"

    def get(self, url: str) -> Answer:
        """Send a request to a published url."""
        try:
            response = self._backend().request(url)
        except NotFoundError:
            return Answer(0, "connection refused")
        return Answer(response.status, response.body)

    @contextmanager
    def load(self, url: str) -> Iterator[Load]:
        """Send 200 requests a second of the clock."""
        load = Load()
        with Traffic(self._backend(), url, per_second=200) as traffic:
            yield load
        load.count = len(traffic.answers)
        load.failures = [f"{one.status} {one.body}" for one in traffic.failed]

    def pause(self, seconds: float) -> None:
        """Move the clock, and give other threads a moment of real time."""
        self.world.clock.advance(seconds)
        time.sleep(min(seconds, 0.2) / 10)

    def crash(self, app: str, replica: Replica) -> None:  # noqa: ARG002  # names are unique in a world
        """Let a replica's process end."""
        self.world.faults.crash(replica.name, exit_code=3)

    def sicken(self, app: str, replica: Replica) -> None:  # noqa: ARG002  # names are unique in a world
        """Ask the program to fail its liveness probe from now on."""
        container = self.world.container(replica.name)
        assert container is not None
        container.respond("/sicken")

    @contextmanager
    def controller(self) -> Iterator[None]:
        """Run the verb in a thread of its own; its clock flies meanwhile."""
        over, ruling = threading.Event(), threading.Event()
        thread = threading.Thread(target=self._control, args=(over, ruling))
        thread.start()
        try:
            assert ruling.wait(10)
            yield
        finally:
            over.set()
            while thread.is_alive():
                self.world.healers.clear()  # one that has lost its lease tells so, and is let go then
                thread.join(0.01)

    def _control(self, over: threading.Event, ruling: threading.Event) -> None:
        for _ in self.second().controller():
            ruling.set()
            if over.is_set():
                return

    def lose(self, replica: Replica) -> None:
        """Remove a replica by hand."""
        self.world.faults.lose(replica.name)

    def halt(self, replica: Replica) -> None:
        """Stop a replica by hand."""
        self.world.faults.halt(replica.name)

    def kill(self, verb: Verb, step: int) -> bool:
        """Call a verb on a second cloud, killed at a step."""
        other = self.second()
        self.world.faults.kill_at(step)
        try:
            result = getattr(other.app(verb.app) if verb.app else other, verb.name)(**verb.options)
            if isinstance(result, Iterator):
                deque(result, maxlen=0)  # it acts while it is read
        except Killed:
            return True
        finally:
            self.world.faults.clear()
        return False

    @contextmanager
    def taken_port(self) -> Iterator[int]:
        """Take a port of the world's host."""
        port = next(self._ports)
        self.world.faults.port_taken(port)
        yield port
        self.world.faults.clear()

    def free_port(self) -> int:
        """Return a port that nobody was given before."""
        return next(self._ports)

    def leftovers(self, app: str) -> list[str]:
        """Name what the world still holds of an app."""
        held = [key for key in self.world.records if key[1] == app]
        published = [port for port in range(40_000, 40_100) if (self.world.owner_of(port) or ("", ""))[1] == app]
        return [*(str(key) for key in held), *(str(port) for port in published)]

    @contextmanager
    def bystander(self) -> Iterator[Callable[[], object]]:
        """Deploy an app of the same name in another namespace."""
        self.world.program("other:1", Program())
        other = Cloud(twin(namespace="other", world=self.world))
        names = [other.deploy(name, "other:1", port=PORT, publish=False).name for name in ("web", "bystander")]
        yield lambda: [self._lasting(other, name) for name in names]

    @contextmanager
    def foreign(self, *, keeper: str = "", **env: str) -> Iterator[Foreign]:
        """Place a container beside the apps."""
        port = self.free_port()
        self._backend().images.pull(Reference.parse(self.image), listener=silent)
        self.world.place("legacy", self.image, env=env, port=PORT, publish=port, keeper=keeper)
        self.world.clock.advance(10)
        yield Foreign(workload="container/legacy", name="legacy", url=self.address(port))
        self.world.records.pop(("", "legacy"), None)

    def visible(self, app: str) -> str:
        """Return states, plans and events as text."""
        state = self.cloud.app(app).status()
        return repr((state, self.cloud.backend.plan(state.spec), list(self.cloud.events())))

    def _lasting(self, other: Cloud, name: str) -> object:
        state = other.app(name).status()
        return state.spec, state.generation, [(one.id, one.phase, one.started_at) for one in state.replicas]

    def _backend(self) -> MemoryBackend:
        return twin(world=self.world)
