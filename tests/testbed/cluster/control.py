"""The control plane, on node 1: etcd, API server, controller manager and scheduler."""

from __future__ import annotations

from testbed.cluster.layout import Layout
from testbed.cluster.started import Started, kubectl, program, start

__all__ = ["start_control_plane"]

ETCD = "http://127.0.0.1:2379"
SOON = (  # an autoscaler that answers within a test's patience
    "--horizontal-pod-autoscaler-sync-period=5s",
    "--horizontal-pod-autoscaler-cpu-initialization-period=10s",
    "--horizontal-pod-autoscaler-downscale-stabilization=20s",
)


def start_control_plane(layout: Layout) -> list[Started]:
    """Start the control plane; return when the API server is ready."""
    etcd = start_etcd(layout)
    server = start_api_server(layout)
    server.until(lambda: kubectl(layout, "get", "--raw=/readyz").stdout == "ok", 120)
    return [etcd, server, start_controllers(layout), start_scheduler(layout)]


def start_etcd(layout: Layout) -> Started:
    """Start the store; what it holds need not outlive the machine, so it does not wait for the disk."""
    return start(
        layout,
        1,
        "etcd",
        f"--data-dir={layout.folder}/etcd",
        f"--listen-client-urls={ETCD}",
        f"--advertise-client-urls={ETCD}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--unsafe-no-fsync",
    )


def start_api_server(layout: Layout) -> Started:
    """Start the API server on the node's address."""
    return start(
        layout,
        1,
        program("kube-apiserver"),
        f"--etcd-servers={ETCD}",
        f"--advertise-address={layout.address(1)}",
        f"--bind-address={layout.address(1)}",
        f"--service-cluster-ip-range={layout.service_range}",
        "--allow-privileged",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--kubelet-preferred-address-types=InternalIP",
        *identity(layout),
        *aggregation(layout),
    )


def identity(layout: Layout) -> tuple[str, ...]:
    """Return the API server's options about who it is and whom it believes."""
    folder = layout.folder
    return (
        f"--client-ca-file={folder}/ca.crt",
        f"--tls-cert-file={folder}/apiserver.crt",
        f"--tls-private-key-file={folder}/apiserver.key",
        f"--kubelet-client-certificate={folder}/admin.crt",
        f"--kubelet-client-key={folder}/admin.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder}/sa.pub",
        f"--service-account-signing-key-file={folder}/sa.key",
    )


def aggregation(layout: Layout) -> tuple[str, ...]:
    """Return the API server's options about servers behind it, of which metrics-server is one."""
    folder = layout.folder
    return (
        f"--requestheader-client-ca-file={folder}/ca.crt",
        "--requestheader-allowed-names=aggregator",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={folder}/aggregator.crt",
        f"--proxy-client-key-file={folder}/aggregator.key",
        "--enable-aggregator-routing",
    )


def start_controllers(layout: Layout) -> Started:
    """Start the controllers of Kubernetes' own kinds."""
    return start(
        layout,
        1,
        program("kube-controller-manager"),
        *connection(layout),
        f"--root-ca-file={layout.folder}/ca.crt",
        f"--service-account-private-key-file={layout.folder}/sa.key",
        "--use-service-account-credentials",
        *SOON,
    )


def start_scheduler(layout: Layout) -> Started:
    """Start what chooses a pod's node."""
    return start(layout, 1, program("kube-scheduler"), *connection(layout))


def connection(layout: Layout) -> tuple[str, ...]:
    """Return the options by which a part of the control plane reaches the API server."""
    options = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return (*(f"--{option}={layout.kubeconfig}" for option in options), "--leader-elect=false")
