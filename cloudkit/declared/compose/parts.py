"""Parts of a compose service as options: its command, variables, ports, limits, volumes and its check."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from cloudkit.declared.fields import Fields
from cloudkit.declared.secrets import secret
from cloudkit.errors import ConfigError, UsageError
from cloudkit.model.convert import integer
from cloudkit.model.duration import seconds
from cloudkit.model.frozen import changed
from cloudkit.model.given import PREFIX
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe
from cloudkit.model.refusal import shown
from cloudkit.model.secret import Secret

__all__ = [
    "command_of",
    "environment_of",
    "limits_of",
    "named_secrets",
    "pairs_of",
    "ports_of",
    "probe_of",
    "stop_of",
    "volumes_of",
]

_PORT = re.compile(
    r"(?:(?:\[?(?P<host>[0-9a-fA-F.:]+)\]?:)?(?P<publish>[0-9]*):)?(?P<number>[0-9]+)(?:/(?P<kind>[a-z]+))?"
)
_AMOUNT = re.compile(r"(?P<number>[0-9.]+)(?P<unit>[bkmg]?)b?", re.IGNORECASE)
_SECRET = re.compile(rf"\$\{{{PREFIX}[A-Z0-9_]+:\?\}}")
_UNITS = {"": "", "b": "", "k": "Ki", "m": "Mi", "g": "Gi"}


def command_of(service: Fields, name: str) -> list[str] | None:
    """Return a command as its words; a line is split as a shell splits it."""
    value = service.take(name)
    if value is None:
        return None
    if isinstance(value, str):
        return shlex.split(value)
    if not isinstance(value, list):
        raise ConfigError(f"{service.place(name)} is {shown(value)}, which is no command")
    return [str(word) for word in value]


def pairs_of(service: Fields, name: str) -> dict[str, str]:
    """Return a mapping that may be written as a list of ``KEY=VALUE``."""
    value = service.take(name)
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {str(key): _scalar(item) for key, item in value.items()}
    return {key: item for key, _, item in (str(one).partition("=") for one in value)}


def environment_of(service: Fields, folder: Path, environ: Mapping[str, str]) -> dict[str, str | Secret]:
    """Return the variables of a service: of its files, then its own; one without a value has this machine's."""
    found: dict[str, str | Secret] = {}
    files = service.take("env_file")
    for file in [files] if isinstance(files, str | Mapping) else files or ():
        path = file.get("path") if isinstance(file, Mapping) else file
        found |= dict(_file_lines(folder / str(path)))
    value = service.take("environment") or {}
    entries = value.items() if isinstance(value, Mapping) else [_entry(str(one)) for one in value]
    for key, item in entries:
        if isinstance(item, Mapping):
            found[str(key)] = secret(str(item.get("secret")))
        elif item is not None:
            found[str(key)] = _scalar(item)
        elif key in environ:
            found[str(key)] = environ[key]
    return found


