"""The small values of a spec refuse what cannot be, each by its field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudkit.errors import UsageError
from cloudkit.model.build import BuildSpec
from cloudkit.model.log import LogQuery
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret
from cloudkit.model.task import TaskSpec

WEB = Reference.parse("web:1")
DATA = Mount(target="/data", source="data")
PINNED = WEB.pinned(Digest.parse("sha256:" + "0" * 64))
NAN, INFINITE = float("nan"), float("inf")

MAKERS: dict[str, Callable[..., object]] = {
    "port": lambda **given: Port(**{"number": 80} | given),
    "http": HttpProbe,
    "tcp": TcpProbe,
    "exec": lambda **given: ExecProbe(**{"command": ("true",)} | given),
    "mount": lambda **given: Mount(**{"target": "/data", "source": "data"} | given),
    "memory": lambda **given: Mount(**{"target": "/data", "kind": "tmpfs"} | given),
    "resources": Resources,
    "rollout": Rollout,
    "task": lambda **given: TaskSpec(**{"image": WEB} | given),
    "build": lambda **given: BuildSpec(**{"context": Path()} | given),
    "logs": LogQuery,
}
REFUSED: list[tuple[str, str, Any]] = [
    *(("port", "number", value) for value in (0, -1, 65_536, "80", 80.0, True, None)),
    *(("port", "publish", value) for value in (-1, 65_536, "80", False)),
    *(("port", "host", value) for value in ("", "localhost", "example.org", "1.2.3", "fe80::1%eth0", "0.0.0.0\n",
        None, 0)),
    *(("port", "protocol", value) for value in ("udp", "HTTP", "", None)),
    *(("http", "path", value) for value in ("", "healthz", "/a b", '/"', "/'", "/a\r\nHost: x", "/é", "/" * 1025,
        None)),
    *(("http", "port", value) for value in (0, 65_536, "80")),
    *(("http", "period", value) for value in (0, 0.05, -1, NAN, INFINITE, 3601, "1", None, True)),
    *(("http", "timeout", value) for value in (0, NAN, "1s")),
    *(("http", "initial_delay", value) for value in (-1, NAN, 3601)),
    *(("tcp", "port", value) for value in (0, 65_536, "80")),
    *(("tcp", "failure_threshold", value) for value in (0, 1.5, "3")),
    *(("tcp", "success_threshold", value) for value in (0, -1)),
    *(("exec", "command", value) for value in ((), "true", ["true"], ("",), ("a\0",))),
    *(("mount", "target", value) for value in ("", "/", "data", "/a/../b", "/a/", "//a", "/a//b", "/./a", "/a\n",
        "/a\0", None)),
    *(("mount", "source", value) for value in ("", "-v", "a/b", "../x", ".", "a" * 64, "a:b", None)),
    *(("mount", "kind", value) for value in ("nfs", "VOLUME", "", None)),
    ("memory", "kind", "nfs"),
    ("mount", "read_only", 1),
    *(("resources", "cpu", value) for value in ("", "-1", "0", "9m", "10001", "NaN", "inf", "1x", "1 ", "1e999",
        "1,5", 1)),
    *(("resources", "memory", value) for value in ("128m", "1Ki", "5Mi", "-1Mi", "8Ei", "16Ei", "256mi", "256MB",
        "1e400", 256)),
    *(("resources", "pids", value) for value in (0, -1, 4_194_305, "100", 1.0)),
    *(("resources", "cpu_request", value) for value in ("0", "-1", "11k")),
    *(("rollout", "max_surge", value) for value in (-1, 1.5, "25%", 0)),
    *(("rollout", "max_unavailable", value) for value in (-1, 1.5, "25%", 10_001)),
    *(("rollout", "deadline", value) for value in (0, -1, NAN, 86_401)),
    *(("rollout", "drain", value) for value in (-1, NAN, "30s")),
    *(("task", "command", value) for value in ("npm test", ["npm"], None)),
    *(("task", "timeout", value) for value in (-1, NAN, INFINITE, "10")),
    *(("task", "stdin", value) for value in ("text",)),
    *(("task", "entrypoint", value) for value in ("sh", ["sh"], ("a\0",))),
    ("task", "image", "web:1"),
    ("task", "mounts", (DATA, DATA)),
    ("task", "resources", None),
    ("task", "user", "a b"),
    ("task", "workdir", "srv"),
    ("task", "env", {"A": 5}),
    ("task", "mounts", ("data:/data",)),
    *(("build", "context", value) for value in (".", None)),
    *(("build", "tags", value) for value in (("web:1",), (WEB, WEB), (PINNED,), [WEB])),
    *(("build", "args", value) for value in ({"1A": "x"}, {"A-B": "x"}, {"A": 5}, {"A": "\0"}, ["A=1"])),
    *(("build", "secrets", value) for value in ({"key": "plain"}, {"a b": Secret("x")}, {"../x": Path("x")})),
    *(("build", "target", value) for value in ("", "a b", "-x", 1)),
    *(("build", "platforms", value) for value in (("linux",), ("linux/arm64,linux/amd64",), ("Linux/amd64",),
        "linux/amd64")),
    *(("build", "ssh", value) for value in (("default\n",), ("",), "default")),
    *(("build", "cache_from", value) for value in (("a\0",), ("",))),
    *(("build", "labels", value) for value in ({"a b": "x"}, {"": "x"}, {"a": 5}, {"a": "\0"})),
    ("build", "dockerfile", "Dockerfile"),
    ("build", "dockerfile_text", Path()),
    ("build", "ssh", ("default", "default")),
    ("build", "no_cache", 1),
    ("build", "pull", 1),
    *(("logs", "tail", value) for value in (-1, "20", 1.5)),
    ("logs", "since", "10m"),
    ("logs", "until", "10m"),
    ("logs", "follow", 1),
    ("logs", "replica", 1),
]  # fmt: skip
CASES = [pytest.param(*case, id=f"{case[0]}-{case[1]}-{index}") for index, case in enumerate(REFUSED)]


@pytest.mark.parametrize(("kind", "field", "value"), CASES)
def test_a_value_that_cannot_be_is_refused(kind: str, field: str, value: Any) -> None:
    """The error says what was given and what is allowed."""
    with pytest.raises(UsageError, match="allowed is"):
        MAKERS[kind](**{field: value})


@pytest.mark.parametrize("kind", MAKERS)
def test_defaults_are_allowed(kind: str) -> None:
    """What is not given passes the checks of what is."""
    assert MAKERS[kind]() == MAKERS[kind]()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "::1", "192.0.2.7", "2001:db8::1"])
def test_a_port_is_published_on_any_address(host: str) -> None:
    """Every IP address of a host is allowed."""
    assert Port(number=80, publish=80, host=host).host == host


@pytest.mark.parametrize(
    ("given", "hint"), [({"memory": "128m"}, "128Mi"), ({"memory": "512MB"}, "512M"), ({"memory": "1gib"}, "1Gi")]
)
def test_an_amount_that_was_meant_otherwise_is_proposed(given: dict[str, str], hint: str) -> None:
    """Thousandths of a byte and a unit spelled out are what people write by mistake."""
    with pytest.raises(UsageError) as caught:
        Resources(**given)  # type: ignore[arg-type] # pids is never among them

    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("given", [{"cpu": "1", "cpu_request": "1001m"}, {"memory": "1Gi", "memory_request": "1025Mi"}])
def test_a_request_above_its_limit_is_refused(given: dict[str, str]) -> None:
    """No cluster would run it."""
    with pytest.raises(UsageError, match="at most the limit"):
        Resources(**given)  # type: ignore[arg-type] # pids is never among them


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "bind", "source": "/srv"},
        {"kind": "tmpfs", "source": ""},
        {"kind": "volume", "source": "shop_data-1.x"},
    ],
)
def test_each_kind_of_mount_has_its_own_source(given: dict[str, Any]) -> None:
    """A bind has a path, a volume a name, memory nothing."""
    assert Mount(target="/data", **given).source == given["source"]


@pytest.mark.parametrize(
    "given",
    [{"kind": "bind", "source": "srv"}, {"kind": "tmpfs", "source": "data"}, {"kind": "volume", "source": "/srv"}],
)
def test_a_source_of_another_kind_is_refused(given: dict[str, Any]) -> None:
    """A relative path is no bind, memory has no source, a path names no volume."""
    with pytest.raises(UsageError, match="mount: source"):
        Mount(target="/data", **given)


def test_a_build_has_one_dockerfile() -> None:
    """A file and a text at once would leave open which is meant."""
    with pytest.raises(UsageError, match="dockerfile_text"):
        BuildSpec(context=Path(), dockerfile=Path("Dockerfile"), dockerfile_text="FROM web")


def test_no_error_of_a_build_shows_a_secret() -> None:
    """A secret given as plain text is refused by its id alone."""
    with pytest.raises(UsageError) as caught:
        BuildSpec(context=Path(), secrets={"token": "hunter2"})  # type: ignore[dict-item] # that is the point

    assert "token" in str(caught.value)
    assert "hunter2" not in str(caught.value)
