"""Pods to act on, on a real cluster."""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import pytest
from pods.workshop import Workshop, until
from testbed.cluster.given import Given

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.connect import connect
from cloudkit.backends.kubernetes.objects import Service
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.config import Config

BASE = "debian:bookworm-slim"
BARE = f"""FROM {BASE}
RUN ["/bin/bash", "-c", "rm -f /usr/bin/env /usr/bin/tar /bin/dash /bin/sh && rm -f /bin/bash"]
"""
BROKEN = f"""FROM {BASE}
RUN printf '#!/bin/sh\\nexit 9\\n' > /usr/bin/tar
"""


@pytest.fixture(scope="session")
def images(engine: str, cluster: Given) -> Iterator[dict[str, str]]:
    """Images that every node can pull: one with a shell and all, one with neither, one whose ``tar`` fails."""
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as client:
        made = {"shell": "", "bare": BARE, "broken": BROKEN}
        place = f"{cluster.registry}/pods-{secrets.token_hex(4)}"  # each worker of a run has its own
        names = {kind: f"{place}/{kind}" for kind in made}
        for kind, recipe in made.items():
            build(client, recipe, names[kind]) if recipe else client.images.get(BASE).tag(names[kind], "1")
            told = list(client.images.push(names[kind], "1", stream=True, decode=True))
            assert not [line for line in told if "error" in line]
        yield {kind: f"{name}:1" for kind, name in names.items()}
        for name in names.values():
            client.images.remove(f"{name}:1")


def build(client: Any, recipe: str, name: str) -> None:
    """Build an image of a Dockerfile alone."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        header = tarfile.TarInfo("Dockerfile")
        header.size = len(recipe)
        archive.addfile(header, io.BytesIO(recipe.encode()))
    context.seek(0)
    client.images.build(fileobj=context, custom_context=True, tag=f"{name}:1", rm=True)


@pytest.fixture(scope="session")
def connection(cluster: Given) -> Iterator[Client]:
    """The cluster under test."""
    environ = {"KUBECONFIG": str(cluster.kubeconfig), "HOME": "/nonexistent", "CLOUDKIT_CONFIG": ""}
    client = connect(Config.resolve("kubernetes", folder=cluster.kubeconfig.parent, environ=environ))
    yield client
    client.close()


@pytest.fixture(scope="module")
def client(connection: Client) -> Iterator[Client]:
    """The cluster under test, in a Kubernetes namespace of the module's own."""
    name = f"t-pods-{secrets.token_hex(4)}"
    connection.create(object_path("namespaces"), {"metadata": {"name": name}})
    account = object_path("serviceaccounts", name, "default")
    until(lambda: connection.find(account, Service))
    connection.namespace = name
    yield connection
    connection.delete(object_path("namespaces", name=name))


@pytest.fixture(scope="module")
def workshop(client: Client, images: dict[str, str]) -> Workshop:
    """Makes pods that are gone with the namespace."""
    return Workshop(client, images)


@pytest.fixture(scope="module")
def replica(workshop: Workshop) -> str:
    """A pod that does nothing."""
    return workshop.start("exec sleep 3600", app="idle")


@pytest.fixture(scope="module")
def bare(workshop: Workshop) -> str:
    """A pod whose image has no shell."""
    return workshop.start("", app="bare", image="bare")
