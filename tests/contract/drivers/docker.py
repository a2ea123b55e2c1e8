"""A real Docker engine under the laws."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import docker
from contract.drivers.controlling import Controller
from contract.drivers.driver import PORT, Answer, Foreign, Load, Verb
from contract.drivers.killed import killed
from contract.drivers.sending import load, send

from cloudkit.cloud import Cloud
from cloudkit.model.state import Replica

__all__ = ["DockerDriver", "Images"]

OWNED = "app.kubernetes.io/managed-by=cloudkit"


class Images:
    """The images of one run, built once."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._repository = f"cloudkit-contract-{secrets.token_hex(4)}"
        self._built: dict[str, str] = {}
        self.first = self._build("1", Path(__file__).with_name("program"))

    def variant(self, env: dict[str, str]) -> str:
        """Return the image with further variables."""
        key = json.dumps(env, sort_keys=True)
        if key not in self._built:
            lines = [f"FROM {self.first}", *(f"ENV {name}={value}" for name, value in env.items())]
            self._built[key] = self._build(str(len(self._built) + 2), None, "\n".join(lines))
        return self._built[key]

    def remove(self) -> None:
        """Take them all away."""
        for tag in [image.tags for image in self._client.images.list(self._repository)]:
            for name in tag:
                self._client.images.remove(name, force=True)

    def _build(self, tag: str, context: Path | None, dockerfile: str = "") -> str:
        name = f"{self._repository}:{tag}"
        source = str(context) if context else "-"
        command = ["docker", "build", "--quiet", "--tag", name, source]
        subprocess.run(command, input=dockerfile.encode(), check=True, capture_output=True)
        return name


class DockerDriver:
    """A namespace of its own on the engine under test."""

    kill_points = (2, 8, 12)  # before the record, before requests come, before the last word
    heals, keeps_stopped, lag, measured = False, True, 0.0, 0.2

    def __init__(self, client: docker.DockerClient, images: Images, namespace: str) -> None:
        self.image = images.first
        self.cloud = Cloud("docker", namespace=namespace)
        self._clouds = [self.cloud]
        self._client = client
        self._images = images
        self._namespace = namespace

    def close(self) -> None:
        """Let go of every connection."""
        for cloud in self._clouds:
            cloud.close()

    def other_image(self, **env: str) -> str:
        """Return another image of the same program, with further variables of its own."""
        return self._images.variant(env)

    def second(self) -> Cloud:
        """Return a cloud with connections of its own."""
        self._clouds.append(Cloud("docker", namespace=self._namespace))
        return self._clouds[-1]

    def address(self, port: int) -> str:
        """Return the url of a published port."""
        return f"http://localhost:{port}"

    def get(self, url: str) -> Answer:
        """Send a request to a published url."""
        return send(url)

    def load(self, url: str) -> AbstractContextManager[Load]:
        """Send requests from several threads without pause."""
        return load(url)

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def crash(self, app: str, replica: Replica) -> None:
        """Ask the program to end itself: an engine does not restart what was killed through it."""
        self.cloud.app(app).exec("curl", "http://127.0.0.1:8080/crash", replica=replica.name)

    def sicken(self, app: str, replica: Replica) -> None:
        """Ask the program to fail its liveness probe from now on."""
        self.cloud.app(app).exec("curl", "http://127.0.0.1:8080/sicken", replica=replica.name)

    @contextmanager
    def controller(self) -> Iterator[None]:
        """Run the command in a process of its own."""
        with Controller(self._namespace) as running:
            running.until("heals")
            yield

    def lose(self, replica: Replica) -> None:
        """Remove a replica by hand."""
        self._client.containers.get(replica.id).remove(force=True)

    def halt(self, replica: Replica) -> None:
        """Stop a replica by hand."""
        self._client.containers.get(replica.id).stop(timeout=2)

    def kill(self, verb: Verb, step: int) -> bool:
        """Call a verb in a process that kills itself."""
        cloud = {"backend": "docker", "namespace": self._namespace}
        return killed({"cloud": cloud, "step": step, "name": verb.name, "app": verb.app, "options": verb.options})

    @contextmanager
    def taken_port(self) -> Iterator[int]:
        """Listen on a port."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server.getsockname()[1]

    def free_port(self) -> int:
        """Return a port that nobody listens on now."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port: int = server.getsockname()[1]
            return port

    def leftovers(self, app: str) -> list[str]:
        """Name the containers of an app, and the volumes of its files."""
        files = {"label": [*self._filter(app)["label"], "app.kubernetes.io/component=files"]}
        volumes = self._client.volumes.list(filters=files)
        return [one.name or "" for one in (*self._of(app), *volumes)]

    @contextmanager
    def bystander(self) -> Iterator[Callable[[], object]]:
        """Run a container, a network and a volume with confusing names and no label of ours, or another namespace's."""
        token = secrets.token_hex(4)
        stranger = {"app.kubernetes.io/managed-by": "cloudkit", "cloudkit/namespace": f"x-{self._namespace}"}
        network = self._client.networks.create(f"bystander-{token}")
        volume = self._client.volumes.create(f"bystander-{token}")
        containers = [
            self._client.containers.run(
                self.image, name=f"{name}-{token}", labels=labels, network=network.name, detach=True, init=True,
                volumes={volume.name: {"bind": "/data", "mode": "rw"}},
            )
            for name, labels in ((f"{self._namespace}.web", {"app.kubernetes.io/name": "web"}), ("web", stranger))
        ]  # fmt: skip
        try:
            yield lambda: self._look([one.id or "" for one in containers], network.id or "", volume.name)
        finally:
            for one in containers:
                one.remove(force=True)
            network.remove()
            volume.remove(force=True)

    def _look(self, containers: Sequence[str], network: str, volume: str) -> object:
        found = [self._client.containers.get(one).attrs for one in containers]
        alive = [(one["Id"], one["State"]["StartedAt"], one["State"]["Status"], one["RestartCount"]) for one in found]
        links = self._client.networks.get(network).attrs["Containers"]
        return alive, sorted(links), self._client.volumes.get(volume).attrs["CreatedAt"]

    @contextmanager
    def foreign(self, *, keeper: str = "", **env: str) -> Iterator[Foreign]:
        """Run a container that publishes a port."""
        name, port = f"legacy-{secrets.token_hex(4)}", self.free_port()
        url = self.address(port)
        self._client.containers.run(
            self.image, name=name, ports={f"{PORT}/tcp": port}, environment=env, detach=True, init=True,
            labels={"app.kubernetes.io/managed-by": keeper} if keeper else {},
        )  # fmt: skip
        try:
            _until(lambda: self.get(url).status == 200)
            yield Foreign(workload=f"container/{name}", name=name, url=url)
        finally:
            with suppress(docker.errors.NotFound):
                self._client.containers.get(name).remove(force=True)

    def visible(self, app: str) -> str:
        """Return what ``docker ps``, events and a state show: labels, commands, names."""
        rows = [one.attrs for one in self._client.containers.list(all=True, sparse=True, filters=self._filter(app))]
        state = self.cloud.app(app).status()
        return repr((rows, state, self.cloud.backend.plan(state.spec), list(self.cloud.app(app).events())))

    def _of(self, app: str) -> list[docker.models.containers.Container]:
        return list(self._client.containers.list(all=True, sparse=True, filters=self._filter(app)))

    def _filter(self, app: str) -> dict[str, list[str]]:
        return {"label": [OWNED, f"cloudkit/namespace={self._namespace}", f"app.kubernetes.io/name={app}"]}


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come true within half a minute")