def named_secrets(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file in which the variables that ask for a secret name it, before any variable is put in.

    >>> named_secrets({"services": {"web": {"environment": {"TOKEN": "${CLOUDKIT_SECRET_WEB_TOKEN:?}"}}}})
    {'services': {'web': {'environment': {'TOKEN': {'secret': 'TOKEN'}}}}}
    """
    services = data.get("services")
    if not isinstance(services, Mapping):
        return dict(data)
    return dict(data) | {"services": {name: _named(one) for name, one in services.items()}}


def _named(service: Any) -> Any:  # noqa: ANN401  # somebody else's data
    env = service.get("environment") if isinstance(service, Mapping) else None
    if not isinstance(env, Mapping):
        return service
    asked = {key: {"secret": key} for key, value in env.items() if isinstance(value, str) and _SECRET.fullmatch(value)}
    return {**service, "environment": {**env, **asked}}


def ports_of(service: Fields, notes: list[str]) -> dict[str, object]:
    """Return the ports that a service listens on; those that it only exposes are private.

    Each is balanced by connection, as compose says nothing of requests, but where its ``app_protocol`` is ``http``.
    """
    ports = dict[int, Port]()
    for index, value in enumerate(service.items("ports")):
        where = f"{service.where}.ports[{index}]"
        port = (
            _short_port(str(value), where, notes) if not isinstance(value, Mapping) else _long_port(value, where, notes)
        )
        if port is not None:
            ports[port.number] = port
    for value in service.items("expose"):
        number = integer(service.place("expose"), str(value).partition("/")[0])
        ports.setdefault(number, Port(number=number, protocol="tcp"))
    return {"port": list(ports.values())}


def limits_of(service: Fields, deploy: Fields) -> dict[str, object]:
    """Return how much a replica may use."""
    resources = deploy.part("resources")
    limits, reserved = resources.part("limits"), resources.part("reservations")
    pids = limits.take("pids") if "pids" in limits else service.take("pids_limit")
    return {
        "cpu": limits.text("cpus") or service.text("cpus"),
        "memory": _amount(limits.text("memory") or service.text("mem_limit")),
        "cpu_request": reserved.text("cpus"),
        "memory_request": _amount(reserved.text("memory") or service.text("mem_reservation")),
        "pids": None if pids is None else integer("pids", pids),
    }


def stop_of(service: Fields) -> dict[str, object]:
    """Return how a service is asked to stop."""
    grace = service.text("stop_grace_period")
    return {
        "stop_grace": None if grace is None else seconds(service.place("stop_grace_period"), grace),
        "stop_signal": service.text("stop_signal"),
    }


def volumes_of(service: Fields, folder: Path, declared: Mapping[str, Fields], notes: list[str]) -> list[Mount]:
    """Return what a service mounts; a path that is relative is one of the file's folder."""
    mounts = []
    for index, value in enumerate(service.items("volumes")):
        where = f"{service.where}.volumes[{index}]"
        whole = _long_volume(value) if isinstance(value, str) else value
        mount = _mount(Fields(whole, where), folder, declared, notes)
        mounts += [mount] if mount else []
    tmpfs = service.take("tmpfs") or []
    return mounts + [
        Mount(target=str(one).partition(":")[0], kind="tmpfs") for one in ([tmpfs] if isinstance(tmpfs, str) else tmpfs)
    ]


def probe_of(service: Fields) -> Iterator[tuple[str, ExecProbe]]:
    """Yield the check of a service: it is ready while a command passes."""
    if "healthcheck" not in service:
        return
    check = service.part("healthcheck")
    test = check.take("test")
    words = ["CMD-SHELL", test] if isinstance(test, str) else [str(word) for word in test or ["NONE"]]
    if check.take("disable") or words[0] == "NONE":
        return
    command = ("/bin/sh", "-c", *words[1:]) if words[0] == "CMD-SHELL" else tuple(words[1:])
    names = {"interval": "period", "timeout": "timeout", "start_period": "initial_delay"}
    times = {ours: seconds(theirs, told) for theirs, ours in names.items() if (told := check.text(theirs)) is not None}
    retries = check.take("retries")
    failures = 3 if retries is None else integer("retries", retries)
    timing: Mapping[str, object] = {"period": 30.0, "timeout": 30.0} | times
    yield "readiness", changed(ExecProbe(command=command, failure_threshold=failures), timing)


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _entry(text: str) -> tuple[str, str | None]:
    key, equal, value = text.partition("=")
    return key, value if equal else None


def _file_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the variables of a file of lines ``KEY=VALUE``."""
    from cloudkit.model.writing import read_whole

    for line in read_whole(path).splitlines():
        key, equal, value = line.strip().removeprefix("export ").partition("=")
        if equal and not key.startswith("#"):
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            yield key.strip(), value[1:-1] if quoted else value.strip()


def _amount(text: str | None) -> str | None:
    """Return an amount of memory as a cluster writes it: compose's ``512m`` are mebibytes."""
    match = _AMOUNT.fullmatch(text or "")
    return text if match is None else f"{match['number']}{_UNITS[match['unit'].lower()]}"


def _short_port(text: str, where: str, notes: list[str]) -> Port | None:
    match = _PORT.fullmatch(text)
    if match is None:
        raise UsageError(f"{where} is {text!r}, and ranges of ports are not taken", hint="one line for each port")
    whole = {"target": match["number"], "protocol": match["kind"]}
    if match["publish"] is not None:
        whole |= {"published": match["publish"] or "0", "host_ip": match["host"]}
    else:
        whole["published"] = "0"
    return _long_port(whole, where, notes)


def _long_port(value: Mapping[str, Any], where: str, notes: list[str]) -> Port | None:
    """Return a port; compose publishes on all addresses where none is given."""
    fields = Fields(value, where)
    kind = fields.text("protocol") or "tcp"
    app, fields_name = fields.text("app_protocol"), fields.text("name")
    if fields_name:
        notes.append(f"{where}.name")
    if kind != "tcp":
        notes.append(f"{where}: a port of {kind}")
        return None
    published = fields.text("published")
    host, number = fields.text("host_ip") or "0.0.0.0", integer(where, fields.text("target"))  # noqa: S104  # compose's own
    notes += fields.unused()
    protocol: Literal["http", "tcp"] = "http" if app in {"http", "https"} else "tcp"
    publish = 0 if published is None else integer(where, published)
    return Port(number=number, publish=publish, host=host, protocol=protocol)


def _long_volume(text: str) -> dict[str, object]:
    parts = text.split(":")
    if len(parts) == 1:
        return {"type": "volume", "target": parts[0]}
    source, target, *mode = parts
    kind = "bind" if source[:1] in {".", "/", "~"} else "volume"
    words = mode[0].split(",") if mode else []
    other = [word for word in words if word not in {"ro", "rw"}]
    whole: dict[str, object] = {"type": kind, "source": source, "target": target, "read_only": "ro" in words}
    return whole | ({"mode": ",".join(other)} if other else {})


def _mount(fields: Fields, folder: Path, declared: Mapping[str, Fields], notes: list[str]) -> Mount | None:
    kind, source, target = fields.text("type") or "volume", fields.text("source"), fields.text("target") or ""
    read_only = bool(fields.take("read_only"))
    notes += fields.unused()
    if kind == "tmpfs":
        return Mount(target=target, kind="tmpfs")
    if kind == "bind" and source is not None:
        path = Path(source).expanduser()
        return Mount(target=target, kind="bind", source=str(folder.resolve() / path), read_only=read_only)
    if kind == "volume" and source is not None:
        named = declared.get(source)
        name = named.text("name") if named else None
        return Mount(target=target, source=name or source, read_only=read_only)
    notes.append(f"{fields.where}: a mount of type {kind}{'' if source else ' without a name'}")
    return None
