"""The first word of every chain: a connection to one backend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Annotated, Self, Unpack

from cloudkit.app import App
from cloudkit.backends.protocol import Backend
from cloudkit.backends.readonly import refuse_act
from cloudkit.connecting import configured, connect, recording, remove_builder
from cloudkit.declaring import Declaring
from cloudkit.examining import examine_all
from cloudkit.image import BuiltImage
from cloudkit.model.caller import Caller
from cloudkit.model.check import Check
from cloudkit.model.glance import Glance
from cloudkit.model.image import ImageState
from cloudkit.model.log import Event
from cloudkit.model.log_query import log_query
from cloudkit.model.options import AppOptions
from cloudkit.model.parameter import Names, Short, Verbatim
from cloudkit.model.progress import Listener, ambient
from cloudkit.model.rows import Rows
from cloudkit.model.state import AppState
from cloudkit.model.stream import Stream
from cloudkit.model.task import TaskResult
from cloudkit.model.task_options import TaskOptions
from cloudkit.model.verb import Role, verb
from cloudkit.model.workload import Workload
from cloudkit.past import Past
from cloudkit.session import Session
from cloudkit.telemetry import Telemetry

__all__ = ["Cloud"]


class Cloud(Declaring, Past):
    """A connection to one backend, found as docker finds its engine and kubectl its cluster, made on first use.

    Args:
        backend: ``docker``, ``kubernetes`` or ``memory``, or a backend that is there already; what the configuration
            says where None.
        context: A docker context's name, or a kubeconfig's.
        namespace: What keeps its apps apart from others on the same engine; on a cluster, the Kubernetes namespace.
        registry: Where images go that a cluster's nodes are to pull, such as ``localhost:5000``.
        builder: The address of the BuildKit that builds images for a cluster, such as ``tcp://builder:1234``;
            ``kubernetes`` for one that cloudkit runs there; an engine builds where None.
        listener: Hears of long work, as typed ``Progress`` events; where none is named, the prompt that has loaded
            the extension. The library itself never prints.
        telemetry: Where events and metrics go.
        journal: Where it is noted who did what: a file, ``postgresql://host/name``, or ``off``.
        caller: Who asks, and through what, for the journal; the user of this process where None.

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
        listener: Listener = ambient,
        telemetry: Telemetry | None = None,
        journal: str | None = None,
        caller: Caller | None = None,
    ) -> None:
        ready = None if backend is None or isinstance(backend, str) else backend
        self.config = configured(backend, context, namespace, registry, builder, journal=journal)
        self._session = Session(
            connect=lambda: ready or connect(self.config),
            listener=listener,
            telemetry=telemetry or Telemetry(),
            recorder=recording(self.config, caller, listener),
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
    def connected(self) -> bool:
        """True once something has been asked of its backend."""
        return self._session.connected

    @property
    def backend(self) -> Backend:
        """What this cloud runs on."""
        return self._session.backend

    def app(self, name: Annotated[str, Names(AppState)]) -> App:
        """Return the handle of an app, without asking whether it is there."""
        return App(self._session, name)

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
    def top(self, *, interval: float = 2.0, count: Annotated[int | None, Short("n")] = None) -> Iterator[Glance]:
        """Show the replicas of all apps again and again: what they use, how often they restarted, what happens.

        Args:
            interval: Seconds between two looks.
            count: How many looks; until interrupted where not given.
        """
        from cloudkit.watching import watched

        return Stream(watched(self.backend, None, interval=interval, looks=count), Glance)

    @verb()
    def workloads(self) -> Rows[Workload]:
        """Show all that runs, whoever has made it."""
        return Rows(self.backend.workloads(listener=self._session.listener), Workload)

    @verb(role=Role.ADMIN, confirm=True)
    def adopt(
        self,
        workload: Annotated[str, Names(Workload)],
        *,
        name: str | None = None,
        lossy: bool = False,
        wait: bool = True,
        timeout: float | None = None,
    ) -> App:
        """Take over what runs and cloudkit has not made, as an app; on a cluster without restarting its pods.

        Args:
            workload: A kind and a name, as ``workloads`` shows them: ``rc/legacy``, ``container/old``.
            name: The app's name; the workload's own where not given.
            lossy: Take it over though some of it cannot be said of an app, and goes with the next revision.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.

        Raises:
            ConflictError: Somebody else keeps it, such as Helm; the error names them and the call that helps.
            UnsupportedError: It is nothing that an app can be, or the backend cannot.
        """
        taken = self._session.adopt(workload, name=name, lossy=lossy, wait=wait, timeout=timeout)
        return App(self._session, taken)

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
        return Stream(self.backend.events(name, log_query(since=since, until=until, follow=follow)), Event)

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
        self,
        image: Annotated[str | BuiltImage, Names(ImageState)],
        *command: Annotated[str, Verbatim()],
        **options: Unpack[TaskOptions],
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

    @verb(role=Role.ADMIN, confirm=True)
    def remove_builder(self) -> None:
        """Remove the BuildKit that builds images in the cluster, with its cache; the next build makes a new one.

        Raises:
            UnsupportedError: The backend is no cluster.
        """
        if self._session.plans is not None:
            refuse_act("remove_builder")
        with self._session.operation("remove_builder"):
            remove_builder(self.backend)

    @verb(terminal=True)
    def doctor(self, *, fix: bool = False) -> Rows[Check]:
        """Say what is there and what is missing, each with the command that mends it.

        Args:
            fix: Mend what can be mended from here.
        """
        from cloudkit.engine.doctor import mend

        checks = examine_all(self.config)
        if not fix or all(check.ok for check in checks):
            return Rows(checks, Check)
        if self._session.plans is not None:
            refuse_act("mend")
        for check in checks:
            if not check.ok and check.fixable:
                mend(check, self.config.engine(), listener=self._session.listener)
        return Rows(examine_all(self.config), Check)
