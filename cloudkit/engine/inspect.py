"""Read what an engine says of an image."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloudkit.errors import UsageError
from cloudkit.model.image import ImageState
from cloudkit.model.reference import Digest, Reference

__all__ = ["image_state"]


def image_state(attrs: Mapping[str, Any], reference: Reference | None = None) -> ImageState:
    """Turn an engine's answer about an image into a state.

    Args:
        attrs: The answer to ``GET /images/{name}/json``.
        reference: The name to give it; None takes its first tag, or its repository digest.

    The digest is the manifest's where the engine knows one (a containerd store always does, an older store once the
    image came from or went to a registry), else the image id.
    """
    tags = tuple(parsed for tag in attrs.get("RepoTags") or () if (parsed := _reference(tag)))
    name = reference or (tags[0] if tags else _first_repository(attrs))
    digest = _digest(attrs, name)
    config: Mapping[str, Any] = attrs.get("Config") or {}
    return ImageState(
        reference=name.pinned(digest) if name else Reference(domain="localhost", path="untagged", digest=digest),
        digest=digest,
        tags=tags,
        size=int(attrs.get("Size") or 0),
        created=_created(attrs.get("Created")),
        platform="/".join(str(attrs[key]) for key in ("Os", "Architecture", "Variant") if attrs.get(key)),
        labels=dict(config.get("Labels") or {}),
        user=str(config.get("User") or ""),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        ports=_ports(config.get("ExposedPorts") or {}),
    )


def _digest(attrs: Mapping[str, Any], name: Reference | None) -> Digest:
    """Return the manifest's digest of the named repository where the engine knows one, else the image id."""
    for text in attrs.get("RepoDigests") or ():
        known = _reference(text)
        if known and known.digest and (name is None or known.repository == name.repository):
            return known.digest
    image_id = str(attrs["Id"])
    return Digest.parse(image_id if ":" in image_id else f"sha256:{image_id}")  # Podman leaves the algorithm out


def _first_repository(attrs: Mapping[str, Any]) -> Reference | None:
    """Return the repository that an untagged image came from."""
    return next((known for text in attrs.get("RepoDigests") or () if (known := _reference(text))), None)


def _reference(text: str) -> Reference | None:
    """Read a name as the engine writes it; ``<none>:<none>`` is none."""
    try:
        return Reference.parse(text)
    except UsageError:
        return None


def _created(text: str | None) -> datetime | None:
    """Read a time of RFC 3339 with nanoseconds; the year 1 means that it does not say."""
    if not text or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text)


def _ports(exposed: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the numbers of ``{"3000/tcp": {}}``, in order."""
    return tuple(sorted({int(port.split("/", 1)[0]) for port in exposed if port.split("/", 1)[0].isdigit()}))
