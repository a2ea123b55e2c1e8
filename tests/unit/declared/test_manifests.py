"""Manifests of Kubernetes: every field is used, or named as not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.declared import secret
from cloudkit.declared.declaration import Declaration
from cloudkit.declared.exporting import exported
from cloudkit.declared.reading import read_declaration
from cloudkit.errors import ConfigError
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.mount import Mount
from cloudkit.model.placement import Affinity, Spread, Toleration
from cloudkit.model.port import Port
from cloudkit.model.probe import HttpProbe, TcpProbe
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

FILE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {team: shop}
spec:
  replicas: 3
  minReadySeconds: 5
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 1}}
  template:
    metadata:
      labels: {app: web, tier: front}
      annotations: {prometheus.io/scrape: "true"}
    spec:
      serviceAccountName: web
      nodeSelector: {disk: ssd}
      tolerations: [{key: gpu, operator: Exists, effect: NoSchedule}]
      topologySpreadConstraints:
        - {maxSkew: 2, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule}
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 10
              podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}
        nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}
      initContainers: [{name: init, image: init:1}]
      securityContext: {runAsUser: 1000, fsGroup: 1000}
      containers:
        - name: web
          image: web:1
          command: [/bin/serve]
          args: ["--name", "$$HOME"]
          ports:
            - {name: http, containerPort: 8080}
            - {containerPort: 53, protocol: UDP}
          envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: hidden}}]
          env:
            - {name: MODE, value: prod}
            - {name: TOKEN, valueFrom: {secretKeyRef: {name: web, key: token, optional: true}}}
            - {name: LEVEL, valueFrom: {configMapKeyRef: {name: settings, key: LEVEL}}}
            - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
          resources:
            requests: {cpu: 100m, memory: 64Mi}
            limits: {memory: 64Mi, nvidia.com/gpu: 1, ephemeral-storage: 1Gi}
          readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 5}
          livenessProbe: {tcpSocket: {port: 9000}, terminationGracePeriodSeconds: 3}
          securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL], add: [NET_ADMIN]}}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: conf, mountPath: /etc/web}
            - {name: conf, mountPath: /etc/one.conf, subPath: a.conf}
            - {name: keys, mountPath: /run/secrets/key, subPath: key}
            - {name: tmp, mountPath: /tmp}
            - {name: host, mountPath: /host, readOnly: true}
        - {name: sidecar, image: side:1}
      volumes:
        - {name: data, persistentVolumeClaim: {claimName: web-data}}
        - {name: conf, configMap: {name: files}}
        - {name: keys, secret: {secretName: web}}
        - {name: tmp, emptyDir: {sizeLimit: 1Gi}}
        - {name: host, hostPath: {path: /srv, type: Directory}}
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {LEVEL: debug}}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: files}, data: {a.conf: "a = 1", b.conf: "b = 2"}}
  - {apiVersion: v1, kind: Secret, metadata: {name: web}, data: {token: aHVudGVyMg==}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: web-data}
spec: {accessModes: [ReadWriteMany], storageClassName: fast, resources: {requests: {storage: 10Gi}}}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: http, nodePort: 30080}]
  sessionAffinity: ClientIP
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  rules:
    - host: web.example.com
      http: {paths: [{path: /shop, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 9
  metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 200Mi}}}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
"""
POD = "Deployment web.spec.template.spec"
NOT_USED = {
    "Secret web: its values; give them with --secrets NAME=FILE",
    f"{POD}.containers[1]: an app is one container",
    f"{POD}.volumes[3].emptyDir: it is memory here",
    "Deployment web.metadata.annotations.team",
    "Deployment web.spec.minReadySeconds",
    "Deployment web.spec.strategy.rollingUpdate.maxSurge",
    "Deployment web.spec.template.metadata.annotations.prometheus.io/scrape",
    f"{POD}.serviceAccountName",
    f"{POD}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
    f"{POD}.initContainers",
    f"{POD}.containers[0].ports[1]: a port of UDP",
    f"{POD}.containers[0].envFrom[1].secretRef.name",
    f"{POD}.containers[0].env[1].valueFrom.secretKeyRef.optional",
    f"{POD}.containers[0].env[3].valueFrom.fieldRef.fieldPath",
    f"{POD}.containers[0].resources.limits.ephemeral-storage",
    f"{POD}.containers[0].livenessProbe.terminationGracePeriodSeconds",
    f"{POD}.containers[0].securityContext.capabilities.add",
    f"{POD}.containers[1].name",
    f"{POD}.containers[1].image",
    f"{POD}.volumes[3].emptyDir.sizeLimit",
    f"{POD}.volumes[4].hostPath.type",
    "Service shop.spec.sessionAffinity",
    "Ingress web.spec.ingressClassName",
    "Ingress web.spec.rules[0].http.paths[0].path",
    "ServiceAccount web: no part of an app",
}


