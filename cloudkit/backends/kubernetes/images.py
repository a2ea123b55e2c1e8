"""Images for the nodes of a cluster: built and kept on a local engine, pulled by the nodes from a registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.fitting import platforms_at, refuse_unfit
from cloudkit.errors import (
    AccessError,
    BackendError,
    CloudkitError,
    ConfigError,
    NotFoundError,
    RegistryError,
    UsageError,
)
from cloudkit.model.image import ImageState
from cloudkit.model.progress import Listener, silent
from cloudkit.model.reference import DEFAULT_DOMAIN, Reference

if TYPE_CHECKING:
    from cloudkit.engine.connect import Engine
    from cloudkit.engine.images import EngineImages
    from cloudkit.model.build import BuildSpec

__all__ = ["SET_REGISTRY", "ClusterImages", "at_registry", "is_at_registry", "registry_name"]

SET_REGISTRY = 'CLOUDKIT_REGISTRY=localhost:5000, or --registry, or Cloud("kubernetes", registry=...)'
SET_BUILDER = "an engine here (cloudkit doctor), CLOUDKIT_HOST=ssh://user@host, or CLOUDKIT_BUILDER=kubernetes"
PATIENCE = 5.0  # seconds that a registry may take to say whether it has an image
_SILENT = (AccessError, RegistryError)  # what a registry says that tells nothing of the image


class ClusterImages:
    """The image store of a cluster: what an engine has, and what registries have for its nodes.

    Args:
        connect: Reaches the engine; called when it is first needed, which is never for an image that a registry has.
        registry: Where images that only the engine has are sent, such as ``localhost:5000``; empty is nowhere.
        nodes: Says what the cluster's nodes are, such as ``linux/amd64``; nothing where it cannot tell.
    """

    def __init__(
        self,
        connect: Callable[[], Engine],
        registry: str = "",
        *,
        nodes: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self.registry = registry
        self._nodes = nodes
        self._connect = connect
        self._connecting = Lock()
        self._engine: Engine | None = None

    def build(self, spec: BuildSpec, *, listener: Listener = silent) -> ImageState:
        """Build an image on the engine; where there is none, say what else builds."""
        try:
            store = self._store()
        except (BackendError, ConfigError) as error:
            message = "cannot build: no engine is here, and no BuildKit is named that builds in its place"
            raise BackendError(message, evidence=(error.summary, *error.evidence), hint=SET_BUILDER) from error
        return store.build(spec, listener=listener)

    def pull(self, reference: Reference, *, platform: str | None = None, listener: Listener = silent) -> ImageState:
        """Fetch an image to the engine; where there is none, ask the registry what the nodes would pull."""
        try:
            store = self._store()
        except (BackendError, ConfigError) as error:
            return _without_engine(reference, error)
        return store.pull(reference, platform=platform, listener=listener)

    def push(self, reference: Reference, *, listener: Listener = silent) -> ImageState:
        """Send an image from the engine to its registry."""
        return self._store().push(reference, listener=listener)

    def publish(self, image: ImageState, *, push: bool = True, listener: Listener = silent) -> Reference:
        """Return the pinned reference that nodes pull an image by.

        An image that its own registry has is pulled from there; one that the engine alone has goes to the cloud's.

        Raises:
            NotFoundError: It is nowhere, only on the engine and ``push`` is False, or for other nodes than are there.
            UsageError: It is only on the engine, and no registry is configured.
        """
        reference = image.reference.pinned(image.digest)
        named = self._named(reference)
        unknown = False
        for name in dict.fromkeys((named or reference, reference)):
            there = is_at_registry(name)
            if there:
                refuse_unfit(name, platforms_at(name, timeout=PATIENCE), self._nodes())
                return name
            unknown = there is None
        if not self._is_here(reference):
            if unknown:
                return reference  # nobody here can tell: the nodes will
            message = f"image {reference.familiar} is neither at {reference.domain} nor on the engine"
            raise NotFoundError(message, hint=f"cloudkit pull {reference.familiar}")
        if named is None:
            message = f"image {reference.familiar} is on the engine only, and the cluster's nodes pull from a registry"
            raise UsageError(message, hint=SET_REGISTRY)
        return self._sent(image, named, push=push, listener=listener)

    def find(self, reference: Reference) -> ImageState:
        """Return an image that is on the engine, or else at its registry; one with a digest is taken as it is."""
        if reference.digest is not None:
            return ImageState(reference=reference, digest=reference.digest)
        try:
            return self._store().find(reference)
        except (NotFoundError, BackendError, ConfigError) as error:
            try:
                return at_registry(reference)
            except CloudkitError:
                raise _missing(reference) from error

    def images(self) -> tuple[ImageState, ...]:
        """Return the images of the engine that have a name."""
        return self._store().images()

    def tag(self, image: ImageState, reference: Reference) -> ImageState:
        """Give an image of the engine one more name."""
        return self._store().tag(image, reference)

    def remove(self, reference: Reference) -> None:
        """Take a name away on the engine."""
        self._store().remove(reference)

    def save(
        self, images: tuple[ImageState, ...], path: Path, *, layout: str = "oci", listener: Listener = silent
    ) -> Path:
        """Write images of the engine to a file."""
        return self._store().save(images, path, layout=layout, listener=listener)

    def load(self, path: Path, *, listener: Listener = silent) -> tuple[ImageState, ...]:
        """Read images from a file into the engine."""
        return self._store().load(path, listener=listener)

    def close(self) -> None:
        """Let go of the engine; calling it twice is no error."""
        with self._connecting:
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    def _store(self) -> EngineImages:
        from cloudkit.engine.images import EngineImages

        with self._connecting:
            if self._engine is None:
                self._engine = self._connect()
            return EngineImages(self._engine)

    def _is_here(self, reference: Reference) -> bool:
        try:
            self._store().find(reference)
        except (NotFoundError, BackendError, ConfigError):
            return False
        return True

    def _named(self, reference: Reference) -> Reference | None:
        """Return what an image is called at the cloud's registry; None where there is none."""
        if reference.domain == self.registry.partition("/")[0]:
            return reference
        return registry_name(self.registry, reference) if self.registry else None

    def _sent(self, image: ImageState, named: Reference, *, push: bool, listener: Listener) -> Reference:
        if not push:
            message = f"image {image.reference.familiar} is not at {named.domain} yet, and a plan sends nothing"
            raise NotFoundError(message, hint="the same without planning, or push() the image first")
        store = self._store()
        tagged = store.tag(image, named if named.tag else replace(named, tag=image.digest.short)).reference
        return tagged if is_at_registry(tagged) else store.push(tagged, listener=listener).reference


