"""What every spec is on a cluster: JSON of valid names, with its secrets in one place, and the spec in it again."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.backends.kubernetes.served import served
from unit.backends.kubernetes.supported import supported_specs
from unit.model.strategies import app_specs

from cloudkit.backends.kubernetes.manifests import Manifest, key_of, manifests, surplus_keys
from cloudkit.backends.kubernetes.records import read_record
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

IMAGE = Reference.parse("registry.example/web@sha256:" + "0" * 64)
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
KEY = re.compile(rf"({SUBDOMAIN.pattern}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?")
VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def app(**changes: Any) -> AppSpec:
    """A small app."""
    return AppSpec(**{"name": "web", "image": IMAGE, "ports": (Port(number=3000),), **changes})


def sent(spec: AppSpec, *, revision: int = 1) -> dict[tuple[str, str], Any]:
    """Its objects, by collection and name."""
    objects = manifests(spec, namespace="ns", revision=revision, generation=revision)
    return {key_of(one): one for one in objects}


def container(spec: AppSpec, *, revision: int = 1) -> Any:
    """Its container."""
    deployment = sent(spec, revision=revision)["deployments", spec.name]
    return deployment["spec"]["template"]["spec"]["containers"][0]


@given(app_specs())
def test_every_spec_is_made_or_refused_with_a_way_out(spec: AppSpec) -> None:
    """What Kubernetes cannot do is said before anything is asked of a cluster."""
    try:
        answer = str(manifests(spec, namespace="ns", revision=1, generation=1)[-1]["kind"])
    except UnsupportedError as error:
        answer = error.hint

    assert answer


@given(supported_specs())
def test_every_object_is_json_of_valid_names(spec: AppSpec) -> None:
    """Names are RFC 1123's, those of Services RFC 1035's, labels have at most 63 characters; none comes twice."""
    objects = manifests(spec, namespace="ns", revision=12_345, generation=67_890)

    assert json.loads(json.dumps(objects)) == list(objects)
    assert len({key_of(one) for one in objects}) == len(objects)
    for one in objects:
        assert one["metadata"]["namespace"] == "ns"
        _check_metadata(one)
    template = next(one for one in objects if one["kind"] == "Deployment")["spec"]["template"]
    _check_labels(template["metadata"]["labels"])


@given(supported_specs())
def test_a_spec_comes_back_from_its_objects(spec: AppSpec) -> None:
    """The cluster alone holds the state: what a Deployment and its Secret say is the spec, its secrets among it."""
    assert served(spec).record.spec == spec


@given(supported_specs(), st.text(st.sampled_from("hunter2$"), min_size=8, max_size=20))
def test_a_secret_stands_in_the_secret_alone(spec: AppSpec, value: str) -> None:
    """Neither the record nor the pod's template shows it, nor what is read when it is printed."""
    secret = f"<{value}>"
    spec = spec.replace(env={**spec.env, "TOKEN": Secret(secret)})

    objects = manifests(spec, namespace="ns", revision=1, generation=1)

    outside = json.dumps([one for one in objects if one["kind"] != "Secret"], ensure_ascii=False)
    assert secret not in outside
    assert len([one for one in objects if one["kind"] == "Secret"]) == 1
    assert secret not in repr(served(spec))


@given(supported_specs(), supported_specs())
def test_what_makes_no_revision_changes_no_pod(spec: AppSpec, other: AppSpec) -> None:
    """Two specs of equal template have an equal pod template, or the cluster would replace what need not go."""
    ports = tuple(Port(number=one.number, protocol=one.protocol) for one in spec.ports)
    variant = spec.replace(
        replicas=other.replicas,
        rollout=other.rollout,
        stopped=not spec.stopped,
        ports=ports,
        env=dict(list(spec.env.items())[::-1]),
        resources=spec.resources.canonical,
    )
    assert variant.template == spec.template

    first, second = (sent(one)["deployments", spec.name]["spec"]["template"] for one in (spec, variant))

    assert first == second


@given(supported_specs())
def test_every_revision_has_a_template_of_its_own(spec: AppSpec) -> None:
    """So that each is one ReplicaSet, and each pod says of which revision it is."""
    first, second = (sent(spec, revision=one)["deployments", spec.name]["spec"]["template"] for one in (1, 2))

    assert first != second


