"""The image store of the twin, and the registry that it pulls from and pushes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cloudkit.backends.memory.archive import read_archive, write_archive
from cloudkit.backends.memory.clock import Clock
from cloudkit.backends.memory.content import Content, described, written
from cloudkit.backends.memory.program import Behaviour, Program
from cloudkit.backends.memory.recipe import Recipe, digest_of_context, dockerfile_of
from cloudkit.errors import BuildError, NotFoundError, RegistryError
from cloudkit.model.build import BuildSpec
from cloudkit.model.image import ImageState
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.reference import Digest, Reference

if TYPE_CHECKING:
    from cloudkit.backends.memory.faults import Faults

__all__ = ["Images"]


@dataclass(slots=True)
class Shelf:
    """Images by digest, and names that point at them."""

    contents: dict[Digest, Content] = field(default_factory=dict)
    names: dict[Reference, Digest] = field(default_factory=dict)

    def put(self, content: Content, *names: Reference) -> None:
        """Keep an image under some names."""
        self.contents[content.digest] = content
        self.names |= dict.fromkeys(names, content.digest)

    def get(self, reference: Reference) -> Content | None:
        """Return the image of a name or digest; None when it is not there."""
        digest = reference.digest or self.names.get(_unpinned(reference))
        return self.contents.get(digest) if digest else None


class Images:
    """An image store that behaves as an engine's, in memory; its registry has every image that no fault takes away."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._store = Shelf()
        self._registry = Shelf()
        self._behaviours: dict[Reference, Behaviour] = {}
        self._by_digest: dict[Digest, Behaviour] = {}
        self._editions = 0

    def offer(self, reference: Reference, behaviour: Behaviour, *, ports: tuple[int, ...] = ()) -> Reference:
        """Let the registry have an image that behaves so; offering it again moves the tag to a new image."""
        self._editions += 1
        content = written(f"{reference} edition {self._editions}", ports=ports)
        self._registry.put(content, reference)
        self._behaviours[reference] = self._by_digest[content.digest] = behaviour
        return reference

    def behaviour(self, reference: Reference, env: Mapping[str, str]) -> Program:
        """Return what an image does in an environment."""
        known = self._by_digest.get(reference.digest) if reference.digest else None
        behaviour = known or self._behaviours.get(_unpinned(reference)) or Program()
        return behaviour if isinstance(behaviour, Program) else behaviour(env)

    def holds(self, reference: Reference) -> bool:
        """Tell whether an image is here to be run."""
        return self._store.get(reference) is not None and not self._faults.is_missing(reference)

    def build(self, spec: BuildSpec, *, listener: Listener) -> ImageState:
        """Follow a Dockerfile; of equal content the digest is equal."""
        recipe, steps = Recipe(), dockerfile_of(spec).instructions
        for number, step in enumerate(steps, 1):
            if step.keyword == "FROM" and self._faults.is_missing(Reference.parse(step.words[0])):
                raise BuildError(f"step {step.text!r} failed: the image is not found", step=step.text, line=step.line)
            recipe.follow(step, spec.context)
            listener(_progress(Phase.BUILD, str(number), step.text, current=number, total=len(steps), unit="steps"))
        content = written(
            digest_of_context(spec), labels=spec.labels, user=recipe.user, entrypoint=recipe.entrypoint,
            command=recipe.command, ports=recipe.ports, platform=next(iter(spec.platforms), "linux/amd64"),
        )  # fmt: skip
        self._store.put(content, *spec.tags)
        behaviour = next((self._behaviours[tag] for tag in spec.tags if tag in self._behaviours), None)
        if behaviour is not None:
            self._by_digest[content.digest] = behaviour
        return self._state(content, next(iter(spec.tags), None))

    def pull(self, reference: Reference, *, platform: str | None = None, listener: Listener) -> ImageState:
        """Fetch an image; one that nobody published is the default program's."""
        if self._faults.is_missing(reference):
            raise _unknown(reference)
        content = self._registry.get(reference)
        if content is None:
            if reference.digest is not None:
                raise _unknown(reference)
            content = written(str(reference), platform=platform or "linux/amd64")
            self._registry.put(content, _unpinned(reference))
        listener(_progress(Phase.PULL, content.digest.short, "Pull complete"))
        self._store.put(content, *((_unpinned(reference),) if reference.tag else ()))
        return self._state(content, reference)

    def push(self, reference: Reference, *, listener: Listener) -> ImageState:
        """Send an image to the registry."""
        content = self._found(reference)
        self._registry.put(content, _unpinned(reference))
        listener(_progress(Phase.PUSH, content.digest.short, "Pushed"))
        return self._state(content, reference)

    def publish(self, image: ImageState, *, push: bool = True, listener: Listener) -> Reference:  # noqa: ARG002
        """Return the image's own reference: replicas run what is here."""
        return image.reference

    def find(self, reference: Reference) -> ImageState:
        """Return an image that is here."""
        return self._state(self._found(reference), reference)

    def images(self) -> tuple[ImageState, ...]:
        """Return the images that have a name here."""
        named = sorted(self._store.names.items(), key=lambda item: str(item[0]))
        first = {digest: name for name, digest in reversed(named)}
        return tuple(self._state(self._store.contents[digest], name) for digest, name in reversed(first.items()))

    def tag(self, image: ImageState, reference: Reference) -> ImageState:
        """Give an image one more name."""
        content = self._found(image.reference.pinned(image.digest))
        self._store.put(content, _unpinned(reference))
        return self._state(content, reference)

    def remove(self, reference: Reference) -> None:
        """Take a name away, and the image with its last name."""
        content = self._store.get(reference)
        if content is None:
            return
        self._store.names.pop(_unpinned(reference), None)
        if content.digest not in self._store.names.values():
            self._store.contents.pop(content.digest, None)

    def save(self, images: tuple[ImageState, ...], path: Path, *, layout: str, listener: Listener) -> Path:
        """Write images to a file."""
        named = [(self._found(one.reference.pinned(one.digest)), self._names(one.digest)) for one in images]
        write_archive(named, path, layout)
        for content, _names in named:
            listener(_progress(Phase.SAVE, content.digest.short, "Saved"))
        return path

    def load(self, path: Path, *, listener: Listener) -> tuple[ImageState, ...]:
        """Read images from a file or folder."""
        states = []
        for content, names in read_archive(path):
            self._store.put(content, *names)
            states.append(self._state(content, next(iter(names), None)))
            listener(_progress(Phase.LOAD, content.digest.short, "Loaded"))
        return tuple(states)

    def _found(self, reference: Reference) -> Content:
        content = self._store.get(reference)
        if content is None or self._faults.is_missing(reference):
            raise NotFoundError(f"image {reference} is not here", hint=f"cloudkit pull {reference.familiar}")
        return content

    def _names(self, digest: Digest) -> tuple[Reference, ...]:
        return tuple(sorted((name for name, known in self._store.names.items() if known == digest), key=str))

    def _state(self, content: Content, reference: Reference | None) -> ImageState:
        return described(content, reference, self._names(content.digest))


def _unpinned(reference: Reference) -> Reference:
    return Reference(domain=reference.domain, path=reference.path, tag=reference.tag or "latest")


def _unknown(reference: Reference) -> RegistryError:
    summary = f"{reference} is not in its registry"
    return RegistryError(summary, oci_code="MANIFEST_UNKNOWN", status=404, hint="check the name and the tag")


def _progress(
    phase: Phase, item: str, message: str, *, current: int | None = None, total: int | None = None, unit: str = ""
) -> Progress:
    return Progress(phase=phase, item=item, message=message, current=current, total=total, unit=unit, done=True)
