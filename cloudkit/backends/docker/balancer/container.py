"""The container that a balancer runs in: what it may do, where it is reached, and how it is made."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from cloudkit.backends.docker.balancer.config import MASTER, SOCKET
from cloudkit.backends.docker.balancer.settings import BalancerSettings, front_ports
from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.names import balancer_name
from cloudkit.engine.errors import translate
from cloudkit.errors import NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["SHAPE", "Addressed", "Site", "addresses", "create", "find", "published", "remove", "shape", "write_config"]

SHAPE = "cloudkit/balancer-shape"
FORM = 2  # counts the changes of how the container is made
FOLDER = "cloudkit"
CONFIG = "haproxy.cfg"
NOBODY = 65534
MEMORY = 256 * 1024 * 1024
PIDS = 128


class Addressed(Protocol):
    """A network on which the backend numbers its containers itself."""

    @property
    def name(self) -> str:
        """The engine's name of it."""
        ...

    def address(self) -> str:
        """Return an address that is likely free."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where an app's balancer stands.

    Args:
        namespace: The app's namespace.
        app: The app.
        networks: The networks on which it is reached by the app's name, the shared one first.
    """

    namespace: str
    app: str
    networks: tuple[Addressed, ...]

    @property
    def name(self) -> str:
        """The container's name."""
        return balancer_name(self.namespace, self.app)


def shape(settings: BalancerSettings, site: Site) -> str:
    """Return what names the parts of a balancer that only a new container changes: its published ports and networks."""
    fronts = front_ports(settings.ports)
    ports = sorted((fronts[port.number], port.publish, port.host) for port in settings.ports if port.number in fronts)
    text = json.dumps([FORM, ports, [network.name for network in site.networks]])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def find(api: APIClient, name: str) -> dict[str, Any] | None:
    """Return a container as the engine describes it; None when it is not there."""
    try:
        with translate(f"look for balancer {name}"):
            found: dict[str, Any] = api.inspect_container(name)
    except NotFoundError:
        return None
    return found


def create(api: APIClient, image: str, settings: BalancerSettings, site: Site, where: Mapping[str, str]) -> None:
    """Create the container, not started yet.

    Args:
        api: The SDK's low-level client.
        image: What it runs.
        settings: The app's ports.
        site: Its name and networks.
        where: Its address, by network.
    """
    first, *others = [network.name for network in site.networks]
    with translate(f"create balancer {site.name}"):
        made = api.create_container(
            image,
            ["haproxy", "-W", "-S", f"{MASTER},mode,600", "-db", "-f", f"/{FOLDER}/{CONFIG}"],
            name=site.name,
            user=f"{NOBODY}:{NOBODY}",
            entrypoint=[],
            ports=list(front_ports(settings.ports).values()),
            labels=identity(site.namespace, Component.BALANCER, site.app) | {SHAPE: shape(settings, site)},
            host_config=_host_config(api, settings),
            networking_config=_networking(api, first, where[first], site.app),
        )
        for network in others:
            api.connect_container_to_network(made["Id"], network, ipv4_address=where[network], aliases=[site.app])


def write_config(api: APIClient, name: str, text: str) -> None:
    """Put the configuration into the container, running or not; its process may read but not change it."""
    data = text.encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        folder = _entry(FOLDER, 0o755)
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        file = _entry(f"{FOLDER}/{CONFIG}", 0o644)
        file.size = len(data)
        tar.addfile(file, io.BytesIO(data))
    with translate(f"write the configuration of balancer {name}"):
        api.put_archive(name, "/", archive.getvalue())


def remove(api: APIClient, name: str) -> None:
    """Remove the container; one that is not there is no error."""
    try:
        with translate(f"remove balancer {name}"):
            api.remove_container(name, force=True, v=True)
    except NotFoundError:
        return


def addresses(described: Mapping[str, Any]) -> dict[str, str]:
    """Return the addresses that a container was given, by network."""
    networks = described["NetworkSettings"]["Networks"]
    given = {name: (endpoint.get("IPAMConfig") or {}).get("IPv4Address", "") for name, endpoint in networks.items()}
    return {name: address for name, address in given.items() if address}


def published(described: Mapping[str, Any]) -> dict[int, tuple[str, int]]:
    """Return the host's address and port for each published port, as the engine chose them; empty while it is down.

    >>> published({"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "49153"}]}}})
    {80: ('127.0.0.1', 49153)}
    """
    bound: dict[str, Sequence[Mapping[str, str]] | None] = described["NetworkSettings"].get("Ports") or {}
    return {
        int(port.partition("/")[0]): (rows[0]["HostIp"], int(rows[0]["HostPort"]))
        for port, rows in bound.items()
        if rows
    }


def _host_config(api: APIClient, settings: BalancerSettings) -> dict[str, Any]:
    from docker.types import LogConfig

    fronts = front_ports(settings.ports)
    config: dict[str, Any] = api.create_host_config(
        port_bindings={fronts[p.number]: (p.host, p.publish or None) for p in settings.ports if p.number in fronts},
        restart_policy={"Name": "always"},
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        sysctls={"net.ipv4.ip_unprivileged_port_start": "0"},  # whatever ports it is to have later
        mem_limit=MEMORY,
        pids_limit=PIDS,
        tmpfs={SOCKET.rpartition("/")[0]: f"uid={NOBODY},gid={NOBODY},mode=0700,size=1m"},
        log_config=LogConfig(type="json-file", config={"max-size": "1m", "max-file": "2"}),
    )
    return config


def _networking(api: APIClient, network: str, address: str, alias: str) -> Any:
    endpoints: Any = {network: api.create_endpoint_config(ipv4_address=address, aliases=[alias])}
    return api.create_networking_config(endpoints)


def _entry(name: str, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    entry.mtime = int(time.time())
    return entry
