"""What an app should be: the one value that every backend makes true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.probe import Probe
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

__all__ = ["AppSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """What an app should be.

    Args:
        name: A DNS label: lower-case letters, digits and ``-``, at most 40 characters; the app's name on its networks.
        image: The image, pinned by digest.
        command: Takes the place of the image's CMD; None keeps it.
        entrypoint: Takes the place of the image's ENTRYPOINT; None keeps it.
        env: Environment variables; a value may be a ``Secret``.
        ports: The ports it listens on; the first is the one that probes and ``url`` mean.
        replicas: How many copies run.
        resources: What each may use.
        startup: Passes once it has started; the other probes wait for it.
        readiness: Passes while it can take requests; the first port being open where None.
        liveness: Fails when only a restart helps.
        rollout: How a new revision takes over.
        stop_grace: Seconds between the stop signal and the kill.
        stop_signal: The signal that asks it to stop, such as ``SIGTERM``; None keeps the image's.
        restart: When the engine restarts it: ``always``, ``on-failure`` or ``never``.
        mounts: Volumes, host folders and memory.
        networks: Private networks it joins beside the shared one.
        labels: The user's own labels.
        user: The user it runs as, ``name``, ``uid`` or ``uid:gid``; None keeps the image's.
        workdir: The folder it starts in; None keeps the image's.
        read_only: True mounts the root file system read-only.
        drop: The capabilities it loses, such as ``("ALL",)`` or ``("NET_RAW",)``.
        init: True runs an init process as PID 1 that passes signals on and reaps.
        stopped: True keeps the app and its replicas, but runs none.
        restarted: A token; another value makes a new revision of the same spec, as a restart does.
    """

    name: str
    image: Reference
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    env: Mapping[str, str | Secret] = field(default_factory=dict, hash=False)
    ports: tuple[Port, ...] = ()
    replicas: int = 1
    resources: Resources = field(default_factory=Resources)
    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None
    rollout: Rollout = field(default_factory=Rollout)
    stop_grace: float = 10.0
    stop_signal: str | None = None
    restart: Literal["always", "on-failure", "never"] = "always"
    mounts: tuple[Mount, ...] = ()
    networks: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    user: str | None = None
    workdir: str | None = None
    read_only: bool = False
    drop: tuple[str, ...] = ()
    init: bool = True
    stopped: bool = False
    restarted: str = ""

    def replace(self, **changes: object) -> Self:
        """Return the same spec with some fields changed, validated again."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the fields' own validation answers for the types

    @property
    def template(self) -> Self:
        """The part that makes a revision: two specs of equal template need no replica replaced."""
        return replace(
            self,
            replicas=1,
            ports=tuple(replace(p, publish=None, host="127.0.0.1") for p in self.ports),
            rollout=Rollout(),
            stopped=False,
        )
