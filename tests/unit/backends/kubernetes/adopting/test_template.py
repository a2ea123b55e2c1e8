"""What pods are made from in the words of a spec: each field is carried, or named as lost."""

from __future__ import annotations

from typing import Any

import pytest

from cloudkit.backends.kubernetes.adopting.mounting import claims_made
from cloudkit.backends.kubernetes.adopting.rolling import how_it_rolls
from cloudkit.backends.kubernetes.adopting.sources import Sources
from cloudkit.backends.kubernetes.adopting.template import Said, Template, said
from cloudkit.errors import UnsupportedError
from cloudkit.model.mount import Mount
from cloudkit.model.placement import Placement, Toleration
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

SOURCES = Sources({"keys": {"token": "hunter2"}}, {"settings": {"color": "blue", "web.toml": "a = 1"}})
DIGEST = "sha256:" + "a" * 64


def converted(pod: dict[str, Any] | None = None, *, known: dict[str, Any] | None = None, **container: Any) -> Said:
    """Return a pod of one container in the words of a spec."""
    whole = {"containers": [{"name": "main", "image": "web:1", **container}], **(pod or {})}
    given: dict[str, Any] = {"name": "web", "kind": "service", "replicas": 2, "sources": SOURCES} | (known or {})
    return said({"metadata": {"labels": {"run": "web"}}, "spec": whole}, Template(**given))


CARRIED: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("its program", {}, {"command": ["serve"], "args": ["--cost", "$$5"], "workingDir": "/srv"},
     {"entrypoint": ("serve",), "command": ("--cost", "$5"), "workdir": "/srv"}),
    ("variables", {}, {"env": [{"name": "A", "value": "b"}]}, {"env": {"A": "b"}}),
    ("variables of a Secret and a ConfigMap", {},
     {"env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}},
              {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "color"}}}]},
     {"env": {"T": Secret("hunter2"), "C": "blue"}}),
    ("all of a Secret", {}, {"envFrom": [{"secretRef": {"name": "keys"}, "prefix": "X_"}]},
     {"env": {"X_token": Secret("hunter2")}}),
    ("ports", {}, {"ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}]}, {"ports": (Port(number=80),)}),
    ("limits and devices", {}, {"resources": {"limits": {"cpu": "1", "memory": "64Mi", "nvidia.com/gpu": "1"},
                                              "requests": {"cpu": "100m", "nvidia.com/gpu": "1"}}},
     {"resources": Resources(cpu="1", memory="64Mi", cpu_request="100m"),
      "placement": Placement(devices={"nvidia.com/gpu": 1})}),
    ("a probe by the name of a port", {},
     {"ports": [{"containerPort": 80, "name": "http"}], "readinessProbe": {"httpGet": {"path": "/ok", "port": "http"}}},
     {"readiness": HttpProbe(path="/ok", port=80, period=10)}),
    ("other probes", {},
     {"livenessProbe": {"tcpSocket": {"port": 80}, "failureThreshold": 5},
      "startupProbe": {"exec": {"command": ["true"]}, "periodSeconds": 2}},
     {"liveness": TcpProbe(port=80, period=10, failure_threshold=5),
      "startup": ExecProbe(command=("true",), period=2)}),
    ("as whom it runs", {"securityContext": {"runAsUser": 1000, "runAsGroup": 2000, "fsGroup": 2000}},
     {"securityContext": {"readOnlyRootFilesystem": True, "capabilities": {"drop": ["NET_RAW"]}}},
     {"user": "1000:2000", "read_only": True, "drop": ("NET_RAW",)}),
    ("a claim, a folder and memory",
     {"volumes": [{"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
                  {"name": "b", "hostPath": {"path": "/host", "type": ""}},
                  {"name": "c", "emptyDir": {"medium": "Memory"}}]},
     {"volumeMounts": [{"name": "a", "mountPath": "/data"}, {"name": "b", "mountPath": "/b", "readOnly": True},
                       {"name": "c", "mountPath": "/tmp"}]},
     {"mounts": (Mount(target="/data", source="data"), Mount(target="/b", source="/host", kind="bind", read_only=True),
                 Mount(target="/tmp", kind="tmpfs"))}),
    ("files",
     {"volumes": [{"name": "a", "configMap": {"name": "settings", "items": [{"key": "web.toml", "path": "w.toml"}]}},
                  {"name": "b", "secret": {"secretName": "keys"}}]},
     {"volumeMounts": [{"name": "a", "mountPath": "/etc/web"}, {"name": "b", "mountPath": "/run/keys"}]},
     {"config": {"/etc/web/w.toml": "a = 1"}, "secrets": {"/run/keys/token": Secret("hunter2")}}),
    ("where it runs", {"nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}, {},
     {"placement": Placement(nodes={"disk": "ssd"}, tolerations=(Toleration(key="gpu"),))}),
    ("how it ends", {"terminationGracePeriodSeconds": 60}, {"ports": [{"containerPort": 80}]}, {"stop_grace": 55.0}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "pod", "container", "fields"), CARRIED, ids=[one[0] for one in CARRIED])
def test_a_field_is_carried(what: str, pod: dict[str, Any], container: dict[str, Any], fields: dict[str, Any]) -> None:
    """Nothing is named as lost then."""
    found = converted(pod, **container)

    assert {name: getattr(found.spec, name) for name in fields} == fields, what
    assert found.lost == ()


LOST: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"hostNetwork": True}, {}, "spec.hostNetwork"),
    ({"serviceAccountName": "robot"}, {}, "spec.serviceAccountName"),
    ({"affinity": {"nodeAffinity": {}}}, {}, "spec.affinity"),
    ({}, {"lifecycle": {"preStop": {"exec": {"command": ["bye"]}}}}, "spec.containers[0].lifecycle.preStop"),
    ({}, {"securityContext": {"privileged": True}}, "spec.containers[0].securityContext.privileged"),
    ({}, {"readinessProbe": {"grpc": {"port": 1}}}, "spec.containers[0].readinessProbe.grpc"),
    ({}, {"resources": {"limits": {"ephemeral-storage": "1Gi"}}},
     "spec.containers[0].resources.limits.ephemeral-storage"),
    ({}, {"ports": [{"containerPort": 53, "protocol": "UDP"}]}, "spec.containers[0].ports[0].protocol (53 is UDP)"),
    ({"volumes": [{"name": "a", "nfs": {"server": "x", "path": "/"}}]},
     {"volumeMounts": [{"name": "a", "mountPath": "/data"}]},
     "spec.containers[0].volumeMounts[0].nfs (mounted at /data)"),
    ({}, {"args": ["$(HOST)"]}, "spec.containers[0].args (the node puts variables into it)"),
    ({}, {"env": [{"name": "T", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]},
     "spec.containers[0].env[0].valueFrom.fieldRef"),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "container", "path"), LOST, ids=[one[2] for one in LOST])
