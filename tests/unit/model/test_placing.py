"""Placement and autoscaling, as they are typed."""

from __future__ import annotations

import pytest

from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.options import AppOptions, spec_changed
from cloudkit.model.placement import Affinity, Placement, Spread, Toleration
from cloudkit.model.port import Port
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources

APP = AppSpec(
    name="web", image=Reference.parse("web:1"), ports=(Port(number=80),), resources=Resources(cpu_request="100m")
)


def test_every_part_of_a_placement_is_typed_in_a_word() -> None:
    """A part that is not given stays, and an empty list takes one back."""
    typed: AppOptions = {
        "node": "disk=ssd",
        "near": "db",
        "apart": ["web by zone preferred"],
        "spread": ["node", "zone skew 2 required"],
        "tolerate": ["gpu", "gpu=yes:NoSchedule", ":NoExecute for 1m"],
        "devices": {"nvidia.com/gpu": 1},
    }

    placed = spec_changed(APP, typed)
    later = spec_changed(placed, {"near": [], "tolerate": []})

    assert placed.placement == Placement(
        nodes={"disk": "ssd"},
        near=(Affinity(app="db"),),
        apart=(Affinity(app="web", per="zone", required=False),),
        spread=(Spread(), Spread(per="zone", skew=2, required=True)),
        tolerations=(
            Toleration(key="gpu"),
            Toleration(key="gpu", value="yes", effect="NoSchedule"),
            Toleration(effect="NoExecute", seconds=60.0),
        ),
        devices={"nvidia.com/gpu": 1},
    )
    assert (later.placement.near, later.placement.tolerations) == ((), ())
    assert later.placement.nodes == {"disk": "ssd"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3 cpu 50", Autoscale(max=3, cpu=50)),
        ("2-10 cpu 70%", Autoscale(min=2, max=10, cpu=70)),
        ("2 - 10 memory 200Mi cpu 70", Autoscale(min=2, max=10, cpu=70, memory="200Mi")),
    ],
)
def test_bounds_and_measures_are_typed_in_a_line(typed: str, meant: Autoscale) -> None:
    """The number of replicas goes within the bounds at once, and an empty text takes them back."""
    scaled = spec_changed(APP, {"autoscale": typed})

    assert scaled.autoscale == meant
    assert scaled.replicas == meant.min
    assert spec_changed(scaled, {"autoscale": ""}).autoscale is None


@pytest.mark.parametrize(
    "options",
    [
        {"autoscale": "2-10"},
        {"autoscale": "cpu 70"},
        {"autoscale": "2-10 cpu"},
        {"autoscale": "2-10 cpu 70 and more"},
        {"autoscale": 5},
        {"near": "db by"},
        {"near": 5},
        {"apart": "db preferred twice"},
        {"spread": "node skew"},
        {"spread": "zone skew 0"},
        {"tolerate": "gpu=yes:Never"},
        {"tolerate": "gpu for 5s"},
        {"tolerate": ""},
        {"devices": "nvidia.com/gpu=many"},
        {"node": "disk"},
        {"host": "UPPER.example.com"},
        {"host": "localhost"},
    ],
    ids=str,
)
def test_what_means_nothing_is_refused(options: AppOptions) -> None:
    """The error names what could be typed."""
    with pytest.raises(UsageError):
        spec_changed(APP, options)
