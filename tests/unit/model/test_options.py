"""Options mean the same typed in Python and given as text by a shell."""

from __future__ import annotations

from typing import Any, get_type_hints

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from unit.model.outcome import outcome
from unit.model.strategies import app_specs

from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount
from cloudkit.model.options import AppOptions, spec_changed, spec_from
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret
from cloudkit.verbs.docstring import Docstring

IMAGE = Reference.parse("web:1")
WEB = AppSpec(name="web", image=IMAGE, ports=(Port(number=3000, publish=3000),))

MEANT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"replicas": "3"}, {"replicas": 3}),
    ({"command": "npm run 'my script'"}, {"command": ("npm", "run", "my script")}),
    ({"command": ["npm", "start"]}, {"command": ("npm", "start")}),
    ({"entrypoint": "sh -c"}, {"entrypoint": ("sh", "-c")}),
    ({"env": {"A": "1", "T": Secret("x")}}, {"env": {"A": "1", "T": Secret("x")}}),
    ({"env": ["A=1", "B=x=y", "C="]}, {"env": {"A": "1", "B": "x=y", "C": ""}}),
    ({"env": "A=1"}, {"env": {"A": "1"}}),
    ({"cpu": 0.5, "memory": 268_435_456}, {"resources": Resources(cpu="0.5", memory="268435456")}),
    ({"cpu": "500m", "pids": "100"}, {"resources": Resources(cpu="500m", pids=100)}),
    ({"cpu_request": "10m", "memory_request": "1Mi"}, {"resources": Resources(cpu_request="10m",
    memory_request="1Mi")}),
    ({"deadline": "5m", "drain": "1.5"}, {"rollout": Rollout(deadline=300, drain=1.5)}),
    ({"max_surge": "2", "max_unavailable": 1}, {"rollout": Rollout(max_surge=2, max_unavailable=1)}),
    ({"stop_grace": "30s", "stop_signal": "int"}, {"stop_grace": 30.0, "stop_signal": "SIGINT"}),
    ({"restart": "never", "user": "node", "workdir": "/srv"}, {"restart": "never", "user": "node", "workdir": "/srv"}),
    ({"volumes": "data:/data"}, {"mounts": (Mount(target="/data", source="data"),)}),
    ({"volumes": ["/srv:/srv:ro", Mount(target="/tmp", kind="tmpfs")]},
     {"mounts": (Mount(target="/srv", source="/srv", kind="bind", read_only=True), Mount(target="/tmp",
     kind="tmpfs"))}),
    ({"networks": "db", "labels": ["team=shop"]}, {"networks": ("db",), "labels": {"team": "shop"}}),
    ({"read_only": "yes", "init": "off"}, {"read_only": True, "init": False}),
    ({"drop": ["cap_net_raw", "SYS_ADMIN"]}, {"drop": ("NET_RAW", "SYS_ADMIN")}),
    ({"liveness": "/healthz every 10s timeout 2s"}, {"liveness": HttpProbe(path="/healthz", period=10, timeout=2)}),
]  # fmt: skip


@pytest.mark.parametrize(("options", "fields"), MEANT)
def test_an_option_changes_its_field_and_nothing_else(options: AppOptions, fields: dict[str, Any]) -> None:
    """The spec differs in what was given only."""
    assert spec_changed(WEB, options) == WEB.replace(**fields)


PORTS: list[tuple[dict[str, Any], tuple[Port, ...]]] = [
    ({"port": 8080}, (Port(number=8080, publish=8080),)),
    ({"port": "8080"}, (Port(number=8080, publish=8080),)),
    ({"port": "5432/tcp"}, (Port(number=5432, publish=5432, protocol="tcp"),)),
    ({"port": [80, "443/tcp"]}, (Port(number=80, publish=80), Port(number=443, protocol="tcp"))),
    ({"port": Port(number=9)}, (Port(number=9),)),
    ({"port": []}, ()),
    ({"publish": True}, (Port(number=3000, publish=3000),)),
    ({"publish": False}, (Port(number=3000),)),
    ({"publish": "false"}, (Port(number=3000),)),
    ({"publish": None}, (Port(number=3000),)),
    ({"publish": 0}, (Port(number=3000, publish=0),)),
    ({"publish": "0"}, (Port(number=3000, publish=0),)),
    ({"publish": 8080}, (Port(number=3000, publish=8080),)),
    ({"publish": "0.0.0.0:8080"}, (Port(number=3000, publish=8080, host="0.0.0.0"),)),
    ({"publish": "[::]:8080"}, (Port(number=3000, publish=8080, host="::"),)),
    ({"publish": "localhost:8080"}, (Port(number=3000, publish=8080),)),
    ({"protocol": "tcp"}, (Port(number=3000, publish=3000, protocol="tcp"),)),
    ({"port": 80, "publish": 8080}, (Port(number=80, publish=8080),)),
]


