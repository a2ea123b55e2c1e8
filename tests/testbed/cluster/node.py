"""A node: containerd, kubelet and kube-proxy in the node's network namespace."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path

from testbed.cluster.image import PAUSE, load, write_archive
from testbed.cluster.layout import Layout
from testbed.cluster.started import Started, program, start

__all__ = ["start_nodes"]

CONTAINERD = """\
version = 2
root = "{folder}/images"
state = "{folder}/state"

[grpc]
  address = "{folder}/containerd.sock"

[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"

[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true # a machine may not allow a lower one
  netns_mounts_under_state_dir = true
  sandbox_image = "{pause}"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{folder}/registries"
"""
REGISTRY = """\
server = "{url}"

[host."{url}"]
  capabilities = ["pull", "resolve"]
"""


def start_nodes(layout: Layout, registry: int) -> list[Started]:
    """Start all nodes; they pull ``localhost`` at the port ``registry`` from the bridge's address."""
    runtimes = [start_runtime(layout, node, registry) for node in layout.nodes]
    pause = write_archive(layout.folder / "pause.tar", PAUSE, Path(program("pause")))
    for node, runtime in zip(layout.nodes, runtimes, strict=True):
        runtime.until(partial(runtime_answers, layout, node), 60)
        load(socket(layout, node), pause)
    agents = [agent for node in layout.nodes for agent in (start_kubelet(layout, node), start_proxy(layout, node))]
    return [*runtimes, *agents]


def home(layout: Layout, node: int) -> Path:
    """Return the folder of a node."""
    return layout.folder / f"node{node}"


def socket(layout: Layout, node: int) -> Path:
    """Return where a node's container runtime listens."""
    return home(layout, node) / "containerd.sock"


def start_runtime(layout: Layout, node: int, registry: int) -> Started:
    """Start a node's containerd, with its pods' network and the registry's address."""
    folder = home(layout, node)
    names = folder / "registries" / f"localhost:{registry}"
    for made in (folder / "cni", names):
        made.mkdir(parents=True)
    (folder / "cni" / "10-bridge.conflist").write_text(json.dumps(pod_network(layout, node)))
    (names / "hosts.toml").write_text(REGISTRY.format(url=f"http://{layout.address(0)}:{registry}"))
    (folder / "containerd.toml").write_text(CONTAINERD.format(folder=folder, pause=PAUSE))
    return start(layout, node, "containerd", "-c", f"{folder}/containerd.toml")


def runtime_answers(layout: Layout, node: int) -> bool:
    command = ["ctr", "-a", str(socket(layout, node)), "version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pod_network(layout: Layout, node: int) -> dict[str, object]:
    """Return the network of a node's pods as CNI has it: a bridge that hands out the node's range."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": layout.pods(node)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": f"{home(layout, node)}/addresses",
    }
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": addresses,
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, ports]}


def start_kubelet(layout: Layout, node: int) -> Started:
    """Start a node's kubelet."""
    folder = home(layout, node)
    (folder / "kubelet.yaml").write_text(json.dumps(kubelet_settings(layout, node)))
    return start(
        layout,
        node,
        program("kubelet"),
        f"--config={folder}/kubelet.yaml",
        f"--kubeconfig={layout.folder}/node{node}.kubeconfig",
        f"--hostname-override=node{node}",
        f"--node-ip={layout.address(node)}",
        f"--root-dir={folder}/kubelet",
    )


def kubelet_settings(layout: Layout, node: int) -> dict[str, object]:
    """Return what a kubelet is told; two on one machine must share neither logs nor groups by quality of service."""
    folder = home(layout, node)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": layout.address(node),
        "healthzBindAddress": "127.0.0.1",
        "containerRuntimeEndpoint": f"unix://{socket(layout, node)}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{layout.folder}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{layout.folder}/node{node}.crt",
        "tlsPrivateKeyFile": f"{layout.folder}/node{node}.key",
        "clusterDomain": "cluster.local",
        "clusterDNS": [layout.service(10)],
        "resolvConf": "/dev/null",
        "podLogsDir": f"{folder}/logs",
        "volumePluginDir": f"{folder}/plugins",
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        **ON_A_FULL_DISK,
    }


ON_A_FULL_DISK = {  # a developer's disk is often nearly full: nothing is evicted or deleted for that
    "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
    "imageGCHighThresholdPercent": 100,
    "imageGCLowThresholdPercent": 99,
}


def start_proxy(layout: Layout, node: int) -> Started:
    """Start a node's kube-proxy; it masquerades all, as replies over the bridge would not come back through it."""
    settings = home(layout, node) / "kube-proxy.yaml"
    document = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": layout.pod_range,
        "hostnameOverride": f"node{node}",
        "conntrack": {"maxPerCore": 0},
        "iptables": {"masqueradeAll": True},
        "clientConnection": {"kubeconfig": str(layout.kubeconfig)},
    }
    settings.write_text(json.dumps(document))
    return start(layout, node, program("kube-proxy"), f"--config={settings}")