def test_a_field_that_no_spec_has_is_named(pod: dict[str, Any], container: dict[str, Any], path: str) -> None:
    """By its place in the object, and once."""
    assert converted(pod, **container).lost == (path,)


def test_what_a_cluster_adds_says_nothing() -> None:
    """Defaults and what admission has put into a pod are no loss."""
    pod = {
        "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "nodeName": "n1",
        "serviceAccountName": "default", "serviceAccount": "default", "securityContext": {}, "priority": 0,
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}],
        "volumes": [{"name": "kube-api-access-x", "projected": {}}], "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority", "terminationGracePeriodSeconds": 30,
    }  # fmt: skip
    token = "/var/run/secrets/kubernetes.io/serviceaccount"
    mount = {"name": "kube-api-access-x", "mountPath": token, "readOnly": True}

    found = converted(
        pod, volumeMounts=[mount], terminationMessagePath="/dev/termination-log", imagePullPolicy="Always"
    )

    assert (found.lost, found.spec.mounts, found.spec.kind) == ((), (), "worker")


def test_what_all_pods_run_pins_the_image() -> None:
    """Where they run different things, the tag is all that is known."""
    one, two = f"registry.example/web@{DIGEST}", f"registry.example/web@sha256:{'b' * 64}"

    assert str(converted(known={"digests": [one]}).spec.image.digest) == DIGEST
    assert converted(known={"digests": [one, two]}).spec.image.digest is None


def test_a_port_that_only_a_service_names_is_a_port_without_a_name() -> None:
    """So the app's own Service finds it by its number, in these pods and in the next ones."""
    found = converted(known={"ports": [8080]}, ports=[{"containerPort": 80, "name": "http"}])

    assert found.names == {80: "http", 8080: ""}
    assert [port.number for port in found.spec.ports] == [80, 8080]


def test_labels_that_others_find_pods_by_stay() -> None:
    """Those of controllers go, and those that every app has."""
    labels = {"run": "web", "pod-template-hash": "x", "app.kubernetes.io/name": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "web:1"}]}}

    assert said(template, Template(name="web", kind="service", replicas=1)).spec.labels == {"run": "web"}


def test_several_containers_are_no_app() -> None:
    """Nobody knows which of them would be it, and the others would go."""
    with pytest.raises(UnsupportedError, match="have 2: proxy, main"):
        converted({"initContainers": [{"name": "proxy", "image": "proxy:1"}]})


def test_each_stateful_replica_has_volumes_as_they_are_made() -> None:
    """By the name that its claims begin with."""
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "fast",
    }
    own = claims_made([{"metadata": {"name": "data"}, "spec": claim}])

    found = converted(known={"kind": "stateful", "own": own}, volumeMounts=[{"name": "data", "mountPath": "/data"}])

    assert found.spec.mounts == (Mount(target="/data", source="data", size="5Gi", storage_class="fast"),)


@pytest.mark.parametrize(
    ("resource", "spec", "replicas", "rollout", "lost"),
    [
        ("deployments", {"replicas": 4, "strategy": {"type": "RollingUpdate", "rollingUpdate":
            {"maxSurge": "25%", "maxUnavailable": "25%"}}, "progressDeadlineSeconds": 600},
         4, Rollout(max_surge=1, max_unavailable=1, deadline=600), []),
        ("deployments", {"replicas": 3, "strategy": {"type": "Recreate"}},
         3, Rollout(max_surge=0, max_unavailable=3), []),
        ("deployments", {"minReadySeconds": 5}, 1, Rollout(), ["spec.minReadySeconds"]),
        ("replicationcontrollers", {"replicas": 0}, 0, Rollout(), []),
        ("daemonsets", {"updateStrategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}},
         1, Rollout(max_surge=0, max_unavailable=1), []),
        ("statefulsets", {"replicas": 2, "serviceName": "other", "podManagementPolicy": "OrderedReady"},
         2, Rollout(), ["spec.serviceName"]),
        ("statefulsets", {"updateStrategy": {"rollingUpdate": {"partition": 1}}},
         1, Rollout(), ["spec.updateStrategy.rollingUpdate.partition"]),
    ],
)  # fmt: skip
def test_how_pods_are_replaced_is_carried(
    resource: str, spec: dict[str, Any], replicas: int, rollout: Rollout, lost: list[str]
) -> None:
    """Percentages become the numbers that they are of these replicas."""
    named: list[str] = []

    assert how_it_rolls(resource, {"metadata": {"name": "web"}, "spec": spec}, named) == (replicas, rollout)
    assert named == lost
