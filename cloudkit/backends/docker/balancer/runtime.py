"""HAProxy's runtime interface as typed commands.

Source: the management guide of HAProxy 2.6, section 9.3.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cloudkit.backends.docker.balancer.config import endpoint, server_name, server_options
from cloudkit.backends.docker.balancer.settings import BalancerSettings
from cloudkit.errors import BackendError

__all__ = ["Admin", "Runtime", "Server", "in_flight"]

_DOWN = "0"
_UNKNOWN = "0"
_PASSED = frozenset({"3", "4"})
_MAINTENANCE = 0x01 | 0x02 | 0x20 | 0x40  # 0x04 only says that the file had it disabled
_DRAIN = 0x08 | 0x10
_CHECKED = 0x02
_ASKING = 0x04  # its checks go on, while it is not in maintenance
_UNCHECKED = "Health check was not configured"
"""What is said of a replica of an older revision, which the present probe does not judge."""
_EXISTS = "Already exists a server with the same name"
_ACCEPTED = frozenset({"", "New server registered.", "Server deleted."})


class Admin(StrEnum):
    """What was asked of a server."""

    READY = "ready"  # takes requests while its checks pass
    TRIAL = "trial"  # is checked, has no weight, so gets nothing yet
    DRAIN = "drain"  # is checked, finishes what it has, gets nothing new
    MAINT = "maint"  # is neither checked nor used


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A replica as the balancer sees it, over all its ports.

    Args:
        name: The replica's name.
        address: Its private address.
        admin: What was asked of it.
        passing: True when its last checks passed, or when it has none.
        ports: The port of each group that it is in.
        asked: The port that its checks ask; None when it has no checks.
        whole: False when whoever added it was interrupted: a port of it is missing, or its checks do not go on.
        sessions: Requests or connections in flight, and those that wait for it.
        check: How the last check ended, in HAProxy's word: ``L7OK``, ``L7STS``, ``L4CON``, ``L4TOUT``; empty before it.
        code: The HTTP status that the last check saw; None when it saw none.
        detail: HAProxy's words on the last check, such as ``Connection refused``.
    """

    name: str
    address: str
    admin: Admin
    passing: bool
    ports: Mapping[str, int] = field(default_factory=dict, hash=False)
    asked: int | None = None
    whole: bool = True
    sessions: int = 0
    check: str = ""
    code: int | None = None
    detail: str = ""

    @property
    def checked(self) -> bool:
        """False when it has no checks."""
        return self.asked is not None

    @property
    def serving(self) -> bool:
        """True while it takes new requests."""
        return self.admin is Admin.READY and self.passing


