"""Take a cluster away: its processes, mounts, networks, control groups and files, whatever state it is in."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from testbed.cluster.layout import Layout
from testbed.cluster.network import networks, remove_networks
from testbed.engines import unmount
from testbed.network import shell

__all__ = ["sweep"]

GROUPS = Path("/sys/fs/cgroup")
LOG_LINKS = Path("/var/log/containers")  # fixed in the kubelet


def sweep(layout: Layout) -> None:
    """Leave nothing of the cluster in a slot. Safe to repeat; nothing of it is asked to cooperate."""
    end_processes(layout)
    unmount(layout.folder)
    remove_networks(layout)
    remove_groups(layout)
    remove_sockets(layout)
    remove_log_links(layout)
    shutil.rmtree(layout.folder, ignore_errors=True)


def end_processes(layout: Layout, seconds: float = 20) -> None:
    """Kill by id until none is left: the kubelets among them would start again what is killed first."""
    end = time.monotonic() + seconds
    while (alive := {*in_networks(layout), *in_groups(layout), *registries(layout)}) and time.monotonic() < end:
        for process in alive:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)
    if alive:
        raise RuntimeError(f"processes of {layout.folder.name} do not end: {sorted(alive)}")


def in_networks(layout: Layout) -> Iterator[int]:
    """Yield the processes in the nodes' network namespaces: the parts of Kubernetes, and the containers' shims."""
    for name in networks(layout):
        yield from map(int, shell(f"ip netns pids {name}").stdout.split())


def in_groups(layout: Layout) -> Iterator[int]:
    """Yield the processes of containers, which outlive their shims."""
    for group in groups(layout):
        for members in group.rglob("cgroup.procs"):
            with suppress(OSError):
                yield from map(int, members.read_text().split())


def registries(layout: Layout) -> Iterator[int]:
    """Yield the registry, which is on no node, where a run that was killed has left it."""
    word = f"{layout.folder}/registry/config.yml".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word in (entry / "cmdline").read_bytes().split(b"\0"):
                yield int(entry.name)


def tasks(layout: Layout) -> Iterator[Path]:
    """Yield a folder for each container and each pod that was left; its name is their id."""
    return layout.folder.glob("node*/state/io.containerd.runtime.v2.task/k8s.io/*")


def groups(layout: Layout) -> Iterator[Path]:
    """Yield the containers' control groups: one each in version 2, one for each controller in version 1."""
    for task in tasks(layout):
        for pattern in (f"k8s.io/{task.name}", f"*/k8s.io/{task.name}"):
            yield from GROUPS.glob(pattern)


def remove_groups(layout: Layout) -> None:
    """Remove the containers' control groups, from the innermost out."""
    for group in groups(layout):
        for folder in sorted((group, *(path for path in group.rglob("*") if path.is_dir())), reverse=True):
            with suppress(OSError):
                folder.rmdir()


def remove_sockets(layout: Layout) -> None:
    """Remove the sockets of shims, whose folder all containerds of a machine share."""
    for task in tasks(layout):
        with suppress(OSError):
            Path((task / "address").read_text().removeprefix("unix://")).unlink()


def remove_log_links(layout: Layout) -> None:
    """Remove the links that kubelets have made to logs of this cluster."""
    for link in LOG_LINKS.glob("*.log"):
        with suppress(OSError):
            if str(link.readlink()).startswith(f"{layout.folder}/"):
                link.unlink()
