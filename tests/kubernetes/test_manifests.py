"""What is made of a spec is accepted by a real API server, which knows its own rules best."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as drawn
from testbed.cluster.given import Given
from unit.backends.kubernetes.supported import ending_specs, owned_specs, supported_specs
from unit.model.strategies import app_specs

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.connect import connect
from cloudkit.backends.kubernetes.jobobjects import CronJob, Job
from cloudkit.backends.kubernetes.manifests import Manifest, key_of, manifests
from cloudkit.backends.kubernetes.manifests.run import job_run, manual_run
from cloudkit.backends.kubernetes.objects import Pod, Sealed, Workload
from cloudkit.backends.kubernetes.owners import owner_kind
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.records import Settings, read_record
from cloudkit.config import Config
from cloudkit.errors import UnsupportedError, UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.kinds import ENDING
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

pytestmark = [pytest.mark.kubernetes]

IMAGE = Reference.parse("registry.example/web@sha256:" + "0" * 64)
ONLINE = settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a smaller example is not worth hundreds of requests
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def client(cluster: Given) -> Iterator[Client]:
    """The cluster under test, in a namespace that enforces the restricted level, which these tests alone use."""
    config = Config.resolve("kubernetes", folder=Path("/"), environ=_environ(cluster))
    with closing(connect(config)) as made:
        made.namespace = f"t-manifests-{secrets.token_hex(4)}"
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        made.create(object_path("namespaces"), {"metadata": {"name": made.namespace, "labels": labels}})
        try:
            yield made
        finally:
            made.delete(object_path("namespaces", name=made.namespace))


@drawn(spec=app_specs() | supported_specs() | owned_specs() | ending_specs())
@ONLINE
def test_every_object_is_accepted(client: Client, spec: AppSpec) -> None:
    """By server-side apply that writes nothing; or the spec was refused before, without a request."""
    try:
        objects = manifests(spec, namespace=client.namespace, revision=1, generation=1)
    except UnsupportedError:
        return

    answers = [_sent(client, one) for one in objects]

    assert [one["metadata"]["name"] for one in answers] == [key_of(one)[1] for one in objects]


@drawn(spec=supported_specs() | owned_specs() | ending_specs())
@ONLINE
def test_a_spec_comes_back_from_the_server(client: Client, spec: AppSpec) -> None:
    """With all the defaults that it has put in, and its own forms of what it was sent."""
    objects = manifests(spec, namespace=client.namespace, revision=1, generation=1)

    answers = {one["kind"]: _sent(client, one) for one in objects}

    made = answers[owner_kind(spec)]
    deployment = msgspec.convert(made, CronJob).owner if spec.kind in ENDING else msgspec.convert(made, Workload)
    sealed = [msgspec.convert(answers["Secret"], Sealed)] if "Secret" in answers else []
    configs = [msgspec.convert(answers["ConfigMap"], Settings)] if "ConfigMap" in answers else []
    record = read_record(deployment, sealed, configs)
    assert record is not None
    assert record.spec == spec


@drawn(spec=ending_specs())
@ONLINE
def test_a_run_of_work_that_ends_is_accepted(client: Client, spec: AppSpec) -> None:
    """Made from the CronJob as the server has it, whether it waits or runs at once."""
    objects = manifests(spec, namespace=client.namespace, revision=1, generation=1)
    record = next(_sent(client, one) for one in objects if one["kind"] == "CronJob")
    path = object_path("jobs", client.namespace)

    answers = [client.create(path, one, dry_run=True) for one in (job_run(record, 1, 1), manual_run(record, "m1"))]

    runs = [msgspec.convert(one, Job) for one in answers]
    assert [(one.metadata.name, one.spec.suspend) for one in runs] == [
        (f"{spec.name}-1", True),
        (f"{spec.name}-m1", False),
    ]
    assert {(one.spec.completions, one.spec.backoff_limit) for one in runs} == {
        (spec.job.completions, spec.job.retries)
    }
    assert {one.spec.template.spec.restart_policy for one in runs} == {"Never"}


def test_the_restricted_level_admits_a_pod_with_a_numeric_user(client: Client) -> None:
    """All that it asks for is there, with a volume, memory, a secret and a read-only root."""
    mounts = (Mount(target="/data", source="data"), Mount(target="/tmp/work", kind="tmpfs"))
    spec = AppSpec(
        name="web",
        image=IMAGE,
        ports=(Port(number=3000),),
        user="1000",
        mounts=mounts,
        env={"TOKEN": Secret("hunter2")},
        read_only=True,
    )

    answer = client.create(object_path("pods", client.namespace), _pod(spec, client.namespace), dry_run=True)

    assert msgspec.convert(answer, Pod).metadata.name == "web"


def test_the_restricted_level_refuses_a_pod_without_one(client: Client) -> None:
    """So the law above is one: the namespace does enforce it."""
    spec = AppSpec(name="web", image=IMAGE, ports=(Port(number=3000),))

    with pytest.raises(UsageError, match="policy of the cluster"):
        client.create(object_path("pods", client.namespace), _pod(spec, client.namespace), dry_run=True)


def _sent(client: Client, manifest: Manifest) -> dict[str, Any]:
    resource, name = key_of(manifest)
    return client.apply(object_path(resource, client.namespace, name), manifest, dry_run=True)


def _pod(spec: AppSpec, namespace: str) -> dict[str, object]:
    """Return the pod that the controller would make."""
    objects = manifests(spec, namespace=namespace, revision=1, generation=1)
    template = next(one for one in objects if one["kind"] == "Deployment")["spec"]["template"]
    metadata = template["metadata"] | {"name": spec.name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _environ(cluster: Given) -> dict[str, str]:
    return {"KUBECONFIG": str(cluster.kubeconfig), "HOME": "/nonexistent", "CLOUDKIT_CONFIG": ""}
