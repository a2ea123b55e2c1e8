"""Why an app on one engine is not ready: facts are gathered from the engine, the decision from them is pure.

::

    cause = find_cause(
        api, spec, details, namespace=namespace, servers=servers, platform=engine.platform, tool=balancer_image
    )

The causes that an image cannot be had are in ``image_cause``, that a port of the host is taken also in ``balancer``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.balancer import Server
from cloudkit.backends.docker.causes.decide import diagnose
from cloudkit.backends.docker.causes.facts import Facts
from cloudkit.backends.docker.causes.gather import gather
from cloudkit.backends.docker.causes.refused import refused_cause
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Facts", "diagnose", "find_cause", "gather", "refused_cause"]


def find_cause(
    api: APIClient,
    spec: AppSpec,
    details: Sequence[Mapping[str, Any]],
    *,
    namespace: str,
    servers: Mapping[str, Server],
    platform: str = "",
    tool: str = "",
) -> Cause | None:
    """Say why replicas are not ready; None when nothing is wrong with any of them.

    Args:
        api: The SDK's low-level client.
        spec: What is wanted.
        details: The replicas of the wanted revision, as the engine describes each when asked in full.
        namespace: Whose they are.
        servers: What their balancer sees of them, by their full names.
        platform: What the engine is, such as ``linux/amd64``.
        tool: An image on the engine that has ``cat``: the balancer's; without it, what an image without any tools
            listens on is not seen.
    """
    facts = gather(api, details, namespace=namespace, servers=servers, platform=platform, tool=tool)
    return diagnose(spec, facts)
