"""A spec as the engine takes it."""

from __future__ import annotations

from typing import Any

import docker
import pytest
from unit.backends.docker.listing import app

from cloudkit.backends.docker.convert import healthcheck, replica_config
from cloudkit.backends.docker.labels import COMPONENT, IMAGE, NAMESPACE, ORDINAL, REVISION
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe
from cloudkit.model.secret import Secret


def config(spec: AppSpec, ordinal: int | None = None) -> dict[str, Any]:
    """What is asked of the engine for one replica."""
    api = docker.APIClient(base_url="tcp://127.0.0.1:1", version="1.45")  # never connected to
    return replica_config(
        api,
        spec,
        namespace="ns",
        revision=3,
        name="ns.web-3-abcde",
        image="sha256:1",
        network="ns",
        address="10.0.0.200",
        ordinal=ordinal,
    )


@pytest.mark.parametrize(("restart", "policy"), [("always", "always"), ("on-failure", "on-failure"), ("never", "no")])
def test_the_engine_restarts_as_the_spec_says(restart: str, policy: str) -> None:
    """By ``always``, as an engine that was killed takes what ``unless-stopped`` ran for stopped by hand."""
    assert config(app(restart=restart))["host_config"]["RestartPolicy"]["Name"] == policy


def test_a_replica_is_ours_whatever_the_user_labels_it() -> None:
    """A user's labels take the place of none of ours."""
    labels = config(app(labels={"team": "shop"}))["labels"]

    assert labels["team"] == "shop"
    assert (labels[NAMESPACE], labels[COMPONENT], labels[REVISION]) == ("ns", "replica", "3")
    assert labels[IMAGE] == str(app().image)


def test_a_stateful_replica_has_names_and_volumes_of_its_own() -> None:
    """Its number is in its label; a folder of the host is shared as ever."""
    mounts = (Mount(source="data", target="/data"), Mount(kind="bind", source="/srv", target="/srv"))

    made = config(app(kind="stateful", mounts=mounts), ordinal=2)

    assert made["labels"][ORDINAL] == "2"
    assert made["networking_config"]["EndpointsConfig"]["ns"]["Aliases"] == ["web-2", "web-2.web"]
    assert [one["Source"] for one in made["host_config"]["Mounts"]] == ["ns.data-web-2", "/srv"]


def test_other_replicas_share_their_volumes() -> None:
    """And have neither number nor further names."""
    made = config(app(mounts=(Mount(source="data", target="/data"),)))

    assert ORDINAL not in made["labels"]
    assert not made["networking_config"]["EndpointsConfig"]["ns"].get("Aliases")
    assert [one["Source"] for one in made["host_config"]["Mounts"]] == ["ns.data"]


def test_a_secret_is_in_the_environment_alone() -> None:
    """In no label and no command."""
    made = config(app(env={"TOKEN": Secret("hunter2")}))

    assert made.pop("environment") == ["TOKEN=hunter2"]
    assert "hunter2" not in repr(made)


def test_what_is_not_said_is_the_images() -> None:
    """Command, entrypoint, user, folder, stop signal; an empty command is one that was said."""
    made = config(app())

    assert [made[key] for key in ("command", "entrypoint", "user", "working_dir", "stop_signal")] == [None] * 5
    assert config(app(command=()))["command"] == []


def test_a_replica_keeps_its_address_and_is_called_as_it_is_shown() -> None:
    """Its address is asked for, so a restart does not change it."""
    made = config(app())

    assert made["networking_config"]["EndpointsConfig"]["ns"]["IPAMConfig"] == {"IPv4Address": "10.0.0.200"}
    assert made["hostname"] == "web-3-abcde"


@pytest.mark.parametrize(
    ("spec", "test"),
    [
        (app(), None),
        (app(ports=(Port(number=80),)), ["NONE"]),
        (app(ports=(Port(number=80),), readiness=HttpProbe()), ["NONE"]),
        (app(readiness=ExecProbe(command=("true",))), ["CMD", "true"]),
        (app(ports=(Port(number=80),), liveness=ExecProbe(command=("alive", "-q"))), ["CMD", "alive", "-q"]),
    ],
)
def test_the_engine_runs_a_probe_that_is_a_command(spec: AppSpec, test: list[str] | None) -> None:
    """The balancer makes the others; an image's own check counts only where there is nothing else."""
    check = healthcheck(spec)

    assert (check and check["test"]) == test


def test_the_times_of_a_probe_are_nanoseconds() -> None:
    """As the engine has them."""
    check = healthcheck(app(readiness=ExecProbe(command=("true",), period=0.5, timeout=2, initial_delay=3)))

    assert check is not None
    assert (check["interval"], check["timeout"], check["start_period"]) == (500_000_000, 2_000_000_000, 3_000_000_000)