@pytest.mark.parametrize(("options", "ports"), PORTS)
def test_ports_and_where_they_are_published(options: AppOptions, ports: tuple[Port, ...]) -> None:
    """The same number on loopback unless something else is asked for."""
    assert spec_changed(WEB, options).ports == ports


@pytest.mark.parametrize(("old", "new"), [(8080, 8080), (0, 0), (None, None), (3000, 4000)])
def test_another_port_keeps_how_the_first_one_was_published(old: int | None, new: int | None) -> None:
    """A published port of its own stays; the same number stays the same number."""
    before = WEB.replace(ports=(Port(number=3000, publish=old, host="0.0.0.0", protocol="tcp"),))

    after = spec_changed(before, {"port": 4000})

    assert after.ports == (Port(number=4000, publish=new, host="0.0.0.0", protocol="tcp"),)


def test_a_new_app_publishes_its_first_port_on_loopback() -> None:
    """Nothing is reachable from outside unless asked for, and only the first port at all."""
    spec = spec_from("web", IMAGE, {"port": [3000, 9229]})

    assert spec.ports == (Port(number=3000, publish=3000, host="127.0.0.1"), Port(number=9229))


PROBES: list[tuple[str, Probe]] = [
    ("/healthz", HttpProbe(path="/healthz")),
    ("http", HttpProbe()),
    ("http:", HttpProbe()),
    ("http:8080", HttpProbe(port=8080)),
    ("http:8080/healthz?full=1", HttpProbe(port=8080, path="/healthz?full=1")),
    ("http:/healthz", HttpProbe(path="/healthz")),
    ("tcp", TcpProbe()),
    ("tcp:5432", TcpProbe(port=5432)),
    ("exec:pg_isready -q", ExecProbe(command=("pg_isready", "-q"))),
    ("every 2s exec:sh -c 'a  b' every 3s", ExecProbe(command=("sh", "-c", "a  b", "every", "3s"), period=2)),
    ("/x every 2s timeout 1.5 after 5s failures 30 successes 2",
     HttpProbe(path="/x", period=2, timeout=1.5, initial_delay=5, failure_threshold=30, success_threshold=2)),
    ("  every 2s   tcp   after 250ms ", TcpProbe(period=2, initial_delay=0.25)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "probe"), PROBES)
def test_a_probe_is_one_line(text: str, probe: Probe) -> None:
    """A path, a port or a command, with its timing around it."""
    assert spec_changed(WEB, {"readiness": text}).readiness == probe


REFUSED: list[dict[str, Any]] = [
    *({"readiness": text} for text in (
        "healthz", "5432", ":8080/x", "http://web/x", "//x", "tcp:1/x", "tcp:0", "tcp:99999", "http:x", "grpc:1",
        "exec:", "exec:'",
        "every", "every 2s", "/x every", "/x every 0s", "/x every soon", "/x failures 1.5", "/x often",
        "/x every 2s every 3s",
        "every 2s /x every 3s", "/x /y", '/"', "x" * 4097, 5, True, ["/x"])),
    *({"port": value} for value in (0, 65_536, "80/udp", "80:80", "http", "", -1, 1.5, True, None, {"a": 1}, [None],
        [80, 80], 10**5000)),
    *({"publish": value} for value in (65_536, -1, "x", "1.2.3:80", "[zz]:80", "example.org:80", "::80", 1.5, [80],
        "80/tcp")),
    *({"protocol": value} for value in ("udp", "", None, 5, ["http"])),
    {"port": [], "publish": True},
    {"port": [], "readiness": "/"},
    *({"replicas": value} for value in ("", "three", "1e3", "\uff11", None, 1.5, True, -1, "9" * 40, 10**5000)),
    *({"command": value} for value in ("npm '", "a\0b", 5, ["npm", 5], {"a": "b"}, b"npm", "x" * 131_073)),
    *({"env": value} for value in ("A", ["A"], ["A=1", "A=2"], ["=1"], [5], {5: "x"}, {"A": 5}, None, 5)),
    *({"labels": value} for value in (["a"], {"cloudkit/x": "1"}, {"a": "b c"}, None)),
    *({"cpu": value} for value in (True, -1, 0, float("nan"), "half", [1], {"a": 1})),
    *({"memory": value} for value in ("128m", -1, 1, 1e400, "lots")),
    *({"deadline": value} for value in ("1e9h", -1, None, float("nan"), [5], "")),
    *({"volumes": value} for value in ("/data", "./x:/data", "~/x:/data", "a/b:/data", "data:/data:rx", "a:b:c:d", "",
        ":", None, 5,
                                      ["a:/x", "b:/x"], "data:data", "tmpfs:/", "x" * 10_000)),
    *({"drop": value} for value in ("EVERYTHING", [5], None)),
    *({"init": value} for value in ("maybe", 1, None, "", "x" * 10_000)),
    *({"restart": value} for value in ("sometimes", None, True)),
    *({"stop_signal": value} for value in ("15", "bye", 15)),
    *({"networks": value} for value in ("My Net", [5], None)),
]  # fmt: skip


