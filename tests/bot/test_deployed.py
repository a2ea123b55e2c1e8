"""The bot as its example deploys it: two replicas in containers, that operate what they run on."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import docker
import pytest
from contract.conftest import _cluster_api
from contract.conftest import _cluster_namespace as cluster_namespace
from testbed.cluster.given import Given

from cloudkit import Cloud
from cloudkit_bot.testing import Person, Workspace

__all__ = ["_cluster_api", "cluster_namespace"]  # fixtures of the laws
pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("bot-image")]
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "bot"
IMAGE = "cloudkit-bot:1"
ALL = "permit(principal, action, resource);\n"
EXTRAS = "bot,kubernetes,postgres"


def reached() -> str:
    """Return the address of this machine that containers reach."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent
        address: str = probe.getsockname()[0]
        return address


@pytest.fixture(scope="module")
def example(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The example, with the wheels that its Dockerfile takes."""
    folder = tmp_path_factory.mktemp("example") / "bot"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("wheels"))
    wheel = os.environ.get("CLOUDKIT_WHEEL") or str(ROOT)
    command = ["uv", "tool", "run", "--python", sys.executable, "--from", "pip", "pip", "wheel", "--quiet"]
    subprocess.run([*command, "--wheel-dir", "wheels", f"{wheel}[{EXTRAS}]"], cwd=folder, check=True)
    (folder / "policy.cedar").write_text(ALL)
    yield folder
    with closing(docker.APIClient(base_url=engine, timeout=60)) as api, suppress(docker.errors.ImageNotFound):
        api.remove_image(IMAGE, force=True)


@pytest.fixture
def slack() -> Iterator[Workspace]:
    """A workspace that containers reach."""
    with Workspace(host=reached()) as workspace:
        yield workspace


def deployed(example: Path, slack: Workspace, **more: str) -> str:
    """Run the example, and return what it says."""
    environ = os.environ | {
        "SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token,
        "CLOUDKIT_BOT_BASE_URL": slack.base_url, **more,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "deploy.py"],
        cwd=example,
        env=environ,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert slack.bot_token not in done.stdout + done.stderr
    return done.stdout


def operates(slack: Workspace, cloud: Cloud) -> None:
    """What is typed is done by one of the replicas, and each of them takes its part."""
    alice = Person(slack=slack, user=slack.user("alice"), channel=slack.channel("ops"))
    slack.sockets.until(2)
    before = [replica.name for replica in cloud.app("bot").status().replicas]

    for line in ("apps", "status bot", "apps", "status bot"):
        seen = len(slack.messages)
        assert alice.command(line).status == 200
        answer = slack.until(lambda: slack.messages[seen:], seconds=60)[0]  # noqa: B023 # read at once
        assert "bot" in answer.text

    assert len(before) == 2


def once(slack: Workspace) -> None:
    """An event that Slack delivers to one replica and again to the other is answered once, as they share a store."""
    alice = Person(slack=slack, user=slack.user("carol"), channel=slack.channel("twice"))

    for attempt in range(4):
        alice.mention("apps", name="Ev1", retry=attempt)
    slack.until(lambda: [one for one in slack.seen(alice.channel) if one.blocks], seconds=60)
    alice.mention("status bot", name="Ev2")
    slack.until(lambda: [one for one in slack.seen(alice.channel) if "card" in one.kinds], seconds=60)

    assert len([one for one in slack.seen(alice.channel) if one.text.startswith("NAME")]) == 1


def test_on_an_engine_the_bot_operates_the_engine(example: Path, slack: Workspace, namespace: str) -> None:
    """Through its socket; its own namespace is what it sees."""
    said = deployed(example, slack, CLOUDKIT_NAMESPACE=namespace, CLOUDKIT_BACKEND="docker")

    with Cloud("docker", namespace=namespace) as cloud:
        operates(slack, cloud)
        once(slack)
        spec = cloud.app("bot").status().spec

    assert said == "bot: 2 of 2 replicas are ready\n"
    assert spec.read_only
    assert slack.bot_token not in repr(spec)


@pytest.mark.kubernetes
def test_on_a_cluster_the_bot_operates_the_cluster(
    example: Path, slack: Workspace, cluster: Given, cluster_namespace: str
) -> None:
    """By the kubeconfig that it is given as a secret."""
    more = {"CLOUDKIT_REGISTRY": cluster.registry, "KUBECONFIG": str(cluster.kubeconfig)}
    named = {"CLOUDKIT_NAMESPACE": cluster_namespace, "CLOUDKIT_BACKEND": "kubernetes"}

    said = deployed(example, slack, **more, **named)

    with Cloud("kubernetes", namespace=cluster_namespace, registry=cluster.registry) as cloud:
        operates(slack, cloud)

    assert said == "bot: 2 of 2 replicas are ready\n"
