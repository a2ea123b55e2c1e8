"""Networks whose upper half is ours to number, so that a replica keeps its address over a restart."""

from __future__ import annotations

import ipaddress
import random
import secrets
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.names import network_name
from cloudkit.engine.errors import translate
from cloudkit.errors import AccessError, BackendError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Network", "ensure_network", "find_network", "remove_networks"]

TRIES = 8


class Network:
    """A network of the namespace.

    Args:
        name: The engine's name of it.
        subnet: Its addresses; the engine numbers the lower half, the backend the upper one.
    """

    __slots__ = ("name", "subnet")

    def __init__(self, name: str, subnet: str) -> None:
        self.name = name
        self.subnet = ipaddress.ip_network(subnet)

    def address(self) -> str:
        """Return an address of the upper half at random: the engine refuses one in use, and the caller draws again."""
        half = self.subnet.num_addresses // 2
        return str(self.subnet[half + random.randrange(1, half - 1)])  # noqa: S311  # no secret, a lottery


def find_network(api: APIClient, namespace: str, network: str) -> Network | None:
    """Return a network of the namespace; None when it is not there."""
    name = network_name(namespace, network)
    with translate(f"find network {name}"):
        rows: list[dict[str, Any]] = api.networks(names=[name])
    return next((_network(row) for row in rows if row["Name"] == name), None)


def ensure_network(api: APIClient, namespace: str, network: str) -> Network:
    """Return a network of the namespace, made where it is missing."""
    for _ in range(TRIES):
        found = find_network(api, namespace, network)
        if found is not None:
            return found
        try:
            _create(api, network_name(namespace, network), namespace, _free_subnet(api, namespace))
        except (BackendError, ConflictError):  # the subnet was taken in between, or another process was faster
            continue
    message = f"no network for {network_name(namespace, network)!r}: its subnets are taken as fast as they are found"
    raise BackendError(message, hint="docker network prune")


def remove_networks(api: APIClient, namespace: str) -> None:
    """Remove the namespace's networks that nothing uses."""
    with translate("list networks"):
        rows: list[dict[str, Any]] = api.networks(
            filters={"label": [f"{key}={value}" for key, value in _labels(namespace).items()]}
        )
    for row in rows:
        try:
            with translate(f"remove network {row['Name']}"):
                api.remove_network(row["Id"])
        except (AccessError, BackendError, ConflictError, NotFoundError):  # the engine's ways to say that it is in use
            continue


def _free_subnet(api: APIClient, namespace: str) -> str:
    """Ask the engine for a subnet of its pools by making a network for a moment."""
    name = f"{namespace}.probe-{secrets.token_hex(4)}"
    with translate(f"find a free subnet for {namespace}"):
        made = api.create_network(name, driver="bridge", labels=_labels(namespace))["Id"]
        try:
            description: Any = api.inspect_network(made)
            return str(description["IPAM"]["Config"][0]["Subnet"])
        finally:
            api.remove_network(made)


def _create(api: APIClient, name: str, namespace: str, subnet: str) -> None:
    from docker.types import IPAMConfig, IPAMPool  # docker is loaded when it is used

    whole = ipaddress.ip_network(subnet)
    lower = f"{whole.network_address}/{whole.prefixlen + 1}"
    pool = IPAMPool(subnet=subnet, iprange=lower, gateway=str(whole[1]))
    with translate(f"create network {name}"):
        api.create_network(
            name,
            driver="bridge",
            ipam=IPAMConfig(pool_configs=[pool]),
            labels=_labels(namespace),
            check_duplicate=True,
        )


def _labels(namespace: str) -> dict[str, str]:
    return identity(namespace, Component.NETWORK)


def _network(row: dict[str, Any]) -> Network:
    return Network(row["Name"], row["IPAM"]["Config"][0]["Subnet"])
