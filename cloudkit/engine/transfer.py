"""Pull and push: an engine and a registry exchange images."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cloudkit.engine import stream
from cloudkit.engine.connect import Engine
from cloudkit.engine.refusal import about
from cloudkit.errors import BackendError, UsageError
from cloudkit.model.progress import Listener, Phase
from cloudkit.model.reference import Digest, Reference

__all__ = ["pull", "push"]

_DIGEST = re.compile(r"\bdigest: (sha(?:256|512):[0-9a-f]+)", re.IGNORECASE)


def pull(engine: Engine, reference: Reference, *, platform: str | None, listener: Listener) -> Digest | None:
    """Let the engine fetch an image; return the digest that the registry has for it, where the engine says it.

    Raises:
        AccessError: The registry refuses these credentials, or wants some.
        NotFoundError: It has no such image, or none for the platform.
        RegistryError: It does not answer, or limits the rate.
    """
    what = f"pull {reference.familiar}"
    params: dict[str, object] = {"fromImage": reference.repository, "tag": str(reference.digest or reference.tag)}
    if platform:
        params["platform"] = platform
    with about(reference, what, reference.domain):
        headers = stream.authorization(reference)
        return _followed(
            stream.post(engine, "/images/create", what, params=params, headers=headers), Phase.PULL, listener
        )


def push(engine: Engine, reference: Reference, *, listener: Listener) -> Digest:
    """Let the engine send an image; return the digest that the registry has for it.

    Raises:
        AccessError: The registry refuses these credentials, or wants some.
        NotFoundError: The engine has no image of that name.
        RegistryError: The registry does not answer, or limits the rate.
    """
    if reference.tag is None:
        raise UsageError(f"cannot push {reference}: it has no tag", hint="image.tag(...).push()")
    what = f"push {reference.familiar}"
    params: dict[str, object] = {"tag": reference.tag}
    path = f"/images/{reference.repository}/push"
    with about(reference, what, "the engine"):
        headers = stream.authorization(reference)
        digest = _followed(stream.post(engine, path, what, params=params, headers=headers), Phase.PUSH, listener)
    if digest is None:
        raise BackendError(f"cannot {what}: the engine ended without a digest, so the push is not known to be whole")
    return digest


def _followed(messages: Iterator[stream.Message], phase: Phase, listener: Listener) -> Digest | None:
    """Tell of each word, and return the digest that one of them names."""
    digest = None
    for message in messages:
        stream.tell(listener, phase, message)
        named = (message.get("aux") or {}).get("Digest") or _digest(str(message.get("status") or ""))
        digest = Digest.parse(named) if named else digest
    return digest


def _digest(status: str) -> str | None:
    found = _DIGEST.search(status)
    return found[1] if found else None
