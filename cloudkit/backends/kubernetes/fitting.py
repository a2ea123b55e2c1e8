"""Whether an image runs on some node of a cluster, told before anything changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.errors import CloudkitError, NotFoundError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.reference import Reference

__all__ = ["platforms_at", "platforms_of_nodes", "refuse_unfit"]

ARCHITECTURE = "kubernetes.io/arch"
SYSTEM = "kubernetes.io/os"


def platforms_of_nodes(client: Client) -> frozenset[str]:
    """Return what the nodes are, such as ``linux/amd64``; empty where one may not look at them, or they do not say."""
    from cloudkit.backends.kubernetes.objects import Node
    from cloudkit.backends.kubernetes.paths import object_path

    try:
        labels = [node.metadata.labels for node in client.list(object_path("nodes"), Node).items]
    except CloudkitError:
        return frozenset()
    if not all(ARCHITECTURE in one for one in labels):
        return frozenset()
    return frozenset(f"{one.get(SYSTEM, 'linux')}/{one[ARCHITECTURE]}" for one in labels)


def refuse_unfit(reference: Reference, platforms: frozenset[str], nodes: frozenset[str]) -> None:
    """Refuse an image that no node can run.

    Args:
        reference: The image.
        platforms: What it is made for; empty where nothing tells.
        nodes: What the nodes are; empty where nothing tells.

    Raises:
        NotFoundError: It is for other platforms.

    >>> from cloudkit.model.reference import Reference
    >>> web = Reference.parse("registry.example/web:1")
    >>> refuse_unfit(web, frozenset({"linux/arm64", "linux/amd64"}), frozenset({"linux/amd64"}))
    >>> refuse_unfit(web, frozenset({"linux/arm64"}), frozenset({"linux/amd64"}))
    Traceback (most recent call last):
    cloudkit.errors.NotFoundError: image registry.example/web:1 is for linux/arm64; the cluster's nodes are linux/amd64
      try: cloudkit build . --platform linux/amd64 -t registry.example/web:1
    """
    if not platforms or not nodes or platforms & nodes:
        return
    name = reference.familiar.partition("@")[0]
    message = f"image {name} is for {', '.join(sorted(platforms))}; the cluster's nodes are {', '.join(sorted(nodes))}"
    raise NotFoundError(message, hint=f"cloudkit build . --platform {min(nodes)} -t {name}")


def platforms_at(reference: Reference, *, timeout: float) -> frozenset[str]:
    """Return what an image is made for, without variants, by its registry; empty where that does not tell."""
    from cloudkit.registry.client import RegistryClient
    from cloudkit.registry.document import read_object, read_text
    from cloudkit.registry.manifest import Index

    try:
        with RegistryClient(reference.domain, timeout=timeout) as client:
            found = client.manifest(reference)
            if isinstance(found, Index):
                told = [child.platform for child in found.manifests]
            else:
                raw = b"".join(client.blobs(reference.path).read(found.config))
                config = read_object(raw, str(found.config))
                told = [f"{read_text(config, 'os')}/{read_text(config, 'architecture')}"]
    except CloudkitError:
        return frozenset()
    plain = frozenset("/".join(one.split("/")[:2]) for one in told if not one.startswith("unknown"))
    return plain if all(all(one.partition("/")[::2]) for one in plain) else frozenset()
