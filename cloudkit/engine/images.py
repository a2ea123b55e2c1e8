"""The images of an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cloudkit.engine import archive, transfer
from cloudkit.engine.connect import Engine
from cloudkit.engine.errors import translate
from cloudkit.engine.inspect import image_state
from cloudkit.errors import ConflictError, NotFoundError, UsageError
from cloudkit.model.build import BuildSpec
from cloudkit.model.image import ImageState
from cloudkit.model.progress import Listener, silent
from cloudkit.model.reference import Digest, Reference

__all__ = ["EngineImages"]


class EngineImages:
    """The image store of one engine.

    Args:
        engine: The connection.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def build(self, spec: BuildSpec, *, listener: Listener = silent) -> ImageState:
        """Build an image; raise ``BuildError`` with the step, its line and its log when a step fails."""
        from cloudkit.engine.builder import build

        return build(self._engine, spec, listener=listener)

    def pull(self, reference: Reference, *, platform: str | None = None, listener: Listener = silent) -> ImageState:
        """Fetch an image from its registry, with the credentials of docker's configuration.

        The result is pinned by the digest that the registry has for the reference.
        """
        digest = transfer.pull(self._engine, reference, platform=platform, listener=listener)
        state = self.find(reference)
        return state if digest is None else _pinned(state, reference, digest)

    def push(self, reference: Reference, *, listener: Listener = silent) -> ImageState:
        """Send an image to its registry; the result's digest is the one that the registry has.

        Raises:
            ConflictError: The reference is pinned, and its tag means another image here.
        """
        self._check_tag(reference)
        digest = transfer.push(self._engine, reference, listener=listener)
        return _pinned(self.find(replace(reference, digest=None)), reference, digest)

    def publish(self, image: ImageState, *, push: bool = True, listener: Listener = silent) -> Reference:  # noqa: ARG002
        """Return the image's own reference: an engine's replicas run what it holds."""
        return image.reference

    def find(self, reference: Reference) -> ImageState:
        """Return an image that is here, by its tag, its repository's digest or its id.

        A digest goes before a tag: what it names is found though the tag has moved on.
        """
        attrs = self._inspect(reference)
        if attrs is None:
            missing = f"image {reference.familiar} is not on this engine"
            raise NotFoundError(missing, hint=f"docker pull {reference.familiar}")
        state = image_state(attrs, reference)
        return state if reference.digest is None else _pinned(state, reference, reference.digest)

    def images(self) -> tuple[ImageState, ...]:
        """Return the images that have a name here, by that name."""
        with translate("list images"):
            listed = self._engine.api.images(filters={"dangling": False})
        found = [attrs for entry in listed if entry.get("RepoTags") and (attrs := self._attrs(entry["Id"]))]
        return tuple(sorted((image_state(attrs) for attrs in found), key=lambda state: str(state.reference)))

    def tag(self, image: ImageState, reference: Reference) -> ImageState:
        """Give an image one more name."""
        if reference.tag is None:
            raise UsageError(f"cannot tag with {reference}: it has no tag")
        attrs = self._inspect(image.reference)
        if attrs is None:
            raise NotFoundError(f"image {image.reference.familiar} is not on this engine")
        with translate(f"tag {image.reference.familiar} as {reference.familiar}"):
            self._engine.api.tag(attrs["Id"], reference.repository, reference.tag)
        return self.find(replace(reference, digest=None))

    def remove(self, reference: Reference) -> None:
        """Take a name away, and the image with its last name; a missing one is no error.

        A pinned name is taken away only while it means what it is pinned to.
        """
        attrs = self._inspect(reference)
        if attrs is None:
            return
        name = reference.familiar
        if reference.digest is not None:
            tagged = reference.tag is not None and self._attrs(_tagged(reference))
            name = self._pinned_name(reference)
            if tagged and tagged["Id"] == attrs["Id"]:
                name = _tagged(reference)
        try:
            with translate(f"remove image {reference.familiar}"):
                self._engine.api.remove_image(name)
        except NotFoundError:
            return

    def save(
        self, images: tuple[ImageState, ...], path: Path, *, layout: str = "oci", listener: Listener = silent
    ) -> Path:
        """Write images to a file as ``oci`` layout or ``docker`` archive, checked, and whole or not at all."""
        if not images:
            raise UsageError("cannot save: no image is given")
        named = [(self._id(image), _file_names(image)) for image in images]
        return archive.save(self._engine, named, path, form=layout, listener=listener)

    def load(self, path: Path, *, listener: Listener = silent) -> tuple[ImageState, ...]:
        """Read images from such a file or folder; refuse what does not match its digest."""
        found = archive.load(self._engine, path, listener=listener, inspect=self._id_of)
        return tuple(self._state(name, digest) for name, digest in found)

    def _state(self, name: Reference | None, image_id: Digest) -> ImageState:
        attrs = self._attrs(str(image_id))
        if attrs is None:
            raise ConflictError(f"image {image_id} was removed while it was loaded")
        return image_state(attrs, name)

    def _id(self, image: ImageState) -> str:
        attrs = self._inspect(image.reference)
        if attrs is None:
            raise NotFoundError(f"image {image.reference.familiar} is not on this engine")
        return str(attrs["Id"])

    def _id_of(self, name: str) -> str | None:
        attrs = self._attrs(name)
        return str(attrs["Id"]) if attrs else None

    def _check_tag(self, reference: Reference) -> None:
        """Refuse to push by a tag what it does not mean."""
        if reference.digest is None or reference.tag is None:
            return
        pinned, tagged = self._inspect(reference), self._attrs(_tagged(reference))
        if pinned and tagged and pinned["Id"] != tagged["Id"]:
            hint = f"tag it again: docker tag {reference.digest} {_tagged(reference)}"
            raise ConflictError(f"{_tagged(reference)} is no longer {reference.digest}", hint=hint)

    def _inspect(self, reference: Reference) -> Mapping[str, Any] | None:
        """Return what the engine says of an image, None when it has none."""
        if reference.digest is None:
            return self._attrs(reference.familiar)
        return self._attrs(self._by_repository(reference)) or self._attrs(str(reference.digest))

    def _pinned_name(self, reference: Reference) -> str:
        by_repository = self._by_repository(reference)
        return by_repository if self._attrs(by_repository) else str(reference.digest)

    def _by_repository(self, reference: Reference) -> str:
        return replace(reference, tag=None).familiar

    def _attrs(self, name: str) -> Mapping[str, Any] | None:
        try:
            with translate(f"look at image {name}"):
                attrs: Mapping[str, Any] = self._engine.client.images.get(name).attrs
                return attrs
        except NotFoundError:
            return None


def _pinned(state: ImageState, reference: Reference, digest: Digest) -> ImageState:
    return replace(state, reference=reference.pinned(digest), digest=digest)


def _tagged(reference: Reference) -> str:
    return replace(reference, digest=None).familiar


def _file_names(image: ImageState) -> tuple[Reference, ...]:
    """Return what an image is called in a file: the name that it was asked for by, else all its tags."""
    return (replace(image.reference, digest=None),) if image.reference.tag else image.tags
