"""Schedules on a real cluster: their revisions, their files, and the rights that they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client
from pods.workshop import until
from testbed.cluster.given import Given

from cloudkit.cloud import Cloud
from cloudkit.errors import RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.run import Outcome
from cloudkit.model.secret import Secret
from cloudkit.model.state import AppPhase

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

DONE, YEARLY = ("true",), "0 0 1 1 *"
PRINT = ("sh", "-c", "cat /etc/shop.toml /run/key; echo $TOKEN")


def test_ten_revisions_can_come_back(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """Older ones are forgotten with what they read; when it is due belongs to the present."""
    backup = cloud.deploy("backup", image, kind="cron", schedule=YEARLY, command=DONE, env={"N": Secret("1")})
    for number in range(2, 13):
        backup.deploy(env={"N": Secret(str(number))}, schedule="@daily")
    kept = [one.number for one in backup.revisions()]

    backup.rollback(4)

    core = client.CoreV1Api(api)
    secrets = {one.metadata.name for one in core.list_namespaced_secret(space).items}
    assert kept == list(range(12, 2, -1))
    assert not secrets & {"backup-env-1", "backup-env-2"}
    assert (backup.status().spec.env, backup.status().revision) == ({"N": Secret("4")}, 13)
    assert backup.status().spec.schedule is not None
    assert backup.status().spec.schedule.cron == "@daily"


def test_a_run_reads_its_files_and_secrets(cloud: Cloud, image: str) -> None:
    """As the replicas of any app do; a run by hand as one that was due."""
    backup = cloud.deploy(
        "backup",
        image,
        kind="cron",
        schedule=YEARLY,
        command=PRINT,
        config={"/etc/shop.toml": "open = true\n"},
        secrets={"/run/key": Secret("k-1\n")},
        env={"TOKEN": Secret("t-1")},
    )

    backup.trigger()

    assert [line.text for line in backup.logs()] == ["open = true", "k-1", "t-1"]


def test_a_run_that_cannot_begin_ends_its_wait(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """The schedule stays as it is."""
    backup = cloud.deploy("backup", image, kind="cron", schedule=YEARLY, command=DONE)
    core = client.CoreV1Api(api)
    core.create_namespaced_resource_quota(space, {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "0"}}})
    until(lambda: core.read_namespaced_resource_quota("small", space).status.hard)

    with pytest.raises(RolloutError, match="job 'backup' does not go on: ") as caught:
        backup.trigger()

    assert caught.value.cause is not None
    assert caught.value.cause.code is CauseCode.QUOTA
    assert backup.status().phase is AppPhase.READY


def test_a_run_that_kubectl_makes_is_one_of_its_runs(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """As by ``kubectl create job --from=cronjob/backup``."""
    backup = cloud.deploy("backup", image, kind="cron", schedule=YEARLY, command=DONE)
    batch = client.BatchV1Api(api)
    record = batch.read_namespaced_cron_job("backup", space)
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "backup", "uid": record.metadata.uid}
    metadata = {"name": "by-hand", "labels": record.spec.job_template.metadata.labels, "ownerReferences": [owner]}
    batch.create_namespaced_job(space, {"metadata": metadata, "spec": record.spec.job_template.spec})

    until(lambda: (run := backup.status().run) is not None and run.outcome is Outcome.SUCCEEDED)

    assert len(backup.status().replicas) == 1


def test_the_role_edit_is_enough(
    api: Any, space: str, cluster: Given, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all that one does with work that ends."""
    subject = {"kind": "User", "name": "editor", "apiGroup": "rbac.authorization.k8s.io"}
    role = {"kind": "ClusterRole", "name": "edit", "apiGroup": "rbac.authorization.k8s.io"}
    binding = {"metadata": {"name": "editor"}, "subjects": [subject], "roleRef": role}
    client.RbacAuthorizationV1Api(api).create_namespaced_role_binding(space, binding)
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    for one in config["users"]:
        one["user"]["as"] = "editor"
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))

    with Cloud("kubernetes", namespace=space, registry=cluster.registry) as cloud:
        load = cloud.deploy("load", image, kind="job", command=DONE)
        load.deploy(env={"A": "1"}).rollback()
        load.stop()
        backup = cloud.deploy("backup", image, kind="cron", schedule=YEARLY, command=DONE)
        backup.trigger()
        load.delete()
        backup.delete()

        assert cloud.apps() == ()
