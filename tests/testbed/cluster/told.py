"""Tell the nodes of a cluster of the test bed that is up of one more registry on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from testbed.cluster.given import Given

__all__ = ["nodes_told"]


@contextmanager
def nodes_told(cluster: Given, port: int) -> Iterator[str | None]:
    """Let nodes pull ``localhost:PORT`` from this machine; yield that domain, None where they are not the test bed's.

    A node's runtime reads the folder of a registry when it pulls.
    """
    known, domain = cluster.registry.rpartition(":")[2], f"localhost:{port}"
    files = list(cluster.kubeconfig.parent.glob(f"node*/registries/localhost:{known}/hosts.toml"))
    made = [file.parents[1] / domain for file in files]
    try:
        for file, folder in zip(files, made, strict=True):
            folder.mkdir()
            (folder / "hosts.toml").write_text(file.read_text().replace(f":{known}", f":{port}"))
        yield domain if files else None
    finally:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)