@pytest.mark.parametrize(
    ("changes", "capability"),
    [
        ({"restart": "never"}, "restart"),
        ({"stop_signal": "SIGINT"}, "stop_signal"),
        ({"user": "node"}, "user"),
        ({"user": "1000:staff"}, "user"),
        ({"resources": Resources(pids=100)}, "pids"),
        ({"entrypoint": ()}, "entrypoint"),
        ({"mounts": (Mount(target="/data", source="My_Data"),)}, "volume"),
        ({"ports": (Port(number=1, publish=0), Port(number=2, publish=0, host="0.0.0.0"))}, "publish"),
        ({"ports": (Port(number=1, publish=80), Port(number=2, publish=80, host="127.0.0.2"))}, "publish"),
        ({"ports": (Port(number=3000, publish=0), Port(number=2, publish=3000))}, "publish"),
        ({"env": {"A" * 254: Secret("x")}}, "env"),
    ],
)
def test_what_kubernetes_cannot_do_is_refused(changes: dict[str, object], capability: str) -> None:
    """By the word of the spec that it is about, with a way out."""
    with pytest.raises(UnsupportedError) as caught:
        sent(app(**changes))

    assert caught.value.capability == capability
    assert caught.value.hint


def test_a_stopped_app_has_no_replica_but_keeps_its_number() -> None:
    """And nothing that would hold a node's drain up."""
    objects = sent(app(replicas=3, stopped=True))

    assert objects["deployments", "web"]["spec"]["replicas"] == 0
    assert ("poddisruptionbudgets", "web") not in objects
    assert served(app(replicas=3, stopped=True)).record.spec.replicas == 3


@pytest.mark.parametrize(("replicas", "there"), [(0, False), (1, False), (2, True)])
def test_a_disruption_budget_needs_two_replicas(replicas: int, *, there: bool) -> None:
    """One alone could never leave its node."""
    assert (("poddisruptionbudgets", "web") in sent(app(replicas=replicas))) is there


@pytest.mark.parametrize(
    ("publish", "host", "expected"),
    [
        (0, "127.0.0.1", ("NodePort", 3000, None)),
        (8080, "127.0.0.1", ("NodePort", 8080, None)),
        (30080, "127.0.0.1", ("NodePort", 30080, 30080)),
        (32767, "127.0.0.1", ("NodePort", 32767, 32767)),
        (32768, "127.0.0.1", ("NodePort", 32768, None)),
        (80, "0.0.0.0", ("LoadBalancer", 80, None)),
    ],
)
def test_a_published_port_is_a_nodes_or_a_load_balancers(
    publish: int, host: str, expected: tuple[str, int, int | None]
) -> None:
    """A load balancer only where another host than loopback is named; a node's own port where it may be one."""
    objects = sent(app(ports=(Port(number=3000, publish=publish, host=host),)))

    service = objects["services", "web-published"]["spec"]
    (port,) = service["ports"]
    assert (service["type"], port["port"], port.get("nodePort")) == expected
    assert (port["name"], port["targetPort"]) == ("port-3000", "port-3000")
    assert objects["services", "web"]["spec"]["ports"][0]["port"] == 3000


def test_what_a_node_would_expand_stays_as_it_is() -> None:
    """Kubernetes puts variables in place of $(NAME), in commands and values; here each text is what it says."""
    probe = ExecProbe(command=("test", "$(HOME)"))

    made = container(app(command=("echo", "$(HOME) $$ $"), env={"A": "$(B)"}, liveness=probe))

    assert made["args"] == ["echo", "$$(HOME) $$$$ $$"]
    assert made["env"] == [{"name": "A", "value": "$$(B)"}]
    assert made["livenessProbe"]["exec"]["command"] == ["test", "$$(HOME)"]


@pytest.mark.parametrize(
    ("entrypoint", "command", "expected"),
    [
        (None, None, (None, None)),
        (None, ("serve",), (None, ["serve"])),
        (("run",), None, (["run"], None)),
        (("run",), ("serve",), (["run"], ["serve"])),
        ((), ("serve", "all"), (["serve", "all"], None)),
    ],
)
def test_a_command_is_what_it_is_on_an_engine(
    entrypoint: tuple[str, ...] | None, command: tuple[str, ...] | None, expected: tuple[object, object]
) -> None:
    """Kubernetes' ``command`` is the entrypoint, its ``args`` are the command."""
    made = container(app(entrypoint=entrypoint, command=command))

    assert (made.get("command"), made.get("args")) == expected


