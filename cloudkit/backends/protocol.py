"""What every backend and every image store can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol, Unpack

from cloudkit.model.app import AppSpec
from cloudkit.model.build import BuildSpec
from cloudkit.model.cause import Cause
from cloudkit.model.exec_options import ExecOptions
from cloudkit.model.image import ImageState
from cloudkit.model.log import Event, LogLine, LogQuery
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener, silent
from cloudkit.model.reference import Reference
from cloudkit.model.state import AppState, Revision
from cloudkit.model.task import TaskResult, TaskSpec, Usage
from cloudkit.model.workload import Workload

__all__ = ["Backend", "Capability", "ImageStore"]


class Capability(StrEnum):
    """What a backend may lack; calling it then raises ``UnsupportedError``."""

    BUILD = "build"
    BUILD_SECRETS = "build_secrets"
    BUILD_PLATFORMS = "build_platforms"
    PUSH = "push"
    STATS = "stats"
    EXEC = "exec"
    ATTACH = "attach"
    COPY = "copy"
    FORWARD = "forward"
    HTTP_TRAFFIC = "http_traffic"
    DAEMON = "daemon"
    STATEFUL = "stateful"
    JOB = "job"
    CRON = "cron"
    AUTOSCALE = "autoscale"
    PLACEMENT = "placement"
    FILES = "files"
    HOSTS = "hosts"
    ADOPT = "adopt"


class ImageStore(Protocol):
    """Where images are built and kept: an engine, or its twin."""

    def build(self, spec: BuildSpec, *, listener: Listener) -> ImageState:
        """Build an image; raise ``BuildError`` with the step, its line and its log when a step fails."""
        ...

    def pull(self, reference: Reference, *, platform: str | None = None, listener: Listener) -> ImageState:
        """Fetch an image from its registry, with the credentials of docker's configuration."""
        ...

    def push(self, reference: Reference, *, listener: Listener) -> ImageState:
        """Send an image to its registry; the result's digest is the one that the registry has."""
        ...

    def publish(self, image: ImageState, *, push: bool = True, listener: Listener) -> Reference:
        """Return the pinned reference that replicas get an image by, sent to where they pull from where it must be.

        Args:
            image: An image that is here.
            push: False only looks; raises ``NotFoundError`` where the image would have to be sent.
            listener: Hears of what is sent.
        """
        ...

    def find(self, reference: Reference) -> ImageState:
        """Return an image that is here; raise ``NotFoundError`` when it is not."""
        ...

    def images(self) -> tuple[ImageState, ...]:
        """Return the images that have a name here."""
        ...

    def tag(self, image: ImageState, reference: Reference) -> ImageState:
        """Give an image one more name."""
        ...

    def remove(self, reference: Reference) -> None:
        """Take a name away, and the image with its last name; a missing one is no error."""
        ...

    def save(self, images: tuple[ImageState, ...], path: Path, *, layout: str, listener: Listener) -> Path:
        """Write images to a file as ``oci`` layout or ``docker`` archive, checked, and whole or not at all."""
        ...

    def load(self, path: Path, *, listener: Listener) -> tuple[ImageState, ...]:
        """Read images from such a file or folder; refuse what does not match its digest."""
        ...


