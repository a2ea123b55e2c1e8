"""Where a test makes its replicas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import docker

from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.networks import Network

__all__ = ["SERVER", "Place", "private_address"]

NODE = "node:22-bookworm-slim"

SERVER = """\
const { createServer } = require("http");
const name = process.env.HOSTNAME;
const answer = (request, response) => {
  console.log(request.method);
  const wait = Number(new URL(request.url, "http://app").searchParams.get("wait") ?? 0);
  setTimeout(() => response.end(name), wait);
};
setTimeout(() => createServer(answer).listen(3000), Number(process.env.DELAY ?? 0));
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test makes its replicas."""

    api: docker.APIClient
    namespace: str
    network: Network

    def replica(self, name: str, script: str = SERVER, **env: str) -> str:
        """Start a replica that runs a script of Node, and return its address."""
        address = self.network.address()
        endpoints: Any = {self.network.name: self.api.create_endpoint_config(ipv4_address=address)}
        made = self.api.create_container(
            NODE,
            ["node", "-e", script],
            name=f"{self.namespace}.{name}",
            hostname=name,
            environment=env,
            labels=identity(self.namespace, Component.REPLICA, "web"),
            host_config=self.api.create_host_config(init=True),
            networking_config=self.api.create_networking_config(endpoints),
        )
        self.api.start(made["Id"])
        return address

    def stop(self, name: str) -> None:
        """Stop and remove a replica."""
        self.api.stop(f"{self.namespace}.{name}", timeout=5)
        self.api.remove_container(f"{self.namespace}.{name}", force=True, v=True)

    def log(self, name: str) -> list[str]:
        """Return what a replica printed."""
        printed: bytes = self.api.logs(f"{self.namespace}.{name}")
        return printed.decode().splitlines()


def private_address(described: dict[str, Any], place: Place) -> str:
    """Return a container's address on the test's network."""
    address: str = described["NetworkSettings"]["Networks"][place.network.name]["IPAddress"]
    return address
