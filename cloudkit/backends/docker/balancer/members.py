"""Replicas as a balancer is told of them, and as its configuration has them: pure."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit.backends.docker.balancer.config import ConfiguredServer, Membership
from cloudkit.backends.docker.balancer.runtime import Admin, Server
from cloudkit.backends.docker.balancer.settings import BalancerSettings

__all__ = ["MEMBERSHIPS", "Member", "asked", "configured", "configured_as"]

MEMBERSHIPS = {
    Admin.READY: Membership.SERVING,
    Admin.TRIAL: Membership.TRIAL,
    Admin.DRAIN: Membership.DRAINING,
}
"""What a replica is, by what was asked of its server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A replica, and what it is to be to the balancer.

    Args:
        name: The replica's name.
        address: Its private address.
        membership: What it is to be.
        own: What the balancer of its own revision would be; None when it is of the present one.
    """

    name: str
    address: str
    membership: Membership = Membership.SERVING
    own: BalancerSettings | None = None


def asked(settings: BalancerSettings, member: Member) -> int | None:
    """Return the port that a replica's checks ask; None where it has none."""
    check = settings.check_of(member.own)
    return check.port if check else None


def configured(server: Server) -> ConfiguredServer:
    """Return what a running balancer knows, as its file says it."""
    return ConfiguredServer(
        name=server.name,
        address=server.address,
        ports=server.ports,
        membership=MEMBERSHIPS.get(server.admin, Membership.DRAINING),
        check=server.asked,
    )


def configured_as(settings: BalancerSettings, member: Member, membership: Membership) -> ConfiguredServer:
    """Return what a balancer of these settings is to know of a replica."""
    return ConfiguredServer(
        name=member.name,
        address=member.address,
        ports=settings.places(member.own),
        membership=membership,
        check=asked(settings, member),
    )
