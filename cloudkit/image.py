"""The handles of images: what could be built, and what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, Self, Unpack

from cloudkit.app import App
from cloudkit.errors import UsageError
from cloudkit.model.build import BuildSpec
from cloudkit.model.build_options import BuildOptions, build_spec
from cloudkit.model.calling import noted
from cloudkit.model.finding import Finding
from cloudkit.model.image import ImageState
from cloudkit.model.options import AppOptions, spec_from
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.steps import Recipe
from cloudkit.model.task import TaskResult
from cloudkit.model.task_options import TaskOptions, task_spec
from cloudkit.session import Session

__all__ = ["BuiltImage", "Image"]


_OF_BUILT = frozenset({"deploy", "digest", "push", "reference", "save", "state", "tag"})


@dataclass(frozen=True, slots=True, repr=False)
class Image:
    """An image that can be built or pulled: a build context, a reference, or steps described in Python.

    Every step method returns a new value; nothing is built before ``build``.
    """

    _session: Session
    source: Path | Reference | Recipe

    def __repr__(self) -> str:
        return f"<Image {self.source.base if isinstance(self.source, Recipe) else self.source}>"

    @property
    def dockerfile(self) -> str:
        """The Dockerfile that a described image means."""
        return self._recipe().dockerfile

    def run(self, *commands: str) -> Self:
        """Add a step that runs commands in a shell, in one layer."""
        return self._with(self._recipe().run(*commands))

    def copy(self, source: str, target: str, *, chown: str | None = None) -> Self:
        """Add a step that copies files of the context: the current folder, or what ``context`` says."""
        return self._with(self._recipe().copy(source, target, chown=chown))

    def context(self, folder: str | Path) -> Self:
        """Set the folder that ``copy`` copies from."""
        return self._with(replace(self._recipe(), context=Path(folder)))

    def env(self, **variables: str) -> Self:
        """Add environment variables."""
        return self._with(self._recipe().env(**variables))

    def workdir(self, path: str) -> Self:
        """Set the folder of the steps that follow and of the image's command."""
        return self._with(self._recipe().workdir(path))

    def user(self, user: str) -> Self:
        """Set the user of the steps that follow and of the image's command."""
        return self._with(self._recipe().user(user))

    def expose(self, *ports: int) -> Self:
        """Say which ports the image listens on."""
        return self._with(self._recipe().expose(*ports))

    def label(self, labels: Mapping[str, str] | None = None, /, **more: str) -> Self:
        """Add labels."""
        return self._with(self._recipe().label(labels, **more))

    def entrypoint(self, *command: str) -> Self:
        """Set the ENTRYPOINT."""
        return self._with(self._recipe().entrypoint(*command))

    def cmd(self, *command: str) -> Self:
        """Set the CMD."""
        return self._with(self._recipe().cmd(*command))

    def lint(self, **options: Unpack[BuildOptions]) -> tuple[Finding, ...]:
        """Say what is likely wrong with the build, with the fix of each."""
        from cloudkit.engine.lint import lint

        with self._spec(options) as spec:
            return lint(spec)

    @noted
    def build(self, **options: Unpack[BuildOptions]) -> BuiltImage:
        """Build the image.

        Args:
            options: As those of ``Cloud.build``.

        Raises:
            BuildError: A step failed; the error carries the step, its line and the end of its log.
        """
        session = self._session
        with session.operation("build") as note, self._spec(options) as spec:
            state = session.backend.images.build(spec, listener=session.listener)
            note.image = str(state.digest)
            return BuiltImage(session, state)

    @noted
    def pull(self, *, platform: str | None = None) -> BuiltImage:
        """Fetch the image from its registry.

        Args:
            platform: Such as ``linux/arm64``; the engine's own where not given.
        """
        if not isinstance(self.source, Reference):
            message = f"{self!r} has no reference to pull: it is built"
            raise UsageError(message, hint=".build()")
        with self._session.operation("pull") as note:
            images = self._session.backend.images
            state = images.pull(self.source, platform=platform, listener=self._session.listener)
            note.image = str(state.digest)
            return BuiltImage(self._session, state)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            """Say what is missing where somebody asks for what only a built image can do."""
            if name in _OF_BUILT:
                made = "pull" if isinstance(self.source, Reference) else "build"
                message = f"{self!r} is not there yet: {name} is what a built or a pulled image has"
                raise UsageError(message, hint=f".{made}().{name}")
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message)

    def _recipe(self) -> Recipe:
        if isinstance(self.source, Recipe):
            return self.source
        if isinstance(self.source, Reference):
            return Recipe(base=self.source)
        message = f"{self!r} is a build context: its Dockerfile says how it is built"
        raise UsageError(message, hint='cloud.image("python:3.13-slim").run(...)')

    @contextmanager
    def _spec(self, options: BuildOptions) -> Iterator[BuildSpec]:
        """Return the build that is meant; a description that copies nothing gets an empty folder for its time."""
        if isinstance(self.source, Path):
            yield build_spec(self.source, options)
            return
        recipe = self._recipe()
        if recipe.copies:
            yield build_spec(recipe.context or Path(), options, dockerfile_text=recipe.dockerfile)
            return
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="cloudkit-") as folder:
            yield build_spec(Path(folder), options, dockerfile_text=recipe.dockerfile)

    def _with(self, recipe: Recipe) -> Self:
        return replace(self, source=recipe)


