"""A registry of one's own as an app: what it runs, where its images stay, and on which port it answers."""

from __future__ import annotations

from pathlib import Path

from cloudkit.backends.protocol import ImageStore
from cloudkit.errors import NotFoundError, RegistryError
from cloudkit.model.app import AppSpec
from cloudkit.model.build import BuildSpec
from cloudkit.model.image import ImageState
from cloudkit.model.mount import Mount
from cloudkit.model.port import LOOPBACK, Port
from cloudkit.model.probe import HttpProbe
from cloudkit.model.progress import Listener, Phase, Progress, silent
from cloudkit.model.reference import Reference

__all__ = ["HUB_IMAGE", "MADE_IMAGE", "registry_domain", "registry_image", "registry_spec"]

PORT = 5000
DATA = "/var/lib/registry"
HUB_IMAGE = Reference.parse("registry:3")
MADE_IMAGE = Reference.parse("cloudkit/registry:1")
"""Made where no hub answers; its tag counts the changes of the Dockerfile below."""

DOCKERFILE = f"""\
FROM debian:bookworm-slim
RUN apt-get update -q \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends docker-registry \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/* /var/log/*
RUN printf '%s\\n' 'version: 0.1' 'log: {{level: info}}' \\
    'storage: {{filesystem: {{rootdirectory: {DATA}}}, cache: {{blobdescriptor: inmemory}}}}' \\
    'http: {{addr: ":{PORT}"}}' > /etc/docker/registry/config.yml
RUN install -d -o docker-registry -g docker-registry {DATA}
USER docker-registry
VOLUME {DATA}
EXPOSE {PORT}
ENTRYPOINT ["docker-registry"]
CMD ["serve", "/etc/docker/registry/config.yml"]
"""
SETTINGS = {
    "REGISTRY_STORAGE_DELETE_ENABLED": "true",  # else nothing that was pushed can go away again
    "REGISTRY_HTTP_RELATIVEURLS": "true",  # it is asked by more than one name: on loopback, and by other apps
    "OTEL_TRACES_EXPORTER": "none",  # version 3 looks for a collector otherwise
}


def registry_image(images: ImageStore, *, listener: Listener = silent) -> ImageState:
    """Return an image with a registry in it, which is in the store then.

    The hub's image is taken where it is here or the hub answers; otherwise one is built from Debian's package, and
    the listener is told so.

    Raises:
        BuildError: The hub does not answer, and no Debian mirror either.
    """
    for reference in (HUB_IMAGE, MADE_IMAGE):
        try:
            return images.find(reference)
        except NotFoundError:
            continue
    try:
        return images.pull(HUB_IMAGE, listener=listener)
    except RegistryError as error:
        message = f"{HUB_IMAGE.familiar} cannot be fetched ({error.summary}); it is built from Debian's package"
        listener(Progress(phase=Phase.NOTICE, item=MADE_IMAGE.familiar, message=message))
    from tempfile import TemporaryDirectory  # slow to load, and needed only where no hub answers

    with TemporaryDirectory() as empty:
        spec = BuildSpec(context=Path(empty), dockerfile_text=DOCKERFILE, tags=(MADE_IMAGE,))
        return images.build(spec, listener=listener)


def registry_spec(
    name: str, image: Reference, *, port: int = PORT, host: str = LOOPBACK, volume: str | None = None
) -> AppSpec:
    """Return the app that a registry is.

    Args:
        name: The app's name.
        image: What it runs, as `registry_image` returns it.
        port: The port of the host; engines speak plain HTTP with it as long as it is on loopback.
        host: The address of the host.
        volume: Where the images stay, also when the app is deleted; None is the app's name with ``-data``.

    >>> spec = registry_spec("registry", HUB_IMAGE)
    >>> spec.ports[0].publish, spec.mounts[0].source
    (5000, 'registry-data')
    """
    return AppSpec(
        name=name,
        image=image,
        env=SETTINGS,
        ports=(Port(number=PORT, publish=port, host=host, protocol="tcp"),),
        readiness=HttpProbe(path="/v2/"),
        mounts=(Mount(target=DATA, source=volume or f"{name}-data"),),
        drop=("ALL",),
    )


def registry_domain(port: int, host: str = LOOPBACK) -> str:
    """Return the domain of references at a local registry.

    >>> registry_domain(5000)
    'localhost:5000'
    """
    return f"localhost:{port}" if host == LOOPBACK else f"{host}:{port}"
