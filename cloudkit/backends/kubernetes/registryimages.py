"""Images for the nodes of a cluster where no engine is: built by a BuildKit, kept by the cloud's registry alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cloudkit.backends.kubernetes.fitting import platforms_at, refuse_unfit
from cloudkit.backends.kubernetes.images import PATIENCE, SET_REGISTRY, at_registry, is_at_registry, registry_name
from cloudkit.errors import NotFoundError, UnsupportedError, UsageError
from cloudkit.model.image import ImageState
from cloudkit.model.progress import Listener, Phase, Progress, silent
from cloudkit.model.reference import Reference

if TYPE_CHECKING:
    from cloudkit.config.builder import Builder
    from cloudkit.model.build import BuildSpec
    from cloudkit.registry.bundle import Bundle, StoredImage
    from cloudkit.registry.manifest import Descriptor

__all__ = ["RegistryImages"]

ENGINE = "unset CLOUDKIT_BUILDER, with an engine here"


class RegistryImages:
    """The image store of a cluster beside which no engine is.

    Args:
        builder: The BuildKit that builds.
        registry: Where images go, such as ``localhost:5000``; empty is nowhere.
        nodes: Says what the cluster's nodes are, such as ``linux/amd64``; nothing where it cannot tell.
        reach: Gives the BuildKit an address on this machine while a block lasts; None where it has one.
    """

    def __init__(
        self,
        builder: Builder,
        registry: str = "",
        *,
        nodes: Callable[[], frozenset[str]] = frozenset,
        reach: Callable[[Listener], AbstractContextManager[Builder]] | None = None,
    ) -> None:
        self.builder = builder
        self.registry = registry
        self._nodes = nodes
        self._reach = reach

    def build(self, spec: BuildSpec, *, listener: Listener = silent) -> ImageState:
        """Build an image at the BuildKit and send it to the cloud's registry, by each of its names."""
        self._check_registry()
        from cloudkit.engine.remote import build_remotely
        from cloudkit.registry.imagefile import open_bundle

        with tempfile.TemporaryDirectory(prefix="cloudkit-image-") as folder:
            path = Path(folder) / "image.tar"
            with self._reach(listener) if self._reach else nullcontext(self.builder) as builder:
                build_remotely(builder, replace(spec, tags=()), path, listener=listener)
            with open_bundle(path) as bundle:
                return self._sent(bundle, bundle.images[0], spec.tags, listener)

    def pull(self, reference: Reference, *, platform: str | None = None, listener: Listener = silent) -> ImageState:  # noqa: ARG002 # nothing is fetched: nodes do
        """Ask the image's own registry what the nodes would pull."""
        return at_registry(reference)

    def push(self, reference: Reference, *, listener: Listener = silent) -> ImageState:  # noqa: ARG002 # it is there
        """Return an image of the cloud's registry; what was built is there already."""
        named = self._named(reference)
        if named is None or named.domain != reference.domain:
            message = (
                f"cannot push to {reference.domain}: a build without an engine is at {self.registry or 'no registry'}"
            )
            raise UnsupportedError(message, capability="push", hint=f"CLOUDKIT_REGISTRY={reference.domain}, then build")
        return at_registry(named)

    def publish(self, image: ImageState, *, push: bool = True, listener: Listener = silent) -> Reference:  # noqa: ARG002 # it is there
        """Return the pinned reference that nodes pull an image by.

        Raises:
            NotFoundError: No registry that answers has it, or it is for other platforms than any node's.
        """
        reference = image.reference.pinned(image.digest)
        unknown = False
        for name in self._names(reference):
            there = is_at_registry(name)
            if there:
                refuse_unfit(name, platforms_at(name, timeout=PATIENCE), self._nodes())
                return name
            unknown = there is None
        if unknown:
            return reference  # nobody here can tell: the nodes will
        raise self._missing(reference)

    def find(self, reference: Reference) -> ImageState:
        """Return an image of the cloud's registry, or of its own; one with a digest is taken as it is."""
        if reference.digest is not None:
            return ImageState(reference=reference, digest=reference.digest)
        names = self._names(reference)
        for name in names[:-1]:
            try:
                return at_registry(name)
            except NotFoundError:
                continue
        try:
            return at_registry(names[-1])
        except NotFoundError as error:
            raise self._missing(reference) from error

    def images(self) -> tuple[ImageState, ...]:
        """Refuse: a registry does not say what all it has."""
        self._refuse("list images", "images", f"curl {self.registry or 'REGISTRY'}/v2/_catalog")

    def tag(self, image: ImageState, reference: Reference) -> ImageState:
        """Give an image one more tag in its repository."""
        named = self._named(reference) or reference
        if named.repository != image.reference.repository:
            self._refuse(f"tag {image.reference.familiar} as {reference.familiar}", "tag", "build it with that tag")
        from cloudkit.registry.client import RegistryClient

        with RegistryClient(named.domain) as client:
            client.put(replace(named, digest=None), client.manifest(replace(named, tag=None, digest=image.digest)))
        return replace(image, reference=named.pinned(image.digest))

    def remove(self, reference: Reference) -> None:
        """Refuse: other names may mean what a registry would delete."""
        self._refuse(f"remove {reference.familiar}", "remove", f"delete it at {self.registry or reference.domain}")

    def save(
        self,
        images: tuple[ImageState, ...],  # noqa: ARG002 # refused whatever they are
        path: Path,
        *,
        layout: str = "oci",  # noqa: ARG002
        listener: Listener = silent,  # noqa: ARG002
    ) -> Path:
        """Refuse: it takes an engine."""
        self._refuse(f"save to {path}", "save", ENGINE)

    def load(self, path: Path, *, listener: Listener = silent) -> tuple[ImageState, ...]:
        """Read images from a file and send them to the cloud's registry."""
        self._check_registry()
        from cloudkit.registry.compression import Limits
        from cloudkit.registry.imagefile import open_bundle

        with open_bundle(path) as bundle:
            bundle.check(Limits())
            return tuple(self._sent(bundle, image, image.names, listener) for image in bundle.images)

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _sent(self, bundle: Bundle, image: StoredImage, tags: tuple[Reference, ...], listener: Listener) -> ImageState:
        from cloudkit.engine.inspect import image_state
        from cloudkit.registry.client import RegistryClient
        from cloudkit.registry.document import read_object
        from cloudkit.registry.sending import send

        def sent(descriptor: Descriptor) -> None:
            listener(Progress(phase=Phase.PUSH, item=descriptor.digest.short, message="Pushed", done=True))

        untagged = Reference.parse(f"untagged@{image.target.digest}")
        names = [name for tag in tags or (untagged,) if (name := self._named(tag))]
        with RegistryClient(names[0].domain) as client:
            pinned = [send(client, bundle, image, name, sent) for name in names]
        config = bundle.manifests(image.target)[0].config
        told = read_object(bundle.read(config), str(config))
        keys = {
            "Os": "os",
            "Architecture": "architecture",
            "Variant": "variant",
            "Created": "created",
            "Config": "config",
        }
        attrs = {key: told.get(name) for key, name in keys.items()} | {"Id": str(image.target.digest)}
        state = image_state(attrs, pinned[0])
        return replace(state, reference=pinned[0], digest=image.target.digest, tags=tuple(tags and names))

    def _named(self, reference: Reference) -> Reference | None:
        """Return what an image is called at the cloud's registry; None where there is none."""
        if reference.domain == self.registry.partition("/")[0]:
            return reference
        return registry_name(self.registry, reference) if self.registry else None

    def _names(self, reference: Reference) -> tuple[Reference, ...]:
        return tuple(dict.fromkeys((self._named(reference) or reference, reference)))

    def _check_registry(self) -> None:
        if not self.registry:
            message = f"cannot build at {self.builder}: no registry is set that keeps what comes of it"
            raise UsageError(message, hint=SET_REGISTRY)

    def _missing(self, reference: Reference) -> NotFoundError:
        where = " nor at ".join(dict.fromkeys(name.domain for name in self._names(reference)))
        message = f"image {reference.familiar} is not at {where}"
        return NotFoundError(message, hint=f"cloudkit build . -t {reference.familiar.partition('@')[0]}")

    def _refuse(self, what: str, capability: str, hint: str) -> NoReturn:
        message = f"cannot {what}: images are built at {self.builder} and kept by a registry, no engine is asked"
        raise UnsupportedError(message, capability=capability, hint=hint)
