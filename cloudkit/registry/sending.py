"""Send an image of a bundle to a registry: what it holds first, its names last."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from cloudkit.model.reference import Reference
from cloudkit.registry.bundle import Bundle, StoredImage
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor

__all__ = ["send"]


def send(
    client: RegistryClient, bundle: Bundle, image: StoredImage, name: Reference, sent: Callable[[Descriptor], None]
) -> Reference:
    """Send one image; return its name, pinned by what the registry has.

    Args:
        client: The registry.
        bundle: What holds the image.
        image: The image.
        name: What it is called there; without a tag it has its digest alone.
        sent: Is told of each blob and manifest that is there now.
    """
    blobs = client.blobs(name.path)
    alone = replace(bundle, images=(image,))
    documents = INDEX_TYPES | MANIFEST_TYPES
    found = list(reversed(alone.blobs().values()))
    for descriptor in sorted(found, key=lambda one: one.media_type in documents):  # layers may be of several images
        if descriptor.media_type in documents:
            client.put(replace(name, tag=None, digest=descriptor.digest), bundle.document(descriptor))
        else:
            with closing(bundle.open(descriptor.digest)) as source:
                blobs.send(descriptor, source)
        sent(descriptor)
    pinned = name.pinned(image.target.digest)
    if name.tag:
        client.put(pinned, bundle.document(image.target))
    return pinned
