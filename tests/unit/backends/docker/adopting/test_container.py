"""A container in the words of a spec: each field is carried, or named as lost."""

from __future__ import annotations

from typing import Any

import pytest

from cloudkit.backends.docker.adopting.candidate import Container, named
from cloudkit.backends.docker.adopting.container import Said, said
from cloudkit.errors import UnsupportedError, UsageError
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe
from cloudkit.model.resources import Resources
from cloudkit.model.secret import Secret

ID = "c" * 64
IMAGE = "sha256:" + "a" * 64
INHERITED = {
    "Env": ["PATH=/bin"],
    "Cmd": ["serve"],
    "Entrypoint": ["tini"],
    "User": "node",
    "Labels": {"from": "image"},
}


def converted(config: dict[str, Any] | None = None, host: dict[str, Any] | None = None, **rest: Any) -> Said:
    """Return a container that differs from its image in some fields in the words of a spec."""
    whole = {**INHERITED, "Image": "web:1", "Hostname": ID[:12], "WorkingDir": "", **(config or {})}
    usual = {"NetworkMode": "bridge", "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}, "Runtime": "runc"}
    detail = {
        "Id": ID,
        "Config": whole,
        "HostConfig": {**usual, **(host or {})},
        "Mounts": [],
        "NetworkSettings": {"Networks": {"bridge": {}}, "Ports": {}},
        **rest,
    }
    image = {"Id": IMAGE, "RepoTags": ["web:1"], "Config": INHERITED}
    return said(Container(name="old", namespace="ns", detail=detail, image=image), "web")


def test_what_the_image_says_is_left_to_it() -> None:
    """So that another image of the app brings its own."""
    spec = converted().spec

    assert (spec.env, spec.command, spec.entrypoint, spec.user, spec.labels) == ({}, None, None, None, {})
    assert str(spec.image) == f"docker.io/library/web:1@{IMAGE}"
    assert (spec.kind, spec.restart, spec.init) == ("worker", "always", False)


CARRIED: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("variables", {"Env": ["PATH=/bin", "A=b=c", "DB_PASSWORD=x"]}, {},
     {"env": {"A": "b=c", "DB_PASSWORD": Secret("x")}}),
    ("its program", {"Cmd": ["other"]}, {}, {"entrypoint": None, "command": ("other",)}),
    ("its entrypoint", {"Entrypoint": ["sh"], "Cmd": None}, {}, {"entrypoint": ("sh",), "command": ()}),
    ("as whom it runs", {"User": "1000", "WorkingDir": "/srv"}, {}, {"user": "1000", "workdir": "/srv"}),
    ("how it ends", {"StopSignal": "INT", "StopTimeout": 3}, {}, {"stop_signal": "SIGINT", "stop_grace": 3.0}),
    ("its health", {"Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 2_000_000_000}}, {},
     {"readiness": ExecProbe(command=("sh", "-c", "true"), period=2, timeout=30)}),
    ("ports", {}, {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}},
     {"ports": (Port(number=80, publish=8080, host="0.0.0.0", protocol="tcp"),)}),
    ("ports of the image", {"ExposedPorts": {"80/tcp": {}}}, {}, {"ports": (Port(number=80, protocol="tcp"),)}),
    ("limits", {}, {"Memory": 2**26, "MemorySwap": 2**27, "NanoCpus": 500_000_000, "PidsLimit": 50},
     {"resources": Resources(cpu="500m", memory=str(2**26), pids=50)}),
    ("half a core as a quota", {}, {"CpuQuota": 50_000, "CpuPeriod": 100_000}, {"resources": Resources(cpu="500m")}),
    ("what it may", {}, {"ReadonlyRootfs": True, "CapDrop": ["CAP_NET_RAW"], "Init": True},
     {"read_only": True, "drop": ("NET_RAW",), "init": True}),
    ("memory", {}, {"Tmpfs": {"/tmp": ""}}, {"mounts": (Mount(target="/tmp", kind="tmpfs"),)}),
    ("restarts", {}, {"RestartPolicy": {"Name": "no"}}, {"restart": "never"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "config", "host", "fields"), CARRIED, ids=[one[0] for one in CARRIED])
def test_a_field_is_carried(what: str, config: dict[str, Any], host: dict[str, Any], fields: dict[str, Any]) -> None:
    """Nothing is named as lost then."""
    found = converted(config, host)

    assert {name: getattr(found.spec, name) for name in fields} == fields, what
    assert found.lost == ()


@pytest.mark.parametrize(
    ("config", "host", "path"),
    [
        ({}, {"Privileged": True}, "HostConfig.Privileged"),
        ({}, {"CapAdd": ["SYS_ADMIN"]}, "HostConfig.CapAdd"),
        ({}, {"ExtraHosts": ["db:10.0.0.1"]}, "HostConfig.ExtraHosts"),
        ({"Tty": True}, {}, "Config.Tty"),
        ({"Hostname": "web.local"}, {}, "Config.Hostname"),
        ({}, {"PortBindings": {"53/udp": [{"HostPort": "53"}]}}, "HostConfig.PortBindings (53/udp is not TCP)"),
    ],
)
def test_a_field_that_no_spec_has_is_named(config: dict[str, Any], host: dict[str, Any], path: str) -> None:
    """By its place in what the engine says."""
    assert converted(config, host).lost == (path,)


def test_a_folder_is_carried_and_a_volume_is_not() -> None:
    """An app's volumes have names of their own: the error says how the data get there."""
    folder = {"Type": "bind", "Source": "/host", "Destination": "/data", "RW": False}
    volume = {"Type": "volume", "Name": "data", "Destination": "/data", "RW": True}

    mount = Mount(target="/data", source="/host", kind="bind", read_only=True)
    assert converted(Mounts=[folder]).spec.mounts == (mount,)
    with pytest.raises(UnsupportedError, match="'data'") as refused:
        converted(Mounts=[volume])
    assert "-v data:/from -v ns.data:/to" in refused.value.hint


def test_networks_of_others_are_named() -> None:
    """Those who reach it there by its name would not find the app."""
    found = converted(NetworkSettings={"Networks": {"shop": {}}, "Ports": {}})

    assert found.lost == ("HostConfig.NetworkMode (on network shop)",)


def test_what_goes_when_it_stops_is_refused() -> None:
    """There would be no way back."""
    with pytest.raises(UnsupportedError, match="no way back"):
        converted(host={"AutoRemove": True})


@pytest.mark.parametrize("text", ["old", "container/", "/old", "pod/old"])
def test_what_is_no_kind_and_name_is_refused(text: str) -> None:
    """The error says what is one."""
    with pytest.raises(UsageError, match="container/old"):
        named(text)


def test_a_port_of_the_image_counts_where_it_is_listened_on() -> None:
    """Else the app would never be ready."""
    config = {**INHERITED, "Image": "web:1", "Hostname": ID[:12], "ExposedPorts": {"80/tcp": {}, "81/tcp": {}}}
    detail = {"Id": ID, "Config": config, "HostConfig": {}, "NetworkSettings": {}}
    image = {"Id": IMAGE, "RepoTags": ["web:1"], "Config": INHERITED}
    container = Container(name="old", namespace="ns", detail=detail, image=image, listens=frozenset({81}))

    assert [port.number for port in said(container, "web").spec.ports] == [81]
