"""Networks whose upper half is ours to number, so that a replica keeps its address over a restart."""

from __future__ import annotations

import ipaddress
import random
import re
import secrets
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.labels import NAMESPACE, Component, identity
from cloudkit.backends.docker.names import network_name
from cloudkit.engine.errors import translate
from cloudkit.errors import AccessError, BackendError, CloudkitError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Network", "ensure_network", "find_network", "remove_networks"]

TRIES = 8
_EXHAUSTED = re.compile(r"could not find an available|all predefined address pools|no available network", re.IGNORECASE)
_OVERLAP = re.compile(r"overlap|already exists", re.IGNORECASE)


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
    """Return a network of the namespace; None when it is not there.

    Raises:
        ConflictError: One of that name is there, and somebody else's.
    """
    name = network_name(namespace, network)
    with translate(f"find network {name}"):
        rows: list[dict[str, Any]] = api.networks(names=[name])
    for row in rows:
        if row["Name"] == name:
            return _network(row, namespace)
    return None


def ensure_network(api: APIClient, namespace: str, network: str) -> Network:
    """Return a network of the namespace, made where it is missing."""
    name = network_name(namespace, network)
    for _ in range(TRIES):
        found = find_network(api, namespace, network)
        if found is not None:
            return found
        subnet = _free_subnet(api, namespace)
        try:
            _create(api, name, namespace, subnet)
        except (AccessError, BackendError, ConflictError) as error:
            if not _outrun(error):
                raise
    message = f"no network for {name!r}: its subnets are taken as fast as they are found"
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
    try:
        with translate(f"find a free subnet for {namespace}"):
            return _probed(api, f"{namespace}.probe-{secrets.token_hex(4)}", namespace)
    except BackendError as error:
        if not _EXHAUSTED.search(" ".join(error.evidence)):
            raise
        message = f"the engine has no free subnet for the networks of {namespace!r}"
        raise BackendError(message, evidence=error.evidence, hint="docker network prune") from error


def _probed(api: APIClient, name: str, namespace: str) -> str:
    made = api.create_network(name, driver="bridge", labels=_labels(namespace))["Id"]
    try:
        description: Any = api.inspect_network(made)
        return _subnet(description)
    finally:
        api.remove_network(made)


def _outrun(error: CloudkitError) -> bool:
    """True when the subnet was taken in between, or another process made the network first."""
    return isinstance(error, ConflictError) or _OVERLAP.search(" ".join(error.evidence)) is not None


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


def _network(row: dict[str, Any], namespace: str) -> Network:
    if (row.get("Labels") or {}).get(NAMESPACE) != namespace:
        message = f"there is a network {row['Name']!r} already, which is not cloudkit's"
        raise ConflictError(message, hint="another namespace, or another name for that network")
    return Network(row["Name"], _subnet(row))


def _subnet(description: dict[str, Any]) -> str:
    return next(str(pool["Subnet"]) for pool in description["IPAM"]["Config"] if ":" not in pool["Subnet"])
