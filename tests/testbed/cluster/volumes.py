"""The default class of volumes: a stock of folders, each emptied and offered again after its claim is gone."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from testbed.cluster.layout import Layout
from testbed.cluster.started import kubectl, program

__all__ = ["reclaiming", "storage_class", "volumes"]

STOCK = 20
STATES = '{.metadata.name} {.status.phase}{"\\n"}'


def storage_class() -> dict[str, Any]:
    """Return the class of volumes that a claim gets when it names none; there is no provisioner behind it."""
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "standard", "annotations": annotations},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "Immediate",
    }


def volumes(layout: Layout) -> Iterator[dict[str, Any]]:
    """Yield the volumes that claims are bound to: folders of this machine, so that every node has the same."""
    for number in range(STOCK):
        name = f"disk{number}"
        yield {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "standard",
                "hostPath": {"path": f"{layout.folder}/disks/{name}", "type": "DirectoryOrCreate"},
            },
        }


@contextmanager
def reclaiming(layout: Layout) -> Iterator[None]:
    """Offer volumes again whose claims are gone, for as long as the context is open."""
    over = threading.Event()
    command = [program("kubectl"), f"--kubeconfig={layout.kubeconfig}", "get", "persistentvolumes", "--watch"]
    with subprocess.Popen([*command, "-o", f"jsonpath={STATES}"], stdout=subprocess.PIPE, text=True) as watch:
        thread = threading.Thread(target=reclaim, args=(layout, watch, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            watch.terminate()
            thread.join(10)


def reclaim(layout: Layout, watch: subprocess.Popen[str], over: threading.Event) -> None:
    """Empty and free each volume that a watch tells to be released."""
    for line in watch.stdout or ():
        name, phase = line.split()
        if phase == "Released" and not over.is_set():
            shutil.rmtree(layout.folder / "disks" / name, ignore_errors=True)
            kubectl(layout, "patch", "persistentvolume", name, "--type=merge", "-p", '{"spec": {"claimRef": null}}')
