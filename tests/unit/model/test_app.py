"""An app's spec refuses what no engine could make true, and says what makes a revision."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given, settings
from unit.model.strategies import app_specs

import cloudkit
from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.job import Job, Schedule
from cloudkit.model.mount import Mount
from cloudkit.model.placement import Placement
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

PORT = Port(number=3000, publish=3000)
DATA = Mount(target="/data", source="data")
PUBLIC = {name: getattr(cloudkit, name) for name in cloudkit.__all__}
WEB = AppSpec(name="web", image=Reference.parse("web:1"), ports=(PORT,))

HOSTILE_NAMES = [
    "", "w" * 41, "w" * 300, "Web", "1web", "-rf", "web-", "we..b", "..", "../etc", "we b", "web\n", "web\0",
    "w\u0435b", "\uff57eb",
    "web;reboot", "$(reboot)", "{{web}}", "web'", 'web"', "web_1", "web.example", None, 5, b"web",
]  # fmt: skip
REFUSED: dict[str, list[Any]] = {
    "name": HOSTILE_NAMES,
    "network": [("db", "db"), *((name,) for name in HOSTILE_NAMES if isinstance(name, str))],
    "networks": [["db"], "db", (5,), None],
    "image": ["web:1", None],
    "replicas": [-1, 10_001, 1.5, "3", True, None, 10**5000],
    "command": ["npm start", ["npm"], ("npm", 5), ("a\0b",), ("\ud800",), ("x" * 131_073,)],
    "entrypoint": ["sh"],
    "env": [["A=1"], None, {"": "x"}, {"1A": "x"}, {"A B": "x"}, {"A=B": "x"}, {"A\n": "x"}, {5: "x"}, {"A": 5},
            {"A": None}, {"A": "x\0"}, {"A": "\ud800"}, {"A": Secret("\0")}, {"A": "x" * 131_073}],
    "labels": [{"": "x"}, {"a b": "x"}, {"a": "x y"}, {"a": "x" * 64}, {"a" * 64: "x"}, {"a": "-x"}, {"a": 5}, {5: "x"},
               {"cloudkit/spec": "x"}, {"app.kubernetes.io/name": "x"}, {"A.example/x": "x"}, {"a/b/c": "x"},
               {"/a": "x"}, {"a": "x\n"}, {f"k{i}": "" for i in range(65)}, None],
    "port": [(PORT, PORT)],
    "ports": [(3000,), [PORT], None],
    "publish": [(PORT, Port(number=3001, publish=3000))],
    "mount": [(DATA, DATA)],
    "mounts": [("data:/data",), None],
    "readiness": ["/healthz", 5],
    "startup": [HttpProbe(success_threshold=2)],
    "liveness": [HttpProbe(success_threshold=2)],
    "resources": [None, {"cpu": "1"}],
    "rollout": [None],
    "stop_grace": [-1, 3601, float("nan"), float("inf"), "10", None, True, 10**400],
    "stop_signal": ["TERM", "15", 15, "SIGNOPE", "SIGTERM\n", "SIGRTMIN+16"],
    "restart": ["no", None, "Always", ["always"]],
    "user": ["", "root; reboot", "a:b:c", "-1", "2147483648", "u" * 33, 0, "root\n"],
    "workdir": ["app", "/app/", "/a/../b", "//app", "/a\n", "/a\u202eb", "", "/" + "a" * 4096, 5],
    "drop": [("CAP_NET_RAW",), ("net_raw",), ("NOPE",), ("ALL", "ALL"), "ALL", ["ALL"], (5,)],
    "read_only": [1, "yes", None],
    "init": [0, None],
    "stopped": ["no"],
    "restarted": [None, "a b", "x" * 65, 5],
}  # fmt: skip
FIELD = {"network": "networks", "port": "ports", "publish": "ports", "mount": "mounts"}


CASES = [
    pytest.param(name, value, id=f"{name}-{index}")
    for name, values in REFUSED.items()
    for index, value in enumerate(values)
]


@pytest.mark.parametrize(("named", "value"), CASES)
def test_what_no_engine_can_make_true_is_refused_by_its_field(named: str, value: Any) -> None:
    """The error begins with the field, and stays short whatever was given."""
    with pytest.raises(UsageError) as caught:
        WEB.replace(**{FIELD.get(named, named): value})

    assert caught.value.summary.startswith(named)
    assert len(caught.value.summary) < 600


@pytest.mark.parametrize("probe", [HttpProbe(), TcpProbe()])
@pytest.mark.parametrize("field", ["startup", "readiness", "liveness"])
def test_a_probe_without_a_port_needs_an_app_with_one(field: str, probe: HttpProbe | TcpProbe) -> None:
    """A probe that means the first port is refused where there is none."""
    with pytest.raises(UsageError, match=f"{field}: port"):
        WEB.replace(ports=(), **{field: probe})


def test_a_command_probe_needs_no_port() -> None:
    """What runs inside the replica asks no port."""
    spec = WEB.replace(ports=(), readiness=ExecProbe(command=("true",)))

    assert spec.readiness is not None


@pytest.mark.parametrize("name", ["My App", "web_1", "WEB", "-web-"])
def test_a_name_that_nearly_fits_comes_with_one_that_does(name: str) -> None:
    """The hint is a name that is allowed."""
    with pytest.raises(UsageError) as caught:
        WEB.replace(name=name)

    assert WEB.replace(name=caught.value.hint).name == caught.value.hint


def test_no_error_shows_the_value_of_a_variable() -> None:
    """A variable may hold a secret even when it is no Secret."""
    for value in ("hunter2\0", Secret("hunter2\0")):
        with pytest.raises(UsageError) as caught:
            WEB.replace(env={"TOKEN": value})

        assert "TOKEN" in str(caught.value)
        assert "hunter2" not in str(caught.value)


def test_a_spec_cannot_be_changed() -> None:
    """Neither a field nor what a mapping holds, nor the mapping that it was made from."""
    given_env = {"A": "1"}
    spec = WEB.replace(env=given_env)
    given_env["A"] = "2"

    with pytest.raises(FrozenInstanceError):
        spec.replicas = 2  # type: ignore[misc] # that is the point
    with pytest.raises(TypeError):
        spec.env["A"] = "3"  # type: ignore[index] # that is the point

    assert spec.env == {"A": "1"}


@settings(max_examples=50)
@given(app_specs())
def test_a_spec_is_equal_by_value(spec: AppSpec) -> None:
    """A copy, a replacement by nothing and the evaluated repr are the same spec, with the same hash."""
    env = {name: str(value) for name, value in spec.env.items()}
    plain = spec.replace(env=env, secrets={})  # a secret is neither pickled nor shown

    copies = [copy.copy(spec), copy.deepcopy(spec), spec.replace()]

    assert copies == [spec] * 3
    assert {hash(one) for one in copies} == {hash(spec)}
    assert pickle.loads(pickle.dumps(plain)) == plain
    assert eval(repr(plain), PUBLIC) == plain


def test_a_repr_says_what_was_chosen() -> None:
    """Defaults do not hide the few fields that matter."""
    image = "Reference.parse('docker.io/library/web:1')"

    assert repr(WEB) == f"AppSpec(name='web', image={image}, ports=(Port(number=3000, publish=3000),))"


PINNED = WEB.image.pinned(Digest.parse("sha256:" + "0" * 64))
NEW_REVISION: list[dict[str, Any]] = [
    {"image": PINNED},
    {"command": ("npm", "start")},
    {"entrypoint": ("sh",)},
    {"env": {"A": "1"}},
    {"env": {"A": Secret("1")}},
    {"ports": (Port(number=3001, publish=3000),)},
    {"ports": (Port(number=3000, publish=3000, protocol="tcp"),)},
    {"ports": ()},
    {"resources": Resources(cpu="1")},
    {"startup": HttpProbe()},
    {"readiness": HttpProbe()},
    {"liveness": HttpProbe()},
    {"stop_grace": 20.0},
    {"stop_signal": "SIGINT"},
    {"restart": "never"},
    {"mounts": (DATA,)},
    {"networks": ("private",)},
    {"labels": {"team": "shop"}},
    {"user": "node"},
    {"workdir": "/srv"},
    {"read_only": True},
    {"drop": ("ALL",)},
    {"init": False},
    {"restarted": "again"},
    {"kind": "stateful"},
    {"kind": "job", "ports": (), "job": Job(completions=2)},
    {"placement": Placement(nodes={"disk": "ssd"})},
    {"config": {"/etc/web.conf": "a = 1"}},
    {"secrets": {"/run/secrets/token": Secret("1")}},
]
SAME_REVISION: list[dict[str, Any]] = [
    {},
    {"replicas": 3},
    {"replicas": 0},
    {"ports": (Port(number=3000),)},
    {"ports": (Port(number=3000, publish=8080, host="0.0.0.0"),)},
    {"rollout": Rollout(max_surge=2)},
    {"stopped": True},
    {"autoscale": Autoscale(max=3, memory="200Mi")},
    {"hosts": ("web.example.com",)},
]
CRON = WEB.replace(kind="cron", ports=(), schedule=Schedule(cron="@daily"))


@pytest.mark.parametrize("changes", NEW_REVISION)
def test_what_a_replica_is_made_of_makes_a_revision(changes: dict[str, Any]) -> None:
    """A change inside the replica needs new replicas."""
    assert WEB.replace(**changes).template != WEB.template


@pytest.mark.parametrize("changes", SAME_REVISION)
def test_what_stands_around_a_replica_makes_none(changes: dict[str, Any]) -> None:
    """How many run, where they are published and how they roll changes no replica."""
    assert WEB.replace(**changes).template == WEB.template


def test_another_time_of_a_cron_makes_no_revision() -> None:
    """When the next run begins is nothing that a run is made of."""
    assert CRON.replace(schedule=Schedule(cron="@hourly", suspended=True)).template == CRON.template


def test_every_field_is_either_part_of_a_revision_or_not() -> None:
    """A field that is added later has to be put in one of the two tables."""
    decided = {name for changes in NEW_REVISION + SAME_REVISION for name in changes} | {"schedule"}

    assert decided | {"name"} == set(AppSpec.__dataclass_fields__)


def test_an_amount_written_otherwise_makes_no_revision() -> None:
    """Half a core is half a core."""
    half, other = (
        WEB.replace(resources=Resources(cpu=cpu, memory=memory)) for cpu, memory in (("0.5", "1Gi"), ("500m", "1024Mi"))
    )

    assert half.template == other.template


def test_a_secret_with_another_value_makes_a_revision() -> None:
    """Replicas read their variables once, when they start."""
    old, new = (WEB.replace(env={"TOKEN": Secret(value)}) for value in ("one", "two"))

    assert old.template != new.template