class Runtime:
    """What a running balancer can be asked.

    Args:
        ask: Sends one command to the runtime interface and returns its answer.
        settings: The app's settings: a command goes to each port's group of servers.
    """

    def __init__(self, ask: Callable[[str], str], settings: BalancerSettings) -> None:
        self._ask = ask
        self._settings = settings

    def servers(self) -> tuple[Server, ...]:
        """Return the servers, in the order in which they were added."""
        figures = {(row["pxname"], row["svname"]): row for row in _statistics(self._ask("show stat -1 4 -1"))}
        found: dict[str, list[Server]] = {}
        for row in _states(self._ask("show servers state")):
            key = (row["be_name"], row["srv_name"])
            if key in figures:
                found.setdefault(key[1], []).append(_server(row, figures[key]))
        return tuple(_merged(parts) for parts in found.values())

    def process(self) -> int:
        """Return the process id of the worker that answers, which another one has after a reload."""
        return int(self._info("Pid"))

    def fingerprint(self) -> str:
        """Return the fingerprint of the settings that it runs with."""
        return self._info("description")

    @property
    def stopping(self) -> bool:
        """True when what answers is a worker that has given way to another."""
        return self._info("Stopping") == "1"

    def add(self, name: str, address: str, ports: Mapping[str, int], check: int | None) -> None:
        """Add a server, in maintenance; where it is there already, it stays as it is.

        Args:
            name: The replica's name.
            address: Its private address.
            ports: The port of each group that it is to be in.
            check: The port that its checks ask; None for none.
        """
        for route in self._settings.routes:
            if route.name not in ports:
                continue
            where = endpoint(address, ports[route.name])
            options = server_options(self._settings, route, check=check)
            self._command(f"add server {route.name}/{server_name(name)} {where} {options}", accepted=_EXISTS)

    def trial(self, name: str) -> None:
        """Check a server, but send it nothing yet."""
        self._each(name, "set server {} weight 0")
        self._enable(name)

    def ready(self, name: str) -> None:
        """Send requests to a server while its checks pass."""
        self._each(name, "set server {} weight 1")
        self._enable(name)

    def drain(self, name: str) -> None:
        """Let a server finish what it has, and send it nothing new."""
        self._each(name, "set server {} state drain")

    def maintain(self, name: str) -> None:
        """Take a server out at once; what it is working on goes on."""
        self._each(name, "set server {} state maint")

    def sever(self, name: str) -> None:
        """Cut what a server is still working on."""
        self._each(name, "shutdown sessions server {}")

    def remove(self, name: str) -> None:
        """Forget a server; raise ``BackendError`` while it is in use or not in maintenance."""
        self._each(name, "del server {}")

    def _info(self, field: str) -> str:
        start = f"{field}: "
        lines = self._ask("show info").splitlines()
        return next((line.removeprefix(start) for line in lines if line.startswith(start)), "")

    def _enable(self, name: str) -> None:
        self._each(name, "set server {} state ready")
        if self._settings.check:
            self._each(name, "enable health {}", accepted=_UNCHECKED)

    def _each(self, name: str, template: str, *, accepted: str = "") -> None:
        server_name(name)  # before it is looked for
        groups = [row["be_name"] for row in _states(self._ask("show servers state")) if row["srv_name"] == name]
        if not groups:
            raise BackendError(f"the balancer of app {self._settings.app!r} does not know replica {name!r}")
        for group in groups:
            self._command(template.format(f"{group}/{name}"), accepted=accepted)

    def _command(self, command: str, *, accepted: str = "") -> None:
        answer = self._ask(command).strip()
        if answer not in _ACCEPTED and not (accepted and answer.startswith(accepted)):
            what = f"the balancer of app {self._settings.app!r} refused {command!r}"
            raise BackendError(what, evidence=answer.splitlines())


def in_flight(statistics: str, name: str) -> int:
    """Return how many requests or connections a server has or is waited for, over all its ports."""
    return sum(_sessions(row) for row in _statistics(statistics) if row["svname"] == name)


def _sessions(figures: Mapping[str, str]) -> int:
    return int(figures.get("scur") or 0) + int(figures.get("qcur") or 0)


def _statistics(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(text.lstrip("# \n").splitlines())


def _states(text: str) -> Iterator[dict[str, str]]:
    """Read the table of states: a version, a header, a line for each server."""
    lines = text.strip().splitlines()[1:]
    header = lines[0].lstrip("# ").split() if lines else []
    for line in lines[1:]:
        yield dict(zip(header, line.split(), strict=False))


def _server(state: dict[str, str], figures: dict[str, str]) -> Server:
    admin = _admin(int(state["srv_admin_state"]), state["srv_uweight"])
    checking = int(state["srv_check_state"])
    checked = bool(checking & _CHECKED)
    code = figures.get("check_code") or ""
    return Server(
        name=state["srv_name"],
        address=state["srv_addr"],
        admin=admin,
        passing=state["srv_op_state"] != _DOWN and (not checked or _passed(admin, state["srv_check_result"])),
        ports={state["be_name"]: int(state["srv_port"])},
        asked=int(state["srv_check_port"]) if checked else None,
        whole=not checked or bool(checking & _ASKING),
        sessions=_sessions(figures),
        check=(figures.get("check_status") or "").lstrip("* ").replace("INI", ""),
        code=int(code) if code.isdigit() else None,
        detail=figures.get("last_chk") or figures.get("check_desc") or "",
    )


def _passed(admin: Admin, result: str) -> bool:
    """True after a check that passed; a server of the file serves from the start, before its first check."""
    return result in _PASSED or (admin is Admin.READY and result == _UNKNOWN)


def _admin(mask: int, weight: str) -> Admin:
    if mask & _MAINTENANCE:
        return Admin.MAINT
    if mask & _DRAIN:
        return Admin.DRAIN
    return Admin.TRIAL if weight == "0" else Admin.READY


def _merged(parts: Sequence[Server]) -> Server:
    """One server of several ports passes when all do, and shows the check of the first that does not."""
    shown = next((part for part in parts if not part.passing), parts[0])
    return replace(
        shown,
        passing=all(part.passing for part in parts),
        ports={group: number for part in parts for group, number in part.ports.items()},
        asked=parts[0].asked,
        whole=all(part.whole for part in parts),
        sessions=sum(part.sessions for part in parts),
    )