def registry_name(registry: str, reference: Reference) -> Reference:
    """Return what an image is called at the cloud's registry; without a tag it gets one of its digest.

    >>> str(registry_name("localhost:5000", Reference.parse("web:1")))
    'localhost:5000/web:1'
    >>> str(registry_name("registry.example/team", Reference.parse("ghcr.io/acme/shop:2")))
    'registry.example/team/acme/shop:2'
    """
    domain, _, prefix = registry.partition("/")
    official = "library/" if reference.domain == DEFAULT_DOMAIN else ""
    path = reference.path.removeprefix(official)
    tag = reference.tag or (reference.digest.short if reference.digest else None)
    return replace(reference, domain=domain, path=f"{prefix}/{path}" if prefix else path, tag=tag)


def at_registry(reference: Reference) -> ImageState:
    """Return what a reference means at its registry."""
    from cloudkit.registry.client import RegistryClient

    with RegistryClient(reference.domain, timeout=PATIENCE) as client:
        digest = client.resolve(reference).digest
    return ImageState(reference=reference.pinned(digest), digest=digest)


def _without_engine(reference: Reference, error: CloudkitError) -> ImageState:
    """Return what a reference means at its registry; where that cannot tell either, say that the engine is missing."""
    try:
        return at_registry(reference)
    except RegistryError as unanswered:
        message = f"image {reference.familiar} cannot be found: there is no engine that may have it, and no registry"
        evidence = (error.summary, unanswered.summary)
        raise NotFoundError(message, evidence=evidence, hint=error.hint) from error


def is_at_registry(reference: Reference) -> bool | None:
    """Tell whether a registry has an image; None when it does not say."""
    try:
        at_registry(replace(reference, tag=None))
    except NotFoundError:
        return False
    except _SILENT:
        return None
    return True


def _missing(reference: Reference) -> NotFoundError:
    message = f"image {reference.familiar} is neither on an engine nor at {reference.domain}"
    return NotFoundError(message, hint=f"cloudkit pull {reference.familiar}")
