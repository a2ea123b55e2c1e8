"""The image that balancers run: the user's own, or one made here once from Debian's package."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.labels import MANAGED_BY, OWNER
from cloudkit.engine.errors import explain, translate
from cloudkit.errors import BackendError, BuildError, NotFoundError
from cloudkit.model.progress import Listener, Phase, Progress

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["IMAGE", "ensure_image"]

BASE = "debian:bookworm-slim"
VERSION = "1"
"""Counts the changes of the Dockerfile below."""
IMAGE = f"cloudkit/balancer:{VERSION}"
_DOCKERFILE = f"""\
FROM {BASE}
RUN apt-get update -q \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends haproxy \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/* /var/log/*
LABEL {MANAGED_BY}={OWNER}
CMD ["haproxy", "-v"]
"""
_TAIL = 15
_OWN = "set CLOUDKIT_BALANCER_IMAGE to an image with HAProxy, sh, and socat or perl"


def ensure_image(api: APIClient, *, configured: str | None, listener: Listener) -> str:
    """Return the name of the balancer's image, which is on the engine then.

    Args:
        api: The SDK's low-level client.
        configured: The user's own image: HAProxy 2.6 or newer with ``sh``, and ``socat`` or Debian's ``perl``; None
            makes one from Debian's packages, once for each engine.
        listener: Hears what goes on.

    Raises:
        NotFoundError: The user's own image is nowhere.
        BuildError: The image cannot be made, for instance as no Debian mirror answers.
    """
    name = configured or IMAGE
    if _present(api, name):
        return name
    if configured:
        _pull(api, configured, listener)
        return configured
    try:
        _build(api, listener)
    except BuildError:
        if not _present(api, IMAGE):  # else another process made it at the same time, and only the name was taken
            raise
    if not _present(api, IMAGE):
        raise BackendError(f"the engine has no image {IMAGE} though it says that it built it", hint="cloudkit doctor")
    return IMAGE


def _present(api: APIClient, name: str) -> bool:
    untyped: Any = api  # this call has no types in the SDK's stubs
    try:
        with translate(f"look for image {name}"):
            untyped.inspect_image(name)
    except NotFoundError:
        return False
    return True


def _pull(api: APIClient, name: str, listener: Listener) -> None:
    repository, _, tag = name.rpartition(":")
    if not repository or "/" in tag:
        repository, tag = name, "latest"
    listener(Progress(phase=Phase.PULL, item=name, message="pulling the balancer"))
    with translate(f"pull the balancer's image {name}"):
        for event in api.pull(repository, tag=tag, stream=True, decode=True):
            if "error" in event:
                raise explain(f"pull the balancer's image {name}", str(event["error"]))
    listener(Progress(phase=Phase.PULL, item=name, message="pulled", done=True))


def _build(api: APIClient, listener: Listener) -> None:
    """Build by the engine's own builder, which every engine has; two builds at a time give the same name twice."""
    lines: list[str] = []
    with translate(f"build the balancer's image {IMAGE}"):
        events = api.build(fileobj=io.BytesIO(_DOCKERFILE.encode()), tag=IMAGE, rm=True, forcerm=True, decode=True)
        for event in events:
            _follow(event, lines, listener)
    listener(Progress(phase=Phase.BUILD, item=IMAGE, message="built", done=True))


def _follow(event: dict[str, Any], lines: list[str], listener: Listener) -> None:
    """Tell of one event of the build; raise ``BuildError`` when it is its end."""
    if "error" in event:
        error = explain(f"build the balancer's image {IMAGE}", str(event["error"]))
        hint = "; ".join(filter(None, (error.hint, _OWN)))
        raise BuildError(error.summary, log=(*lines[-_TAIL:], *error.evidence), hint=hint)
    for line in str(event.get("stream", "")).splitlines():
        if line.strip():
            lines.append(line.rstrip())
            listener(Progress(phase=Phase.BUILD, item=IMAGE, message="building the balancer", log=line.rstrip()))
