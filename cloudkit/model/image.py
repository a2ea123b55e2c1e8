"""What is known of an image that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cloudkit.model.reference import Digest, Reference

__all__ = ["ImageState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageState:
    """An image in a store, as it was seen.

    Args:
        reference: Its name, pinned by ``digest``.
        digest: What names its content for good: the manifest's digest where the store has one, else the image id.
        tags: All the references that name it in this store.
        size: Bytes on disk.
        created: When it was made; None when it does not say.
        platform: Such as ``linux/amd64``.
        labels: Its labels.
        user: The user it runs as; empty is root.
        entrypoint: Its ENTRYPOINT.
        command: Its CMD.
        ports: The ports that it exposes.
    """

    reference: Reference
    digest: Digest
    tags: tuple[Reference, ...] = ()
    size: int = 0
    created: datetime | None = None
    platform: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
