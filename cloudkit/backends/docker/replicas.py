"""Start the replicas of an app on the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cloudkit.backends.docker.causes import Facts, refused_cause
from cloudkit.backends.docker.convert import aliases, replica_config
from cloudkit.backends.docker.creating import create_named
from cloudkit.backends.docker.ending import remove_container, set_restart
from cloudkit.backends.docker.filing import Filing
from cloudkit.backends.docker.names import replica_name
from cloudkit.backends.docker.networks import Network
from cloudkit.backends.docker.parallel import in_parallel
from cloudkit.backends.kinds import numbered_name
from cloudkit.engine.errors import translate
from cloudkit.errors import BackendError, CloudkitError, NotFoundError, RolloutError
from cloudkit.model.cause import Cause, CauseCode

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.backends.docker.observe import Seen
    from cloudkit.model.app import AppSpec

__all__ = ["Replicas"]

TRIES = 8  # draws of an address


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """The replicas of one app.

    Args:
        api: The engine.
        namespace: Whose they are.
        network: The app's first network, which gives them their addresses.
        others: The engine's names of the further networks they join.
        image: What the engine knows the image as.
        run: The run of a cron that they belong to; empty for others.
    """

    api: APIClient
    namespace: str
    network: Network
    others: tuple[str, ...]
    image: str
    run: str = ""

    def start(
        self, spec: AppSpec, revision: int, count: int, revive: Sequence[Seen] = (), *, ordinals: Sequence[int] = ()
    ) -> dict[str, str]:
        """Start new replicas, and stopped ones again; return name to address.

        One that the engine refuses to run stays as it is, as its own state says why.

        Args:
            spec: What they are.
            revision: The revision of that.
            count: How many new ones that have no number.
            revive: Those to start again.
            ordinals: The numbers of new ones that have one; one that another writer makes meanwhile is left to it.

        Raises:
            RolloutError: What a new one asks for is not there to be had.
        """
        self._filing(spec, revision).fill(self.image)
        work: list[Callable[[], tuple[str, str]]] = [
            *(partial(self._start_new, spec, revision) for _ in range(count)),
            *(partial(self._start_new, spec, revision, ordinal) for ordinal in ordinals),
            *(partial(self._start_again, spec, revision, one) for one in revive),
        ]
        return {name: address for name, address in in_parallel(work) if address}

    def _start_new(self, spec: AppSpec, revision: int, ordinal: int | None = None) -> tuple[str, str]:
        for _ in range(TRIES):
            number = "" if ordinal is None else numbered_name(spec, revision, ordinal, self.run)
            name, address = replica_name(self.namespace, spec.name, revision, number), self.network.address()
            made = self._create(spec, revision, name, address, ordinal)
            if not made:
                return name, ""
            try:
                self._filing(spec, revision).place(made)
                self._join_others(made, name, aliases(spec, ordinal))
                self._start(made, name)
            except CloudkitError:
                refusal = self._refusal(made)
                if refusal and not _address_taken(refusal):
                    return name, address
                remove_container(self.api, made)
                if not refusal:
                    raise
            else:
                return name, address
        message = f"no free address for {spec.name!r} on network {self.network.name}"
        raise BackendError(message, hint="docker network prune")

    def _create(self, spec: AppSpec, revision: int, name: str, address: str, ordinal: int | None) -> str:
        config = replica_config(
            self.api, spec, namespace=self.namespace, revision=revision, name=name, image=self.image,
            network=self.network.name, address=address, ordinal=ordinal, run=self.run,
            files=self._filing(spec, revision).mounts(),
        )  # fmt: skip
        try:
            return create_named(self.api, name, config)
        except (BackendError, NotFoundError) as error:
            cause = _refused(spec, " ".join(error.evidence), name=name)
            if cause.code is CauseCode.UNKNOWN:
                raise
            raise RolloutError(f"app {spec.name!r} cannot run: {cause.summary}", cause=cause) from error

    def _start_again(self, spec: AppSpec, revision: int, replica: Seen) -> tuple[str, str]:
        """Start a replica that is there; one that has lost its network or address is replaced."""
        try:
            if replica.state == "paused":
                with translate(f"resume replica {replica.name}"):
                    self.api.unpause(replica.id)
            else:
                if replica.state == "created":  # who made it may have been interrupted
                    self._filing(spec, revision).place(replica.id)
                self._join_others(replica.id, replica.name, aliases(spec, replica.ordinal))
                set_restart(self.api, replica, spec.restart_policy)
                self._start(replica.id, replica.name)
        except CloudkitError:
            refusal = self._refusal(replica.id)
            if not refusal or _refused(spec, refusal).code is CauseCode.NETWORK:
                remove_container(self.api, replica.id)
                return self._start_new(spec, revision, replica.ordinal)
        return replica.name, replica.address

    def _filing(self, spec: AppSpec, revision: int) -> Filing:
        return Filing(api=self.api, namespace=self.namespace, spec=spec, revision=revision)

    def _start(self, container: str, name: str) -> None:
        with translate(f"start replica {name}"):
            self.api.start(container)

    def _join_others(self, container: str, name: str, known_as: list[str] | None) -> None:
        """Join the further networks, but for those it has joined before it was left alone."""
        if not self.others:
            return
        with translate(f"connect {name} to its networks"):
            joined = self.api.inspect_container(container)["NetworkSettings"]["Networks"]
            for other in self.others:
                if other not in joined:
                    self.api.connect_container_to_network(container, other, aliases=known_as)

    def _refusal(self, container: str) -> str:
        """Return why the engine could not run a container, in its own words; empty where it did not try."""
        with suppress(NotFoundError), translate(f"see why {container[:12]} did not start"):
            return str(self.api.inspect_container(container)["State"].get("Error") or "")
        return ""


def _address_taken(refusal: str) -> bool:
    """True when another container has the address: replicas publish no port that could be in use."""
    return "address already in use" in refusal.lower()


def _refused(spec: AppSpec, words: str, *, name: str = "a replica") -> Cause:
    return refused_cause(spec, Facts(name=name, status="created", error=words))
