"""How an app's ports are found while it rolls from some ports to others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from unit.backends.kubernetes.causes.patients import app
from unit.backends.kubernetes.served import Served, node, pod, served

from cloudkit.backends.kubernetes.manifests import Ways, key_of, manifests
from cloudkit.backends.kubernetes.manifests.ways import port_names
from cloudkit.backends.kubernetes.objects import Service, Workload
from cloudkit.backends.kubernetes.plan import plan_actions
from cloudkit.backends.kubernetes.records import read_record
from cloudkit.backends.kubernetes.state import published_url
from cloudkit.backends.kubernetes.ways import rolling_ways, wanted_ways
from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port

BEFORE = app(ports=(Port(number=3000, publish=0),))
AFTER = app(ports=(Port(number=9000, publish=0),))


def with_node_port(there: Served, number: int) -> tuple[Service, ...]:
    """Return the Services of an app once the cluster has chosen a port of the nodes."""
    bodies = [msgspec.to_builtins(one) for one in there.services]
    for body in bodies:
        if body["metadata"]["name"] == "web-published":
            body["spec"]["ports"][0]["nodePort"] = number
    return tuple(msgspec.convert(body, Service) for body in bodies)


def sent(spec: AppSpec, ways: Ways) -> dict[tuple[str, str], Any]:
    """Return what is sent, by collection and name."""
    return {key_of(one): one for one in manifests(spec, namespace="ns", revision=2, generation=2, ways=ways)}


@pytest.mark.parametrize(
    ("before", "wanted", "names"),
    [
        ({}, [80, 443], {80: "port-80", 443: "port-443"}),
        ({80: "port-80"}, [8080], {8080: "port-80"}),
        ({80: "port-80", 443: "port-443"}, [443, 80], {443: "port-443", 80: "port-80"}),
        ({80: "port-80"}, [443, 80], {443: "port-443", 80: "port-80"}),
        ({80: "port-80", 443: "port-443"}, [443], {443: "port-443"}),
        ({80: "port-80", 443: "port-443"}, [8080, 443], {8080: "port-80", 443: "port-443"}),
        ({8080: "port-80"}, [8080, 80], {8080: "port-80", 80: "port-80-2"}),
    ],
)
def test_a_port_that_takes_another_s_place_has_its_name(
    before: dict[int, str], wanted: list[int], names: dict[int, str]
) -> None:
    """One that stays keeps its own, in whatever order; no two have one name."""
    assert port_names(before, wanted) == names


def test_another_number_changes_nothing_outside() -> None:
    """The published Service leads by name to old and new pods, at the port of the nodes that it had."""
    there = served(BEFORE)

    objects = sent(AFTER, rolling_ways(there.record, AFTER, with_node_port(there, 31000)))

    (port,) = objects["services", "web-published"]["spec"]["ports"]
    (listens,) = objects["deployments", "web"]["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert (port["name"], port["targetPort"], port["nodePort"]) == ("port-3000", "port-3000", 31000)
    assert (listens["name"], listens["containerPort"]) == ("port-3000", 9000)


def test_both_numbers_lead_to_every_pod_while_it_rolls() -> None:
    """The entry of the old number is as it was, so that no node forgets it for a moment."""
    there = served(BEFORE)
    ways = rolling_ways(there.record, AFTER, there.services)

    rolling = sent(AFTER, ways)["services", "web"]["spec"]["ports"]
    after = sent(AFTER, replace(ways, leaving={}))["services", "web"]["spec"]["ports"]

    assert [(one["name"], one["port"], one["targetPort"]) for one in rolling] == [
        ("port-3000", 3000, "port-3000"),
        ("port-9000", 9000, "port-3000"),
    ]
    assert rolling[0] in sent(BEFORE, Ways())["services", "web"]["spec"]["ports"]
    assert after == rolling[1:]


def test_what_a_roll_has_left_is_no_difference() -> None:
    """Its caller went, or did not wait: the plan of what is wanted is empty, and the next change takes it away."""
    there = served(BEFORE)
    spec = AFTER.replace(replicas=1)
    ways = rolling_ways(there.record, spec, there.services)
    made = sent(spec, ways)
    services = tuple(msgspec.convert(made[key], Service) for key in made if key[0] == "services")
    record = read_record(msgspec.convert(made["deployments", "web"], Workload))
    now = replace(served(spec).situation(pod("web-a", 2)), record=record, services=services)

    assert plan_actions(now, spec) == ()
    assert rolling_ways(record, spec, services).leaving == {3000: "port-3000"}
    assert rolling_ways(record, spec.replace(replicas=2), services).leaving == {}


def test_a_port_that_a_hand_has_added_is_none_of_ours() -> None:
    """It has another name; who added it takes it away."""
    there = served(BEFORE)
    body = msgspec.to_builtins(next(one for one in there.services if one.metadata.name == "web"))
    body["spec"]["ports"] = [*body["spec"]["ports"], {"name": "debug", "port": 5005, "targetPort": 5005}]

    ways = rolling_ways(there.record, BEFORE, [msgspec.convert(body, Service)])

    assert ways.leaving == {}


def test_a_url_is_found_by_the_published_number() -> None:
    """Whatever its port is called."""
    there = served(BEFORE)
    ways = wanted_ways(there.record, AFTER, with_node_port(there, 31000))
    objects = sent(AFTER, ways)
    services = [msgspec.convert(objects["services", "web-published"], Service)]

    assert published_url(AFTER, services, [node("node-1", "10.0.0.1")]) == "http://10.0.0.1:31000"
