"""Start an app as the backend does, and ask until a cause is found."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import docker
from docker.errors import APIError

from cloudkit.backends.docker.balancer import Balancer, Site, balanced, ensure_image, settings_for
from cloudkit.backends.docker.causes import find_cause
from cloudkit.backends.docker.convert import replica_config
from cloudkit.backends.docker.networks import Network
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.progress import silent
from cloudkit.model.reference import Reference

__all__ = ["DEBIAN", "NODE", "Diagnosis", "Ward", "app"]

DEBIAN = "debian:bookworm-slim"
NODE = "node:22-bookworm-slim"
PLATFORM = "linux/amd64"


def app(image: str = DEBIAN, *command: str, **options: Any) -> AppSpec:
    """Return an app that runs a command."""
    return AppSpec(name="web", image=Reference.parse(image), command=command or None, **options)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was said of an app, and when."""

    cause: Cause | None
    seconds: float


@dataclass(slots=True)
class Ward:
    """Where broken apps are started."""

    api: docker.APIClient
    namespace: str
    network: Network
    stack: ExitStack
    diagnoses: list[Diagnosis] = field(default_factory=list)

    def admit(self, spec: AppSpec, image: str | None = None) -> tuple[str, Balancer | None]:
        """Start one replica of an app, behind a balancer where it has one; return its name."""
        name, address = f"{self.namespace}.web-1-patient", self.network.address()
        front = self._front(spec)
        words = replica_config(
            self.api,
            spec,
            namespace=self.namespace,
            revision=1,
            name=name,
            image=image or spec.image.familiar,
            network=self.network.name,
            address=address,
        )
        self.api.create_container(**words)
        with suppress(APIError):  # its state says why
            self.api.start(name)
        if front is not None:
            front.admit(name, address)
        return name, front

    def diagnose(self, spec: AppSpec, *, image: str | None = None, within: float = 15, certain: bool = True) -> Cause:
        """Start an app and return the cause once one is found: a certain one, or any that lasts ``within`` seconds."""
        name, front = self.admit(spec, image)
        started = time.monotonic()
        cause = self._asked(spec, name, front)
        while time.monotonic() - started < within and not (certain and cause is not None and cause.certain):
            time.sleep(0.2)
            cause = self._asked(spec, name, front) or cause
        self.diagnoses.append(Diagnosis(cause, time.monotonic() - started))
        assert cause is not None, "no cause was found"
        return cause

    def cause(self, spec: AppSpec, name: str, front: Balancer | None) -> Cause | None:
        """Ask once."""
        return self._asked(spec, name, front)

    def _asked(self, spec: AppSpec, name: str, front: Balancer | None) -> Cause | None:
        servers = {one.name: one for one in front.servers()} if front else {}
        details = [self.api.inspect_container(name)]
        tool = ensure_image(self.api, configured=None, listener=silent)
        return find_cause(
            self.api, spec, details, namespace=self.namespace, servers=servers, platform=PLATFORM, tool=tool
        )

    def _front(self, spec: AppSpec) -> Balancer | None:
        if not balanced(spec):
            return None
        image = ensure_image(self.api, configured=None, listener=silent)
        site = Site(namespace=self.namespace, app=spec.name, networks=(self.network,))
        front = Balancer(self.api, image=image, site=site, settings=settings_for(spec))
        self.stack.callback(front.close)
        front.ensure()
        return front