@dataclass(frozen=True, slots=True, repr=False)
class BuiltImage:
    """An image that is there, pinned by its digest."""

    _session: Session
    state: ImageState

    def __repr__(self) -> str:
        return f"<BuiltImage {self.state.reference.familiar}>"

    @property
    def reference(self) -> Reference:
        """Its name, pinned."""
        return self.state.reference

    @property
    def digest(self) -> Digest:
        """What names its content for good."""
        return self.state.digest

    @noted
    def tag(self, reference: str) -> Self:
        """Give it one more name."""
        with self._session.operation("tag") as note:
            note.image = str(self.state.digest)
            return replace(self, state=self._session.backend.images.tag(self.state, Reference.parse(reference)))

    @noted
    def push(self, reference: str | None = None) -> Self:
        """Send it to its registry.

        Args:
            reference: The name it gets there; its own where not given.

        Raises:
            RegistryError: The registry refused or failed.
            AccessError: It asks for credentials that docker's configuration has not got.
        """
        named = self if reference is None else self.tag(reference)
        with self._session.operation("push") as note:
            images = self._session.backend.images
            state = images.push(named.state.reference, listener=self._session.listener)
            note.image = str(state.digest)
            return replace(self, state=state)

    @noted
    def deploy(
        self, name: str, *, wait: bool = True, timeout: float | None = None, **options: Unpack[AppOptions]
    ) -> App:
        """Run it as an app; an app of that name rolls to it.

        Args:
            name: The app's name.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.
            options: As those of ``Cloud.deploy``.

        Raises:
            RolloutError: It does not become ready; the error carries the cause and what mends it.
        """
        spec = spec_from(name, self.reference, options).replace(image=self._session.published(self.state))
        seen = self._session.deploy(spec, keep_replicas="replicas" not in options, wait=wait, timeout=timeout)
        return App(self._session, name, seen)

    @noted
    def run(self, *command: str, **options: Unpack[TaskOptions]) -> TaskResult:
        """Run a command in it once, to its end.

        Args:
            command: The command; the image's own where not given.
            options: As those of ``Cloud.run``.
        """
        task = task_spec(self.reference, command, options)
        task = replace(task, image=self._session.published(self.state))
        with self._session.operation("run") as note:
            note.image = str(self.state.digest)
            return self._session.backend.run(task, listener=self._session.listener)

    @noted
    def save(self, path: str | Path, *, layout: Literal["oci", "docker"] = "oci") -> Path:
        """Write it to a file, whole or not at all.

        Args:
            path: The file.
            layout: ``oci`` for an OCI layout, ``docker`` for what ``docker load`` of any age reads.
        """
        with self._session.operation("save") as note:
            note.image = str(self.state.digest)
            images = self._session.backend.images
            return images.save((self.state,), Path(path), layout=layout, listener=self._session.listener)
