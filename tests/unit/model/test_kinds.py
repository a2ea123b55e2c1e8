"""Which parts go with which kind of work, and what scaling, schedules, placement and files may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.encode import decode, encode
from cloudkit.model.job import Job, Schedule
from cloudkit.model.options import spec_changed, spec_from
from cloudkit.model.placement import Affinity, Placement, Spread, Toleration
from cloudkit.model.port import Port
from cloudkit.model.probe import HttpProbe
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources
from cloudkit.model.secret import Secret

APP = AppSpec(name="web", image=Reference.parse("web:1"))
PORT = (Port(number=80),)
DAILY = Schedule(cron="@daily")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"kind": "service", "ports": PORT, "replicas": 3}, ""),
        ({"kind": "worker", "replicas": 3}, ""),
        ({"kind": "worker", "ports": PORT}, "port is 80; allowed is none for a worker"),
        ({"kind": "daemon", "ports": PORT}, ""),
        ({"kind": "daemon", "replicas": 2}, "each node runs one"),
        ({"kind": "stateful", "ports": PORT, "replicas": 3}, ""),
        ({"kind": "job", "job": Job(completions=5, parallelism=2)}, ""),
        ({"kind": "job", "replicas": 5}, "completions and parallelism say how many run"),
        ({"kind": "job", "ports": PORT}, "none for a job"),
        ({"kind": "job", "startup": HttpProbe(port=80)}, "startup is HttpProbe"),
        ({"kind": "job", "schedule": DAILY}, "schedule is '@daily'; allowed is none for a job"),
        ({"kind": "cron", "schedule": DAILY}, ""),
        ({"kind": "cron"}, "schedule is None"),
        ({"job": Job(retries=0)}, "none for a service"),
        ({"kind": "deployment"}, "one of service, worker, daemon, stateful, job, cron"),
        ({"kind": "daemon", "autoscale": Autoscale(max=3, memory="1Gi")}, "none for a daemon"),
        ({"autoscale": Autoscale(max=3, cpu=70)}, "a percentage of what a replica requests, which is not set"),
        ({"autoscale": Autoscale(max=3, cpu=70), "resources": Resources(cpu="1")}, ""),
        ({"hosts": ("web.example.com",)}, "none where the app has no port for HTTP"),
        ({"hosts": ("web.example.com", "*.example.com"), "ports": PORT}, ""),
        ({"hosts": ("-x",), "ports": PORT}, "host is '-x'"),
        ({"config": {"/etc/a": "1"}, "secrets": {"/etc/a": Secret("2")}}, "one file at each path"),
        ({"config": {"/etc/a": "1", "/etc/a/b": "2"}}, "no folder of another file"),
        ({"config": {"etc/a": "1"}}, "an absolute path"),
        ({"config": {"/": "1"}}, "the path of a file"),
        ({"config": {"/etc/a": "x" * 600_000}}, "a text of at most 524288 bytes"),
        ({"secrets": {"/etc/a": "hunter2"}}, "a Secret"),
    ],
    ids=str,
)
def test_a_part_that_means_nothing_for_a_kind_is_refused(fields: dict[str, Any], named: str) -> None:
    """Nothing that was given is left unused: the error names the part, and no secret."""

    def make() -> AppSpec:
        return APP.replace(**fields)

    if not named:
        assert make()
        return

    with pytest.raises(UsageError) as caught:
        make()

    assert named in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Job(completions=0),
        lambda: Job(time_limit=0),
        lambda: Schedule(cron="* * * *"),
        lambda: Schedule(cron="* * * * *; rm -rf"),
        lambda: Schedule(cron="@never"),
        lambda: Schedule(cron="@daily", timezone="../../etc/passwd"),
        lambda: Autoscale(min=3, max=2, cpu=50),
        lambda: Autoscale(max=2),
        lambda: Autoscale(max=2, memory="0"),
        lambda: Affinity(app="Web"),
        lambda: Spread(skew=0),
        lambda: Toleration(seconds=5),
        lambda: Toleration(value="x"),
        lambda: Placement(nodes={"": "x"}),
        lambda: Placement(devices={"nvidia.com/gpu": 0}),
        lambda: Placement(near=(Affinity(app="db"), Affinity(app="db"))),
    ],
    ids=lambda make: make.__code__.co_firstlineno,
)
def test_what_cannot_be_is_refused_when_it_is_made(make: Callable[[], object]) -> None:
    """A value that exists is a value that can be made true."""
    with pytest.raises(UsageError):
        make()


def test_every_new_part_is_stored_and_read_again() -> None:
    """What the engine's labels hold is the same spec."""
    spec = APP.replace(
        kind="cron",
        schedule=Schedule(cron="*/5 * * * 1-5", timezone="Europe/Berlin", concurrency="replace"),
        job=Job(completions=3, parallelism=2, retries=1, time_limit=60.0),
        placement=Placement(
            nodes={"disk": "ssd"},
            near=(Affinity(app="db", per="zone", required=False),),
            spread=(Spread(per="zone"),),
            tolerations=(Toleration(key="gpu", value="yes", effect="NoExecute", seconds=30.0),),
            devices={"nvidia.com/gpu": 1},
        ),
        config={"/etc/web.conf": "a = 1"},
        secrets={"/run/secrets/token": Secret("hunter2")},
    )

    stored = encode(spec)

    assert "hunter2" not in str(stored)
    assert "a = 1" not in str(stored)
    assert decode(stored, {"/run/secrets/token": "hunter2", "/etc/web.conf": "a = 1"}) == spec


def test_a_kind_is_typed_with_the_options_that_it_has() -> None:
    """The flat options of a prompt make the nested values."""
    cron = spec_from("tidy", APP.image, {"kind": "cron", "schedule": "@daily", "time_limit": "10m", "retries": 0})

    later = spec_changed(cron, {"timezone": "Europe/Berlin", "suspended": True})

    assert cron.job == Job(retries=0, time_limit=600.0)
    assert later.schedule == Schedule(cron="@daily", timezone="Europe/Berlin", suspended=True)
    with pytest.raises(UsageError, match="schedule is None"):
        spec_changed(APP, {"timezone": "UTC"})
