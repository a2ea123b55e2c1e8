"""The handle of an app: what one does with what runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Self, Unpack

from cloudkit.detaching import detachable
from cloudkit.errors import NotFoundError, UsageError
from cloudkit.inside import Inside
from cloudkit.model.advice import Advice
from cloudkit.model.app import AppSpec
from cloudkit.model.calling import noted
from cloudkit.model.image import ImageState
from cloudkit.model.options import AppOptions, autoscaled, spec_changed
from cloudkit.model.parameter import Names
from cloudkit.model.rows import Rows
from cloudkit.model.state import AppState, Revision
from cloudkit.model.verb import Role, verb
from cloudkit.session import Session
from cloudkit.waiting import wait_until_settled

__all__ = ["App"]

WAIT = 300.0  # seconds
_Change = Callable[[AppSpec], AppSpec]


class App(Inside):
    """An app in a cloud: ``cloud.app("web")``, or what ``deploy`` returns.

    The handle holds a name and what its own verbs last saw; it never asks the engine to show itself.
    """

    __slots__ = ("_seen", "_session", "name")

    def __init__(self, session: Session, name: str, seen: AppState | None = None) -> None:
        self.name = name
        self._session = session
        self._seen = seen

    def __repr__(self) -> str:
        return f"<App {self.name}>" if self._seen is None else f"<App {self._seen}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, App) and (self.name, self._session) == (other.name, other._session)

    def __hash__(self) -> int:
        return hash((self.name, id(self._session)))

    @property
    def url(self) -> str:
        """Where it is published, such as ``http://localhost:3000``; empty when it is private."""
        return (self._seen or self.status()).url

    @verb()
    def status(self) -> AppState:
        """Show an app: its replicas, where it is published, and the cause when it is not ready.

        Raises:
            NotFoundError: There is no such app.
        """
        self._seen = self._session.backend.get(self.name)
        return self._seen

    @verb(role=Role.OPERATOR)
    def scale(
        self, replicas: Annotated[int, Names(Advice)], *, wait: bool = True, timeout: float | None = None
    ) -> Self:
        """Set the number of replicas; fewer are drained before they stop.

        Args:
            replicas: How many, 0 or more.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.
        """
        return self._apply("scale", lambda spec: _scaled(spec, replicas), wait=wait, timeout=timeout)

    @verb(role=Role.OPERATOR)
    def autoscale(
        self,
        *,
        min: int | None = None,  # noqa: A002  # the field's own word
        max: int | None = None,  # noqa: A002  # the field's own word
        cpu: int | None = None,
        memory: str | None = None,
        off: bool = False,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Self:
        """Let the number of replicas follow the load; what is not given stays as it is.

        Args:
            min: The fewest replicas; 1 where it was never given.
            max: The most replicas.
            cpu: The wanted use of processor time, in percent of what each replica requests.
            memory: The wanted use of memory of each replica, such as ``200Mi``.
            off: Let the number be as it is now, until ``scale`` sets another.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.
        """
        given = {"min": min, "max": max, "cpu": cpu, "memory": memory}
        wanted = {name: value for name, value in given.items() if value is not None}
        return self._apply("autoscale", lambda spec: autoscaled(spec, wanted, off=off), wait=wait, timeout=timeout)

    @noted
    def deploy(
        self,
        image: object | None = None,
        *,
        wait: bool = True,
        timeout: float | None = None,
        **options: Unpack[AppOptions],
    ) -> Self:
        """Roll to another image or to other options; what is not given stays as it is.

        Args:
            image: A ``BuiltImage``; None keeps the present one.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.
            options: As those of ``Cloud.deploy``.
        """
        state: ImageState | None = getattr(image, "state", None)
        if image is not None and state is None:
            message = f"deploy takes a built image, not {image!r}"
            raise UsageError(message, hint="image.build() or image.pull()")
        reference = self._session.published(state) if state else None
        return self._apply(
            "deploy", lambda spec: spec_changed(spec, options, image=reference), wait=wait, timeout=timeout
        )

    @verb(role=Role.OPERATOR)
    def restart(self, *, wait: bool = True, timeout: float | None = None) -> Self:
        """Replace every replica by a new one of the same kind, one after the other, with no failed request.

        Args:
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.
        """
        token = datetime.now(UTC).isoformat()
        return self._apply(
            "restart", lambda spec: spec.replace(restarted=token, stopped=False), wait=wait, timeout=timeout
        )

    @verb(role=Role.OPERATOR)
    def rollback(
        self,
        revision: Annotated[int | None, Names(Revision)] = None,
        *,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Self:
        """Roll back to an earlier revision, keeping the number of replicas and the published ports.

        Args:
            revision: Which one; where not given, the last one that was healthy, as far as the journal tells.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.

        Raises:
            NotFoundError: There is no earlier revision, or none of that number.
        """
        others = _others(self.name, self.revisions(), revision)
        target = others[0] if revision is not None else self._session.earlier(self.name, others)
        return self._apply("rollback", lambda spec: _restored(spec, target.spec), wait=wait, timeout=timeout)

    @verb(role=Role.OPERATOR)
    def stop(self, *, wait: bool = True, timeout: float | None = None) -> Self:
        """Stop all replicas and keep them, so that ``start`` brings them back.

        Args:
            wait: Return when all have stopped.
            timeout: Seconds at the most; without it the app's own rollout deadline.
        """
        return self._apply("stop", lambda spec: spec.replace(stopped=True), wait=wait, timeout=timeout)

    @verb(role=Role.OPERATOR)
    def start(self, *, wait: bool = True, timeout: float | None = None) -> Self:
        """Start the replicas of a stopped app again.

        Args:
            wait: Return when all are ready.
            timeout: Seconds at the most; without it the app's own rollout deadline.
        """
        return self._apply("start", lambda spec: spec.replace(stopped=False), wait=wait, timeout=timeout)

    @verb(role=Role.OPERATOR)
    def trigger(self, *, wait: bool = True, timeout: float | None = None) -> Self:
        """Begin a run of a schedule now, whatever it says of runs beside each other; the schedule goes on as it does.

        Args:
            wait: Return when the run has ended.
            timeout: Seconds at the most; the run goes on beyond them.

        Raises:
            RolloutError: The run has failed; the error carries the cause and what mends it.
        """
        with self._session.operation("trigger", self.name):
            session = self._session
            self._seen = session.backend.trigger(self.name, wait=wait, timeout=timeout, listener=session.listener)
        return self

    @verb(role=Role.ADMIN, confirm=True)
    def delete(self) -> None:
        """Remove an app with its replicas and revisions; its volumes stay. One that is not there is no error."""
        self._session.delete(self.name)
        self._seen = None

    @verb()
    def wait(self, *, timeout: float = WAIT) -> Self:
        """Wait until all is as wanted; end at once with the cause when waiting cannot help.

        Args:
            timeout: Seconds at the most.

        Raises:
            RolloutError: It does not become ready; the error carries the cause and what mends it.
        """
        session = self._session
        with detachable(session.backend, self.name):
            self._seen = wait_until_settled(session.backend, self.name, timeout=timeout, listener=session.listener)
        return self

    @verb()
    def revisions(self) -> Rows[Revision]:
        """Show the revisions that a rollback can go to, newest first."""
        return Rows(self._session.backend.revisions(self.name), Revision)

    def _apply(self, name: str, change: _Change, *, wait: bool, timeout: float | None) -> Self:
        seen = self._session.change(self.name, change, verb=name, wait=wait, timeout=timeout)
        self._seen = seen or self._seen
        return self


def _scaled(spec: AppSpec, replicas: int) -> AppSpec:
    if spec.autoscale is not None:
        bounds = f"{spec.autoscale.min} to {spec.autoscale.max}"
        message = f"app {spec.name!r} follows its load, with {bounds} replicas: it cannot be set to {replicas}"
        raise UsageError(message, hint=f"cloudkit autoscale {spec.name} --off; or --min and --max")
    return spec_changed(spec, {"replicas": replicas})


def _others(name: str, revisions: Sequence[Revision], number: int | None) -> Sequence[Revision]:
    """Return the revisions that one can go back to, newest first."""
    others = [one for one in revisions if not one.current and number in (None, one.number)]
    if others:
        return others
    kept = ", ".join(str(one.number) for one in revisions) or "none"
    what = "an earlier revision" if number is None else f"a revision {number}, other than the present one"
    message = f"app {name!r} has not got {what}; it keeps: {kept}"
    raise NotFoundError(message, hint=f"cloudkit revisions {name}")


def _restored(current: AppSpec, earlier: AppSpec) -> AppSpec:
    """The earlier spec, with what belongs to the present: how many, how they roll, when and where they are reached."""
    published = {port.number: port for port in current.ports}
    return earlier.replace(
        replicas=current.replicas,
        rollout=current.rollout,
        stopped=False,
        ports=tuple(published.get(port.number, port) for port in earlier.ports),
        autoscale=current.autoscale,
        schedule=current.schedule,
        hosts=current.hosts,
    )
