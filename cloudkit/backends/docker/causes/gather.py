"""Ask the engine for what causes are decided from."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudkit.backends.causes.life import Listening
from cloudkit.backends.causes.sockets import listening_in
from cloudkit.backends.docker.balancer import Server
from cloudkit.backends.docker.causes.facts import Facts
from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.names import shown
from cloudkit.backends.docker.operations.replica_log import log_lines, open_log
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.stamps import parse_stamp
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.engine.errors import translate
from cloudkit.errors import CloudkitError
from cloudkit.model.log import LogQuery

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["gather"]

EXAMINED = 3
"""Replicas that are looked at in full: those of one revision fail for one reason."""
TAIL = 12
MEMORY = 120
"""Seconds of the engine's events that are searched for how a replica ended before."""
_SOCKETS = ["cat", "/proc/net/tcp", "/proc/net/tcp6"]


def gather(
    api: APIClient,
    details: Sequence[Mapping[str, Any]],
    *,
    namespace: str,
    servers: Mapping[str, Server],
    platform: str = "",
    tool: str = "",
) -> tuple[Facts, ...]:
    """Return what is known of the replicas that are not ready; one that is gone meanwhile is left out.

    Args:
        api: The SDK's low-level client.
        details: The replicas as the engine describes each when asked in full.
        namespace: Whose they are.
        servers: What their balancer sees of them, by their full names.
        platform: What the engine is, such as ``linux/amd64``.
        tool: An image on the engine that has ``cat``, for replicas whose own has none; the balancer's does.
    """
    waiting = [one for one in details if one.get("State") and not _ready(one, servers.get(_name(one)))]
    if not waiting:
        return ()
    look = _Look(api=api, namespace=namespace, platform=platform, tool=tool, now=_now(api))
    found = []
    for one in waiting[:EXAMINED]:
        with suppress(CloudkitError):
            found.append(look.facts(one, servers.get(_name(one))))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look at replicas: whom to ask, and the engine's time in nanoseconds."""

    api: APIClient
    namespace: str
    platform: str
    tool: str
    now: int | None

    def facts(self, detail: Mapping[str, Any], server: Server | None) -> Facts:
        state = detail["State"]
        running = state.get("Status") == "running"
        name = shown(self.namespace, _name(detail))
        lines = self._log(detail, name)
        error = "" if running else str(state.get("Error") or "")
        restarts = int(detail.get("RestartCount") or 0)
        exit_code, out_of_memory = _exit_code(detail), bool(state.get("OOMKilled"))
        if running and restarts:
            exit_code, out_of_memory = self._life_before(detail)
        return Facts(
            name=name,
            status=str(state.get("Status") or ""),
            exit_code=exit_code,
            out_of_memory=out_of_memory,
            error=error,
            restarts=restarts,
            age=self._age(state),
            log=lines,
            server=server,
            health=_health(detail),
            listening=self._listening(detail) if running and server else None,
            image_platform=self._image_platform(detail) if exit_code else "",
            engine_platform=self.platform,
        )

    def _life_before(self, detail: Mapping[str, Any]) -> tuple[int | None, bool]:
        """Return how the life before this one ended, which the engine tells by its events alone.

        Returns:
            The exit code, where it is known, and whether the kernel killed it for memory.
        """
        if self.now is None:
            return None, False
        now, wanted = self.now / 1e9, {"container": str(detail["Id"]), "event": ["die", "oom"]}
        with translate(f"see how {_name(detail)} ended"):
            found = list(self.api.events(since=int(now - MEMORY), until=int(now + 1), filters=wanted, decode=True))
        codes = [str(one["Actor"]["Attributes"].get("exitCode", "")) for one in found if one["Action"] == "die"]
        exit_code = int(codes[-1]) if codes and codes[-1].isdigit() else None
        return exit_code, any(one["Action"] == "oom" for one in found)

    def _log(self, detail: Mapping[str, Any], name: str) -> tuple[str, ...]:
        """Return the last lines that a replica printed, each of bounded length."""
        target = Target(str(detail["Id"]), name)
        terminal = bool((detail.get("Config") or {}).get("Tty"))
        with (
            translate(f"read the log of {name}"),
            closing(open_log(self.api, target, Position(LogQuery(), tail=TAIL), follow=False)) as feed,
        ):
            return tuple(one.line.text for one in log_lines(feed, target, terminal=terminal))[-TAIL:]

    def _listening(self, detail: Mapping[str, Any]) -> tuple[Listening, ...] | None:
        """See what a replica listens on: by its own ``cat``, else by one that joins its network for a moment."""
        for read in (self._inside, self._beside):
            with suppress(CloudkitError), translate(f"see where {_name(detail)} listens"):
                table = read(str(detail["Id"]))
                if "local_address" in table:
                    return listening_in(table)
        return None

    def _inside(self, container: str) -> str:
        made = self.api.exec_create(container, _SOCKETS)
        output: bytes = self.api.exec_start(made["Id"])
        return output.decode(errors="replace")

    def _beside(self, container: str) -> str:
        if not self.tool:
            return ""
        limits = self.api.create_host_config(
            network_mode=f"container:{container}", cap_drop=["ALL"], security_opt=["no-new-privileges"], read_only=True
        )
        made = self.api.create_container(
            self.tool,
            _SOCKETS,
            entrypoint=[],
            user="65534:65534",
            name=f"{self.namespace}.look-{secrets.token_hex(4)}",
            labels=identity(self.namespace, Component.TASK),
            host_config=limits,
        )["Id"]
        try:
            self.api.start(made)
            self.api.wait(made, timeout=10)
            output: bytes = self.api.logs(made)
            return output.decode(errors="replace")
        finally:
            self.api.remove_container(made, force=True, v=True)

    def _image_platform(self, detail: Mapping[str, Any]) -> str:
        untyped: Any = self.api  # this call has no types in the SDK's stubs
        with suppress(CloudkitError), translate("see what the image is made for"):
            image = untyped.inspect_image(detail["Image"])
            return f"{image.get('Os') or 'linux'}/{image.get('Architecture') or ''}".rstrip("/")
        return ""

    def _age(self, state: Mapping[str, Any]) -> float:
        """Return the seconds since it last started, by the engine's clock at both ends."""
        started = parse_stamp(str(state.get("StartedAt") or "").encode())
        return max(0.0, (self.now - started) / 1e9) if self.now is not None and started is not None else 0.0


def _ready(detail: Mapping[str, Any], server: Server | None) -> bool:
    if detail["State"].get("Status") != "running" or _health(detail):
        return False
    return server is not None and server.serving


def _name(detail: Mapping[str, Any]) -> str:
    return str(detail.get("Name") or "").lstrip("/")


def _exit_code(detail: Mapping[str, Any]) -> int | None:
    state = detail["State"]
    ended = state.get("Status") not in {"created", "running", "paused"} or bool(state.get("Error"))
    return int(state.get("ExitCode") or 0) if ended else None


def _health(detail: Mapping[str, Any]) -> str:
    """Return what the last failed run of a command as probe said; empty while it passes or there is none."""
    health = detail["State"].get("Health") or {}
    runs = [run for run in health.get("Log") or () if run]
    if not runs or not runs[-1].get("ExitCode"):
        return ""
    output = " ".join(str(runs[-1].get("Output") or "").split())
    return f"the probe's command exited with {runs[-1]['ExitCode']}" + (f": {output}" if output else "")


def _now(api: APIClient) -> int | None:
    with translate("ask the engine for its time"):
        return parse_stamp(str(api.info().get("SystemTime") or "").encode())
