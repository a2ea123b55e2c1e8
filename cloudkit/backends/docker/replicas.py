"""Start the replicas of an app on the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudkit.backends.docker.convert import replica_config
from cloudkit.backends.docker.ending import remove_container
from cloudkit.backends.docker.names import replica_name
from cloudkit.backends.docker.networks import Network
from cloudkit.backends.docker.parallel import in_parallel
from cloudkit.engine.errors import translate
from cloudkit.errors import AccessError, BackendError, CloudkitError, ConflictError

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.backends.docker.observe import Seen
    from cloudkit.model.app import AppSpec

__all__ = ["Replicas", "address_taken"]

TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """The replicas of one app.

    Args:
        api: The engine.
        namespace: Whose they are.
        network: The app's first network, which gives them their addresses.
        others: The engine's names of the further networks they join.
        image: What the engine knows the image as.
    """

    api: APIClient
    namespace: str
    network: Network
    others: tuple[str, ...]
    image: str

    def start(self, spec: AppSpec, revision: int, count: int, revive: Sequence[Seen] = ()) -> dict[str, str]:
        """Start ``count`` new replicas, and stopped ones again; return name to address."""
        work: list[Callable[[], tuple[str, str]]] = [
            *(lambda: self._start_new(spec, revision) for _ in range(count)),
            *(lambda one=one: self._start_again(one) for one in revive),
        ]
        return dict(in_parallel(work))

    def _start_new(self, spec: AppSpec, revision: int) -> tuple[str, str]:
        for left in range(TRIES, 0, -1):
            name, address = replica_name(self.namespace, spec.name, revision), self.network.address()
            try:
                self._create_and_start(spec, revision, name, address)
            except (AccessError, BackendError, ConflictError) as error:
                if left == 1 or not address_taken(error):
                    raise
            else:
                return name, address
        message = f"no free address for {spec.name!r} on network {self.network.name}"
        raise BackendError(message, hint="docker network prune")

    def _create_and_start(self, spec: AppSpec, revision: int, name: str, address: str) -> None:
        config = replica_config(
            self.api, spec, namespace=self.namespace, revision=revision, name=name, image=self.image,
            network=self.network.name, address=address,
        )  # fmt: skip
        with translate(f"create replica {name}"):
            made = self.api.create_container(**config)["Id"]
        try:
            for other in self.others:
                with translate(f"connect {name} to {other}"):
                    self.api.connect_container_to_network(made, other)
            with translate(f"start replica {name}"):
                self.api.start(made)
        except CloudkitError as error:
            if _by_the_image(error):  # the container's own state says why: it stays for the diagnosis
                return
            remove_container(self.api, made)
            raise

    def _start_again(self, replica: Seen) -> tuple[str, str]:
        try:
            with translate(f"start replica {replica.name}"):
                self.api.start(replica.id)
        except CloudkitError as error:
            if not _by_the_image(error):
                raise
        return replica.name, replica.address


def address_taken(error: CloudkitError) -> bool:
    """True when the engine refused an address that another container has."""
    text = str(error).lower()
    return "address already in use" in text and "port" not in text.split("address already in use")[0][-60:]


def _by_the_image(error: CloudkitError) -> bool:
    """True when the container's process could not be started, which its state tells in full."""
    text = str(error)
    return any(words in text for words in ("OCI runtime", "exec format", "executable file", "runc", "task"))