def test_a_pod_ends_after_everybody_has_heard_of_it() -> None:
    """It waits before its stop signal, and has all of its grace afterwards; without a port nobody has to hear."""
    pods = [
        sent(one)["deployments", "web"]["spec"]["template"]["spec"]
        for one in (app(stop_grace=2.5), app(stop_grace=2.5, ports=()))
    ]

    waits = [
        pod["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for pod in pods
    ]
    assert [pod["terminationGracePeriodSeconds"] - wait for pod, wait in zip(pods, waits, strict=True)] == [3, 3]
    assert waits[0] > 0
    assert waits[1] == 0


def test_a_volume_that_is_mounted_twice_is_one_claim() -> None:
    """And memory is each mount's own."""
    mounts = (
        Mount(target="/a", source="data"),
        Mount(target="/b", source="data", read_only=True),
        Mount(target="/c", kind="tmpfs"),
        Mount(target="/d", kind="tmpfs"),
    )

    pod = sent(app(mounts=mounts))["deployments", "web"]["spec"]["template"]["spec"]

    assert [one["name"] for one in pod["volumes"]] == ["mount-0", "mount-2", "mount-3"]
    assert [one["name"] for one in pod["containers"][0]["volumeMounts"]] == ["mount-0", "mount-0", "mount-2", "mount-3"]


def test_a_network_of_its_own_admits_its_peers_and_published_ports_alone() -> None:
    """An app that names no network is reached as any pod is."""
    spec = app(networks=("private",), ports=(Port(number=3000, publish=0), Port(number=9000)))

    ingress = sent(spec)["networkpolicies", "web"]["spec"]["ingress"]

    assert ingress == [
        {"from": [{"podSelector": {"matchLabels": {"network.cloudkit/private": "true"}}}]},
        {"ports": [{"port": 3000, "protocol": "TCP"}]},
    ]
    assert ("networkpolicies", "web") not in sent(app())


def test_a_known_user_is_held_to_the_restricted_level() -> None:
    """Whatever else the spec drops; root and the image's own user keep what the spec leaves them."""
    pods = {
        user: sent(app(user=user, drop=("NET_RAW",)))["deployments", "web"]["spec"]["template"]["spec"]
        for user in (None, "0", "1000")
    }

    assert {user: pod["securityContext"].get("runAsNonRoot") for user, pod in pods.items()} == {
        None: None,
        "0": None,
        "1000": True,
    }
    assert {user: pod["containers"][0]["securityContext"]["capabilities"]["drop"] for user, pod in pods.items()} == {
        None: ["NET_RAW"],
        "0": ["NET_RAW"],
        "1000": ["ALL"],
    }


def test_what_left_the_spec_is_surplus() -> None:
    """But for the secrets of revisions that may come back, claims, and what others have given such a name."""
    before = app(replicas=2, networks=("private",), ports=(Port(number=3000, publish=0),), env={"T": Secret("x")})
    present = [*sent(before), ("secrets", "web-env-2"), ("secrets", "web-tls"), ("persistentvolumeclaims", "data")]

    surplus = surplus_keys(app(ports=()), revision=3, present=present, kept={2, 3})

    assert surplus == (
        ("networkpolicies", "web"),
        ("poddisruptionbudgets", "web"),
        ("secrets", "web-env-1"),
        ("services", "web"),
        ("services", "web-published"),
    )


def test_a_deadline_lasts_as_long_as_a_slow_start_may() -> None:
    """Kubernetes takes whole seconds."""
    deployment = sent(app(rollout=Rollout(deadline=1.2)))["deployments", "web"]

    assert deployment["spec"]["progressDeadlineSeconds"] == 2


def test_a_deployment_that_is_not_ours_is_no_record() -> None:
    """It is left alone."""
    found = served(app()).owner
    stranger = type(found)(metadata=type(found.metadata)(name="web"), spec=found.spec)

    assert read_record(stranger) is None


def _check_metadata(manifest: Manifest) -> None:
    name = manifest["metadata"]["name"]
    assert len(name) <= 63
    assert (LABEL if manifest["kind"] == "Service" else SUBDOMAIN).fullmatch(name)
    _check_labels(manifest["metadata"]["labels"])


def _check_labels(labels: dict[str, str]) -> None:
    for key, value in labels.items():
        assert KEY.fullmatch(key), key
        assert VALUE.fullmatch(value), value
