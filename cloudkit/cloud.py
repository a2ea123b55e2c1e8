"""The first word of every chain: a connection to one backend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self, Unpack

from cloudkit.app import App
from cloudkit.backends.protocol import Backend
from cloudkit.config import Config
from cloudkit.connecting import configured, connect
from cloudkit.errors import NotFoundError, UsageError
from cloudkit.image import BuiltImage, Image
from cloudkit.model.build_options import BuildOptions
from cloudkit.model.check import Check
from cloudkit.model.finding import Finding
from cloudkit.model.image import ImageState
from cloudkit.model.log import Event
from cloudkit.model.log_query import log_query
from cloudkit.model.options import AppOptions
from cloudkit.model.parameter import Names, Short
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener, silent
from cloudkit.model.reference import Reference
from cloudkit.model.rows import Rows
from cloudkit.model.state import AppState
from cloudkit.model.task import TaskResult
from cloudkit.model.task_options import TaskOptions
from cloudkit.model.verb import Role, verb
from cloudkit.model.workload import Workload
from cloudkit.session import Session
from cloudkit.telemetry import Telemetry

__all__ = ["Cloud"]


class Cloud:
    """A connection to one backend, found as docker finds its engine and kubectl its cluster, made on first use.

    Args:
        backend: ``docker``, ``kubernetes`` or ``memory``, or a backend that is there already; what the configuration
            says where None.
        context: A docker context's name, or a kubeconfig's.
        namespace: What keeps its apps apart from others on the same engine; on a cluster, the Kubernetes namespace.
        registry: Where images go that a cluster's nodes are to pull, such as ``localhost:5000``.
        builder: The address of the BuildKit that builds images for a cluster, such as ``tcp://builder:1234``; an
            engine builds where None.
        listener: Hears of long work, as typed ``Progress`` events; the library itself never prints.
        telemetry: Where events and metrics go.

    >>> cloud = Cloud("memory")
    >>> cloud.image("web:1").pull().deploy("web", port=3000).scale(3).status().ready
    3
    """

    def __init__(
        self,
        backend: str | Backend | None = None,
        *,
        context: str | None = None,
        namespace: str | None = None,
        registry: str | None = None,
        builder: str | None = None,
        listener: Listener = silent,
        telemetry: Telemetry | None = None,
    ) -> None:
        ready = None if backend is None or isinstance(backend, str) else backend
        self.config = configured(backend, context, namespace, registry, builder)
        self._session = Session(
            connect=lambda: ready or connect(self.config), listener=listener, telemetry=telemetry or Telemetry()
        )

    def __repr__(self) -> str:
        where = self.config.endpoint or self.config.cluster or "this process"
        return f"<Cloud {self.config.backend} at {where}, namespace {self.config.namespace}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; calling it twice is no error."""
        self._session.close()

    @property
    def backend(self) -> Backend:
        """What this cloud runs on."""
        return self._session.backend

    def planning(self) -> AbstractContextManager[list[Plan]]:
        """Record what the verbs inside would do, as plans, and do none of it."""
        return self._session.planning()

    def image(self, source: str | Path) -> Image:
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

    def app(self, name: str) -> App:
        """Return the handle of an app, without asking whether it is there."""
        return App(self._session, name)

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
        return Rows(self.backend.images.images(), ImageState)

    @verb(role=Role.OPERATOR)
    def pull(self, reference: str, *, platform: str | None = None) -> BuiltImage:
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
        self.backend.images.remove(Reference.parse(reference))

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
            return Rows(self.backend.images.load(Path(path), listener=self._session.listener), ImageState)

    @verb(role=Role.OPERATOR)
    def deploy(
        self,
        name: Annotated[str, Names(AppState)],
        image: Annotated[str | BuiltImage, Names(ImageState)],
        *,
        wait: bool = True,
        timeout: float | None = None,
        **options: Unpack[AppOptions],
    ) -> App:
        """Run an image as an app; an app of that name rolls to it with no failed request.

        Args:
            name: The app's name: a DNS label.
            image: A built image, or a reference: one that is here is used, any other is pulled.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.
            options: How it runs.

        Raises:
            RolloutError: It does not become ready; the error carries the cause and what mends it.
        """
        built = image if isinstance(image, BuiltImage) else self._here_or_pulled(image)
        return built.deploy(name, wait=wait, timeout=timeout, **options)

    @verb()
    def apps(self) -> Rows[AppState]:
        """Show all apps."""
        return Rows(self.backend.apps(), AppState)

    @verb()
    def workloads(self) -> Rows[Workload]:
        """Show all that runs, whoever has made it."""
        return Rows(self.backend.workloads(listener=self._session.listener), Workload)

    @verb()
    def events(
        self,
        name: Annotated[str | None, Names(AppState)] = None,
        *,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        follow: Annotated[bool, Short("f")] = False,
    ) -> Iterator[Event]:
        """Show what happened to an app, or to all.

        Args:
            name: The app; all where not given.
            since: Only what is younger: ``10m``, ``14:05`` or a time in ISO 8601.
            until: Only what is older.
            follow: Go on with what comes.
        """
        return self.backend.events(name, log_query(since=since, until=until, follow=follow))

    @verb(role=Role.OPERATOR)
    def controller(self, *, interval: float = 10.0, once: bool = False) -> Iterator[Event]:
        """Heal what apps have lost, until interrupted: on an engine that does not do so itself.

        Lost replicas and balancers come back, replicas that do not live are replaced, and a change whose caller was
        killed is carried on. One controller acts at a time in a namespace; a second waits for its turn.

        Args:
            interval: Seconds between two looks at all apps; what happens on the engine is looked at within a second.
            once: End as soon as nothing is to be done; liveness probes take a controller that stays.

        Raises:
            UnsupportedError: The backend heals by itself, as a cluster does.
        """
        return self._session.control(interval=interval, once=once)

    @verb(role=Role.OPERATOR)
    def run(
        self, image: Annotated[str | BuiltImage, Names(ImageState)], *command: str, **options: Unpack[TaskOptions]
    ) -> TaskResult:
        """Run a command once in a container of its own, and remove it.

        Args:
            image: A built image, or a reference: one that is here is used, any other is pulled.
            command: The command; the image's own where not given.
            options: How it runs.
        """
        built = image if isinstance(image, BuiltImage) else self._here_or_pulled(image)
        return built.run(*command, **options)

    @verb(role=Role.OPERATOR)
    def registry(self, name: str = "registry", *, port: Annotated[int, Short("p")] = 5000) -> App:
        """Run an image registry as an app, so that push and pull need nothing outside this machine.

        Images named ``localhost:5000/...`` are pushed to it then. They stay in a volume when the app is deleted.

        Args:
            name: The app's name.
            port: The port of this machine that it is published on, on loopback.
        """
        from cloudkit.registry.local import registry_image, registry_spec

        session = self._session
        image = registry_image(self.backend.images, listener=session.listener)
        spec = registry_spec(name, session.published(image), port=port)
        return App(session, name, session.deploy(spec, keep_replicas=True))

    @verb()
    def doctor(self, *, fix: bool = False) -> Rows[Check]:
        """Say what is there and what is missing, each with the command that mends it.

        Args:
            fix: Mend what can be mended from here.
        """
        from cloudkit.engine.doctor import mend

        checks = _examine(self.config)
        if not fix or all(check.ok for check in checks):
            return Rows(checks, Check)
        for check in checks:
            if not check.ok and check.fixable:
                mend(check, self.config.engine(), listener=self._session.listener)
        return Rows(_examine(self.config), Check)

    def _here(self, reference: str) -> BuiltImage:
        return BuiltImage(self._session, self.backend.images.find(Reference.parse(reference)))

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


def _examine(config: Config) -> tuple[Check, ...]:
    """Look at all that a configuration needs: the cluster, where there is one, and the engine."""
    from cloudkit.engine.doctor import examine

    if config.cluster is None:
        return _needed(examine(config), "engine")
    from cloudkit.backends.kubernetes.doctor import examine_cluster

    return (*_needed(examine_cluster(config), "cluster", "namespace", "permissions"), *examine(config.engine()))


def _needed(checks: Iterable[Check], *names: str) -> tuple[Check, ...]:
    """Mark the checks of those names: without them next to nothing works."""
    return tuple(replace(one, needed=True) if one.name in names else one for one in checks)
