"""What a cloud does with images: the verbs that build, name, send and fetch them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Unpack

from cloudkit.errors import NotFoundError, UsageError
from cloudkit.image import BuiltImage, Image
from cloudkit.model.build_options import BuildOptions
from cloudkit.model.finding import Finding
from cloudkit.model.image import ImageState
from cloudkit.model.parameter import Names
from cloudkit.model.reference import Reference
from cloudkit.model.rows import Rows
from cloudkit.model.verb import Role, verb
from cloudkit.session import Session

__all__ = ["Images"]


class Images:
    """The part of a cloud that has to do with images."""

    _session: Session

    def image(self, source: Annotated[str | Path, Names(ImageState)]) -> Image:
        """Name an image: a folder with a Dockerfile, a tar of one, or a reference to pull or to build on.

        Args:
            source: A path that is there, or starts with ``.`` or ``/``, is a build context; all else is a reference.

        Raises:
            UsageError: It is neither.
        """
        if not str(source).strip():
            return Image(self._session, Reference.parse(str(source)))
        path = _there(source)
        if path is not None:
            return Image(self._session, path)
        if isinstance(source, Path) or source.startswith((".", "/", "~")):
            message = f"there is no build context {str(source)!r}"
            raise UsageError(message, hint="a folder with a Dockerfile, or a reference such as node:22")
        return Image(self._session, Reference.parse(source))

    @verb(role=Role.OPERATOR)
    def build(self, context: Path = Path(), **options: Unpack[BuildOptions]) -> BuiltImage:
        """Build an image from a folder with a Dockerfile.

        Args:
            context: The folder, or a tar file of one; the current folder where not given.
            options: How it is built.

        Raises:
            BuildError: A step failed; the error carries the step, its line and the end of its log.
        """
        return self.image(Path(context)).build(**options)

    @verb()
    def lint(self, context: Path = Path(), **options: Unpack[BuildOptions]) -> Rows[Finding]:
        """Say what is likely wrong with a Dockerfile, with the fix of each.

        Args:
            context: The folder, or a tar file of one; the current folder where not given.
            options: How it would be built.
        """
        return Rows(self.image(Path(context)).lint(**options), Finding)

    @verb()
    def images(self) -> Rows[ImageState]:
        """Show the images that are here and have a name."""
        return Rows(self._session.backend.images.images(), ImageState)

    @verb(role=Role.OPERATOR)
    def pull(self, reference: Annotated[str, Names(ImageState)], *, platform: str | None = None) -> BuiltImage:
        """Fetch an image from its registry.

        Args:
            reference: Such as ``node:22`` or ``registry.example/web:1``.
            platform: Such as ``linux/arm64``; the engine's own where not given.
        """
        return Image(self._session, Reference.parse(reference)).pull(platform=platform)

    @verb(role=Role.OPERATOR)
    def push(self, reference: Annotated[str, Names(ImageState)]) -> BuiltImage:
        """Send an image to its registry.

        Args:
            reference: An image that is here, by the name that it has at the registry.
        """
        return self._here(reference).push()

    @verb(role=Role.OPERATOR)
    def tag(self, reference: Annotated[str, Names(ImageState)], name: str) -> BuiltImage:
        """Give an image one more name.

        Args:
            reference: An image that is here.
            name: The further name, such as ``localhost:5000/web:1``.
        """
        return self._here(reference).tag(name)

    @verb(role=Role.ADMIN, confirm=True)
    def remove_image(self, reference: Annotated[str, Names(ImageState)]) -> None:
        """Take a name from an image, and remove the image with its last name.

        Args:
            reference: The name; one that is not there is no error.
        """
        with self._session.operation("remove_image"):
            self._session.backend.images.remove(Reference.parse(reference))

    @verb()
    def save(
        self, reference: Annotated[str, Names(ImageState)], path: Path, *, layout: Literal["oci", "docker"] = "oci"
    ) -> Path:
        """Write an image to a file, whole or not at all.

        Args:
            reference: An image that is here.
            path: The file.
            layout: ``oci`` for an OCI layout, ``docker`` for what ``docker load`` of any age reads.
        """
        return self._here(reference).save(path, layout=layout)

    @verb(role=Role.OPERATOR)
    def load(self, path: Path) -> Rows[ImageState]:
        """Read images from a file that ``save`` or ``docker save`` wrote, each checked against its digest.

        Args:
            path: The file, or the folder of an OCI layout.
        """
        with self._session.operation("load"):
            return Rows(self._session.backend.images.load(Path(path), listener=self._session.listener), ImageState)

    def _here(self, reference: str) -> BuiltImage:
        return BuiltImage(self._session, self._session.backend.images.find(Reference.parse(reference)))

    def _here_or_pulled(self, reference: str) -> BuiltImage:
        try:
            return self._here(reference)
        except NotFoundError:
            return self.pull(reference)


def _there(source: str | Path) -> Path | None:
    """Return the path that is meant, where it is there; a text that can be no path is none."""
    try:
        path = Path(source).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, nobody's home, a NUL
        return None