class Backend(Protocol):
    """Makes specs true, and says what it sees. All names are those of apps in one namespace."""

    @property
    def name(self) -> str:
        """Its kind, such as ``docker``."""
        ...

    @property
    def endpoint(self) -> str:
        """Where it is, without credentials."""
        ...

    @property
    def namespace(self) -> str:
        """What keeps its apps apart from others on the same engine."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do besides the contract."""
        ...

    @property
    def images(self) -> ImageStore:
        """Where the images are that it runs."""
        ...

    def plan(self, spec: AppSpec) -> Plan:
        """Say what would be done to make the spec true; does nothing."""
        ...

    def plan_delete(self, name: str) -> Plan:
        """Say what would be done to remove an app; an app that is not there is an empty plan."""
        ...

    def plan_adopt(self, workload: str, *, name: str | None = None, lossy: bool = False) -> Plan:
        """Say what would be done to make an app of a workload that somebody else has made; an app stays what it is.

        Args:
            workload: A row of ``workloads``, by its kind and name, such as ``rc/legacy``.
            name: The app's name; the workload's own where None.
            lossy: Plan it though some of it cannot be said of an app, and goes with the next revision.

        Raises:
            ConflictError: Somebody else keeps it; the error names them and the call that helps.
            NotFoundError: It is not there.
            UnsupportedError: It is nothing that an app can be.
        """
        ...

    def apply(
        self, plan: Plan, *, wait: bool = True, timeout: float | None = None, listener: Listener
    ) -> AppState | None:
        """Do what a plan says.

        Returns:
            What is there now; None when the plan removed the app.

        Raises:
            ConflictError: The app's generation is no longer the plan's.
            RolloutError: A replica did not become ready; the old revision, where there was one, runs again.
        """
        ...

    def get(self, name: str) -> AppState:
        """Return what is seen of an app; raise ``NotFoundError`` when it is not there."""
        ...

    def apps(self) -> tuple[AppState, ...]:
        """Return all apps, by name."""
        ...

    def workloads(self, *, listener: Listener = silent) -> tuple[Workload, ...]:
        """Return all that runs, whoever has made it, by kind and name.

        Args:
            listener: Hears of what one may not list; that is left out.
        """
        ...

    def revisions(self, name: str) -> tuple[Revision, ...]:
        """Return the kept revisions, newest first."""
        ...

    def diagnose(self, name: str) -> Cause | None:
        """Say why an app is not ready, asking as far as it takes; None when nothing is wrong."""
        ...

    def logs(self, name: str, query: LogQuery) -> Iterator[LogLine]:
        """Return the lines of all replicas, merged by time."""
        ...

    def events(self, name: str | None, query: LogQuery) -> Iterator[Event]:
        """Return what happened to an app, or to all."""
        ...

    def exec(
        self, name: str, command: tuple[str, ...], *, replica: str | None = None, **options: Unpack[ExecOptions]
    ) -> TaskResult:
        """Run a command inside a replica: the named one, or the first that is ready."""
        ...

    def attach(
        self, name: str, command: tuple[str, ...], *, replica: str | None, stdin: BinaryIO, stdout: BinaryIO
    ) -> int:
        """Run a command inside a replica on a terminal; return its exit code."""
        ...

    def copy_in(self, name: str, source: Path, target: str, *, replica: str | None = None) -> None:
        """Copy a file or folder of this machine into replicas: the named one, or all."""
        ...

    def copy_out(self, name: str, source: str, target: Path, *, replica: str | None = None) -> Path:
        """Copy a file or folder out of a replica; nothing is written outside ``target``."""
        ...

    def stats(self, name: str) -> tuple[Usage, ...]:
        """Return what each running replica uses now."""
        ...

    def forward(self, name: str, port: int | None = None, *, replica: str | None = None) -> AbstractContextManager[str]:
        """Reach a port of an app from this machine, published or not, while the block lasts; gives its url here.

        Args:
            name: The app.
            port: A port that it listens on; its first one where None.
            replica: Reach this replica alone; without it whichever is ready.
        """
        ...

    def run(self, task: TaskSpec, *, listener: Listener) -> TaskResult:
        """Run a task to its end and remove it."""
        ...

    def trigger(self, name: str, *, wait: bool, timeout: float | None, listener: Listener) -> AppState:
        """Begin a run of a schedule now, beside those that are due.

        Raises:
            RolloutError: It has failed, or goes on beyond the time.
            UsageError: The app has no schedule.
        """
        ...

    def close(self) -> None:
        """Let go of connections; calling it twice is no error."""
        ...
