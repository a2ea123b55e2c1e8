"""Probes, mounts and ports in one line each, as they are typed at a prompt.

::

    probe   = { clause } check { clause } | { clause } "exec:" COMMAND
    check   = /PATH | "http" [ ":" [ PORT ] [ /PATH ] ] | "tcp" [ ":" [ PORT ] ]
    clause  = "every" SPAN | "timeout" SPAN | "after" SPAN | "failures" NUMBER | "successes" NUMBER
    mount   = ( VOLUME | /SOURCE | "tmpfs" ) ":" /TARGET [ ":" word { "," word } ]
    word    = "ro" | "rw" | "size=" QUANTITY | "class=" NAME | "shared"
    port    = NUMBER [ "/http" | "/tcp" ]
    publish = "true" | "false" | [ ADDRESS ":" ] PORT
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, cast

from cloudkit.model.convert import integer, words
from cloudkit.model.duration import seconds
from cloudkit.model.frozen import changed
from cloudkit.model.mount import Mount
from cloudkit.model.port import LOOPBACK, PROTOCOLS, Port
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe
from cloudkit.model.refusal import refusal

__all__ = ["mount", "port", "probe", "protocol", "publication"]

LONGEST_LINE = 4096
PROBE_ALLOWED = (
    "/healthz, http:8080/healthz, tcp:5432 or exec:pg_isready -q, "
    "with 'every 2s', 'timeout 1s', 'after 5s', 'failures 30' or 'successes 1' around it, but before exec:"
)
MOUNT_ALLOWED = (
    "data:/var/lib/data, /srv/www:/www or tmpfs:/tmp, with :ro where it is only read; "
    "a volume also with :size=10Gi,class=fast,shared"
)
_SWITCHES: dict[str, dict[str, object]] = {
    "ro": {"read_only": True},
    "rw": {"read_only": False},
    "shared": {"shared": True},
}
_MADE = {"size": "size", "class": "storage_class"}
_CHECK = re.compile(r"(?:(?P<kind>http|tcp)(?::(?P<port>[0-9]{1,5}+)?)?)?(?P<path>/(?!/)\S*+)?")
_PORT = re.compile(r"(?P<number>[0-9]{1,5}+)(?:/(?P<protocol>[a-z]{1,8}+))?")
_PUBLISH = re.compile(r"(?:\[(?P<six>[0-9a-f:.]{1,45}+)\]:|(?P<host>[0-9a-z.]{1,45}+):)?(?P<number>[0-9]{1,5}+)")
_SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_CLAUSES: dict[str, tuple[str, Callable[[str, str], float]]] = {
    "every": ("period", seconds),
    "timeout": ("timeout", seconds),
    "after": ("initial_delay", seconds),
    "failures": ("failure_threshold", integer),
    "successes": ("success_threshold", integer),
}


def probe(option: str, value: object) -> Probe:
    """Read a probe.

    >>> probe("readiness", "tcp:5432 every 2s").port
    5432
    >>> probe("startup", "failures 30 exec:pg_isready -q").command
    ('pg_isready', '-q')
    """
    if isinstance(value, HttpProbe | TcpProbe | ExecProbe):
        return value
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_LINE:
        raise refusal(option, value, PROBE_ALLOWED)
    before, rest = _clauses(option, value)
    if rest.startswith("exec:"):
        return changed(ExecProbe(command=words(option, rest.removeprefix("exec:"))), before)
    check, _, rest = rest.partition(" ")
    after, rest = _clauses(option, rest)
    match = _CHECK.fullmatch(check)
    if rest or not check or match is None or (match["kind"] == "tcp" and match["path"]) or before.keys() & after.keys():
        raise refusal(option, value, PROBE_ALLOWED)
    return changed(_checking(match), before | after)


def mount(option: str, value: object) -> Mount:
    """Read a mount.

    >>> mount("volumes", "/srv/www:/www:ro")
    Mount(target='/www', source='/srv/www', kind='bind', read_only=True)
    >>> mount("volumes", "data:/var/lib/data:size=10Gi,class=fast,shared")
    Mount(target='/var/lib/data', source='data', size='10Gi', storage_class='fast', shared=True)
    """
    if isinstance(value, Mount):
        return value
    parts = value.split(":") if isinstance(value, str) and len(value) <= 2 * LONGEST_LINE else []
    making = _making(parts.pop()) if len(parts) == 3 else {}
    if len(parts) != 2 or making is None:
        raise refusal(option, value, MOUNT_ALLOWED)
    source, target = parts
    if source == "tmpfs":
        return changed(Mount(target=target, kind="tmpfs"), making)
    if source[:1] in {".", "~"} or ("/" in source and not source.startswith("/")):
        raise refusal(option, value, "a volume's name, or the absolute path of a folder of the engine's host")
    kind: Literal["bind", "volume"] = "bind" if source.startswith("/") else "volume"
    return changed(Mount(target=target, source=source, kind=kind), making)


def _making(text: str) -> dict[str, object] | None:
    """Read what follows a mount's path; None where it is nothing that is known."""
    found: dict[str, object] = {}
    for word in text.split(","):
        name, equals, value = word.partition("=")
        if word not in _SWITCHES and (name not in _MADE or not value or not equals):
            return None
        found |= _SWITCHES[word] if word in _SWITCHES else {_MADE[name]: value}
    return found