@pytest.fixture
def declared(tmp_path: Path) -> Declaration:
    """What the file declares."""
    (tmp_path / "web.yaml").write_text(FILE)
    return read_declaration(tmp_path / "web.yaml", {})


def test_every_field_is_used_or_named(declared: Declaration) -> None:
    """Nothing is dropped in silence, and no secret is shown."""
    assert set(declared.notes) == NOT_USED
    assert "aHVudGVyMg" not in repr(declared)


def test_a_deployment_and_what_belongs_to_it_is_an_app(declared: Declaration) -> None:
    """Its pods, how it is reached, and how it follows its load."""
    (web,) = declared.specs.values()

    assert (web.kind, str(web.image), web.entrypoint, web.command) == (
        "service", "docker.io/library/web:1", ("/bin/serve",), ("--name", "$HOME")
    )  # fmt: skip  # what it runs
    assert dict(web.env) == {"LEVEL": "debug", "MODE": "prod", "TOKEN": secret("token")}
    assert web.ports == (Port(number=8080, publish=30080),)
    assert (web.hosts, web.autoscale) == (("web.example.com",), Autoscale(min=2, max=9, memory="200Mi"))
    assert (web.resources.cpu, web.resources.cpu_request, web.resources.memory) == (None, "100m", "64Mi")
    assert web.readiness == HttpProbe(path="/healthz", period=5)
    assert web.liveness == TcpProbe(port=9000, period=10)
    assert (web.user, web.read_only, web.rollout.max_unavailable) == ("1000", True, 1)
    assert dict(web.labels) == {"app": "web", "tier": "front"}
    assert web.mounts == (
        Mount(target="/data", source="web-data", size="10Gi", storage_class="fast", shared=True),
        Mount(target="/tmp", kind="tmpfs"),
        Mount(target="/host", source="/srv", kind="bind", read_only=True),
    )
    assert dict(web.config) == {"/etc/web/a.conf": "a = 1", "/etc/web/b.conf": "b = 2", "/etc/one.conf": "a = 1"}
    assert dict(web.secrets) == {"/run/secrets/key": secret("key")}
    assert dict(web.placement.nodes) == {"disk": "ssd"}
    assert dict(web.placement.devices) == {"nvidia.com/gpu": 1}
    assert web.placement.apart == (Affinity(app="web", required=False),)
    assert web.placement.spread == (Spread(per="zone", skew=2, required=True),)
    assert web.placement.tolerations == (Toleration(key="gpu", effect="NoSchedule"),)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "nothing in the manifests makes pods"),
        ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {}\n", "has no container"),
        ("apiVersion: apps/v1\nkind: Deployment\nmetadata: 7\n", "no mapping"),
    ],
)
def test_what_is_wrong_says_where(tmp_path: Path, text: str, match: str) -> None:
    """By the object."""
    (tmp_path / "web.yaml").write_text(text)

    with pytest.raises(ConfigError, match=match):
        read_declaration(tmp_path / "web.yaml", {})


def test_what_is_written_is_nobodys_app_and_holds_no_secret() -> None:
    """Applied by kubectl, it is kubectl's; how its Secret is made is said."""
    spec = AppSpec(
        name="web", image=Reference.parse("web:1"), env={"TOKEN": Secret("hunter2")}, ports=(Port(number=80),)
    )

    written = exported([spec], form="kubernetes", name="shop")

    assert "hunter2" not in str(written)
    assert "aHVudGVyMg" not in str(written)
    assert "cloudkit/" not in written.text.replace("network.cloudkit/", "")
    assert "managed-by: kubectl" in written.text
    assert "kubectl create secret generic web-env-1" in written.losses[0]


def test_what_a_cluster_cannot_do_is_left_out_and_named() -> None:
    """The others are written."""
    web = AppSpec(name="web", image=Reference.parse("web:1"))

    written = exported([web, web.replace(name="api", stop_signal="SIGINT")], form="kubernetes", name="shop")

    assert next(loss for loss in written.losses if "left out" in loss).startswith("api: left out, as the signal")
    assert "name: web" in written.text
    assert "name: api" not in written.text
