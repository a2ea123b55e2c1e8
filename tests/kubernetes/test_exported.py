"""What is exported as manifests is what kubectl applies."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from testbed.cluster.given import Given

from cloudkit.declared.exporting import exported
from cloudkit.declared.reading import read_declaration
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.job import Job, Schedule
from cloudkit.model.mount import Mount
from cloudkit.model.placement import Affinity, Placement, Spread, Toleration
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources
from cloudkit.model.secret import Secret

WEB = AppSpec(
    name="web",
    image=Reference.parse("web:1"),
    command=("serve", "$HOME"),
    env={"MODE": "a: b\nc", "TOKEN": Secret("hunter2"), "NO": "no"},
    ports=(Port(number=8080, publish=0), Port(number=9000)),
    replicas=3,
    resources=Resources(cpu="500m", memory="64Mi"),
    readiness=HttpProbe(path="/healthz", period=2),
    liveness=ExecProbe(command=("true",)),
    mounts=(Mount(target="/data", source="data", size="2Gi", shared=True), Mount(target="/tmp", kind="tmpfs")),
    networks=("back",),
    labels={"team": "shop"},
    user="1000:1000",
    read_only=True,
    hosts=("web.example.com",),
    autoscale=Autoscale(min=2, max=5, cpu=70),
    placement=Placement(
        nodes={"disk": "ssd"},
        apart=(Affinity(app="web", required=False),),
        spread=(Spread(per="zone"),),
        tolerations=(Toleration(key="gpu", effect="NoExecute", seconds=30),),
    ),
    config={"/etc/web.conf": "a = 1\n\tb: |\n"},
    secrets={"/run/secrets/key": Secret("hunter3")},
)
BARE = AppSpec(name="bare", image=Reference.parse("web:1"))
SPECS = (
    WEB,
    BARE.replace(
        name="db", kind="stateful", mounts=(Mount(target="/data", source="data"),), ports=(Port(number=5432),)
    ),
    BARE.replace(name="agent", kind="daemon"),
    BARE.replace(name="once", kind="job", job=Job(completions=3, parallelism=2, time_limit=60)),
    BARE.replace(name="tick", kind="cron", schedule=Schedule(cron="*/5 * * * *", timezone="Europe/Berlin")),
)


@pytest.mark.kubernetes
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")
def test_kubectl_applies_what_is_exported(cluster: Given, tmp_path: Path) -> None:
    """The API server takes all of it, with no field that it does not know; it is read back as the same apps."""
    written = exported(SPECS, form="kubernetes", name="shop")
    file = tmp_path / "shop.yaml"
    file.write_text(str(written))

    done = subprocess.run(
        [
            "kubectl",
            "--kubeconfig",
            str(cluster.kubeconfig),
            "apply",
            "--dry-run=server",
            "--validate=strict",
            "-f",
            file,
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert {line.partition(" ")[0] for line in done.stdout.splitlines()} >= {
        "deployment.apps/web", "statefulset.apps/db", "daemonset.apps/agent", "job.batch/once", "cronjob.batch/tick",
        "service/web", "ingress.networking.k8s.io/web", "horizontalpodautoscaler.autoscaling/web",
    }  # fmt: skip  # one a line would be long
    assert set(read_declaration(file, {}).specs) == {one.name for one in SPECS}