def port(option: str, value: object) -> Port:
    """Read a port that an app listens on; it is not published.

    >>> port("port", 3000).number, port("port", "5432/tcp").protocol
    (3000, 'tcp')
    """
    if isinstance(value, Port):
        return value
    if isinstance(value, int):
        return Port(number=value)
    match = _PORT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refusal(option, value, "a number such as 3000, or 5432/tcp; publish says where it is reached")
    return Port(number=int(match["number"]), protocol=protocol(option, match["protocol"] or PROTOCOLS[0]))


def protocol(option: str, value: object) -> Literal["http", "tcp"]:
    """Read how a port is balanced."""
    if value not in PROTOCOLS:
        raise refusal(option, value, " or ".join(PROTOCOLS))
    return cast("Literal['http', 'tcp']", value)


def publication(option: str, value: object) -> tuple[str, int | None] | None:
    """Read where a port is published: address and port, the port None for the same number; None is private.

    >>> publication("publish", True), publication("publish", "0.0.0.0:8080"), publication("publish", False)
    (('127.0.0.1', None), ('0.0.0.0', 8080), None)
    """
    wanted = _SWITCH.get(value.lower()) if isinstance(value, str) else value
    if wanted is None and not isinstance(value, str):
        return None
    if isinstance(wanted, bool):
        return (LOOPBACK, None) if wanted else None
    if isinstance(value, int):
        return LOOPBACK, value
    match = _PUBLISH.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refusal(option, value, "8080, 0.0.0.0:8080, [::]:8080, 0 for any free port, True or False")
    host = match["six"] or match["host"] or LOOPBACK
    return LOOPBACK if host == "localhost" else host, int(match["number"])


def _clauses(option: str, line: str) -> tuple[dict[str, float], str]:
    """Take the clauses off the front of a line; return their timing, and the rest."""
    timing: dict[str, float] = {}
    rest = line.strip()
    while (word := rest.partition(" ")[0]) in _CLAUSES:
        given, _, tail = rest.partition(" ")[2].lstrip().partition(" ")
        name, convert = _CLAUSES[word]
        if name in timing:
            raise refusal(option, line, f"{word!r} only once")
        timing[name] = convert(f"{option}: {word}", given)
        rest = tail.lstrip()
    return timing, rest


def _checking(match: re.Match[str]) -> Probe:
    number = int(match["port"]) if match["port"] else None
    if match["kind"] == "tcp":
        return TcpProbe(port=number)
    return HttpProbe(port=number, path=match["path"] or "/")