@pytest.mark.parametrize(
    "options", [pytest.param(one, id=f"{next(iter(one))}-{index}") for index, one in enumerate(REFUSED)]
)
def test_a_value_that_an_option_cannot_have_is_refused(options: dict[str, Any]) -> None:
    """Prompts and shells check no types, so every option does; the error stays short."""
    with pytest.raises(UsageError) as caught:
        spec_changed(WEB, options)  # type: ignore[arg-type] # that is the point

    assert len(str(caught.value)) < 800


@pytest.mark.parametrize(
    ("name", "meant"), [("replica", "replicas"), ("enviroment", "env"), ("read-only", "read_only"), ("cpus", "cpu")]
)
def test_an_unknown_option_is_answered_with_what_it_may_have_meant(name: str, meant: str) -> None:
    """The nearest name is the hint, or all of them where none is near."""
    with pytest.raises(UsageError) as caught:
        spec_changed(WEB, {name: "1"})  # type: ignore[misc] # that is the point

    assert repr(name) in caught.value.summary
    assert meant in caught.value.hint


@pytest.mark.parametrize(
    "field", ["command", "entrypoint", "startup", "readiness", "liveness", "stop_signal", "user", "workdir"]
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_none_or_an_empty_text_takes_an_option_back(field: str, nothing: str | None) -> None:
    """What the image or the engine decides by itself, it decides again."""
    before = WEB.replace(
        command=("a",), entrypoint=("b",), startup=TcpProbe(), readiness=TcpProbe(), liveness=TcpProbe(),
        stop_signal="SIGINT",
        user="node", workdir="/srv",
    )  # fmt: skip

    after = spec_changed(before, {field: nothing})  # type: ignore[misc] # any of them

    assert after == before.replace(**{field: None})


def test_no_error_shows_the_value_of_a_variable() -> None:
    """A line without a key may be a secret that was pasted."""
    for given_env in ("hunter2", ["A=hunter2", "A=hunter2"], {"A": "hunter2\0"}):
        with pytest.raises(UsageError) as caught:
            spec_changed(WEB, {"env": given_env})

        assert "hunter2" not in str(caught.value)


def test_every_option_is_documented_in_the_order_in_which_it_is_declared() -> None:
    """The shell's help and the reference page are read from this docstring."""
    documented = Docstring.parse(AppOptions.__doc__).arguments

    assert list(documented) == list(get_type_hints(AppOptions))
    assert all(documented.values())


@settings(max_examples=50)
@given(app_specs())
def test_no_option_changes_nothing(spec: AppSpec) -> None:
    """An empty change is none; another image alone is another image alone."""
    image = Reference.parse("other@sha256:" + "0" * 64)

    assert spec_changed(spec, {}) == spec
    assert spec_changed(spec, {}, image=image) == spec.replace(image=image)


OPTION = st.sampled_from(sorted(AppOptions.__optional_keys__))
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.binary(max_size=5)
    | st.builds(Secret, st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300)
@given(OPTION, JUNK | st.text("aA/:.=0s '\"\\é\0", max_size=60))
@example("command", "a " * 5000)
@example("command", "'" * 9999)
@example("readiness", "every 1s " * 400)
@example("volumes", ":" * 5000)
@example("publish", "[" + ":" * 9999)
@example("env", ["=" * 10_000])
@example("port", ["1"] * 10_000)
@example("stop_grace", "1" * 10_000)
def test_any_value_is_understood_or_refused(option: str, value: object) -> None:
    """Whatever is given to whichever option, the answer is a spec or a UsageError."""
    found = outcome(lambda: spec_changed(WEB, {option: value}))  # type: ignore[misc] # that is the point

    assert isinstance(found, AppSpec) or len(str(found)) < 2000
