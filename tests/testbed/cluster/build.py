"""What a cluster is made of: packages of Debian, and Kubernetes itself compiled from its Go modules and kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from testbed import compiled
from testbed.cluster.image import PAUSE_SOURCE
from testbed.packages import install
from testbed.place import cache

__all__ = ["build"]

MODULE = Path(__file__).parent.parent / "kubernetes"  # go.mod pins all that Kubernetes is made of
VERSION = "1.34.4"  # as go.mod has it
PACKAGES = (
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "etcd-server",
    "gcc",
    "iproute2",
    "iptables",
    "libc6-dev",
    "openssl",
    "procps",
    "runc",
    "socat",
    "util-linux",
)
KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
ADDONS = {
    "coredns": "github.com/coredns/coredns@v1.14.7",
    "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server@v0.9.0",
}


def build() -> None:
    """Install and compile what is missing. A build that was cut short goes on where the compiler's cache ends."""
    install(*PACKAGES)
    compiled.build("registry")
    with compiled.locked("kubernetes.lock"):
        if not cache("kubernetes", "pause").exists():
            compile_pause()
        if missing := [name for name in KUBERNETES if not cache("kubernetes", name).exists()]:
            compile_kubernetes(missing)
        for name, module in ADDONS.items():
            if not cache("kubernetes", name).exists():
                print("compiling", name, flush=True)
                compiled.install_module(module, cache("kubernetes", name), with_c=True)


def compile_kubernetes(names: list[str]) -> None:
    """Compile parts of Kubernetes, all in one go, as they share most packages."""
    print("compiling", *names, "(several minutes)", flush=True)
    for file in ("go.mod", "go.sum"):
        shutil.copy(MODULE / file, cache("kubernetes-module", file))
    major, minor, _ = VERSION.split(".")
    stamps = {"gitVersion": f"v{VERSION}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    flags = " ".join(f"-X k8s.io/component-base/version.{key}={value}" for key, value in stamps.items())
    fresh = cache("kubernetes-module", "bin")
    command = ["go", "build", "-p", str(at_once()), "-trimpath", f"-ldflags=-s -w {flags}", "-o", f"{fresh}/"]
    environment = os.environ | {"CGO_ENABLED": "1"}
    packages = [f"k8s.io/kubernetes/cmd/{name}" for name in names]
    subprocess.run([*command, *packages], cwd=cache("kubernetes-module", "go.mod").parent, env=environment, check=True)
    for name in names:
        (fresh / name).replace(cache("kubernetes", name))


def compile_pause() -> None:
    """Compile the program of the pause container."""
    target = cache("kubernetes", "pause")
    fresh = target.with_suffix(".new")
    command = ["gcc", "-static", "-Os", "-s", "-x", "c", "-o", str(fresh), "-"]
    subprocess.run(command, input=PAUSE_SOURCE, text=True, check=True)
    fresh.replace(target)


def at_once() -> int:
    """Return how many packages to compile at once: one for each processor and each two gigabytes of free memory."""
    meminfo = Path("/proc/meminfo").read_text().splitlines()
    available = next(int(line.split()[1]) for line in meminfo if line.startswith("MemAvailable"))
    return max(1, min(os.cpu_count() or 1, available // (2 << 20)))
