"""The main scenarios on a real engine: what is typed runs there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bot.conftest import Everybody, Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud
from cloudkit_bot.bot import Bot
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Person, Workspace

pytestmark = pytest.mark.engine
IMAGE = "node:22-bookworm-slim"
SERVER = "require('http').createServer((q, a) => a.end('hi')).listen(3000)"


@pytest.fixture
def scene(slack: Workspace, namespace: str) -> Iterator[Scene]:
    """A bot over an engine."""
    with Cloud("docker", namespace=namespace) as cloud:
        bot = Bot(settings_of(slack), cloud, policy=Everybody())
        with Service(bot, CollectorRegistry()) as service:
            yield Scene(slack=slack, cloud=cloud, service=service, ops=slack.channel("ops"))


def test_an_app_lives_by_what_is_typed_in_a_chat(scene: Scene) -> None:
    """Deployed, scaled, looked at, asked for its log, deleted after a question."""
    alice = scene.person()
    end = lambda words: scene.slack.until(  # noqa: E731 # a look, for until
        lambda: [one for one in scene.slack.seen(by=alice.user) if words in one.text], seconds=120
    )

    alice.command(f'deploy web {IMAGE} --port 3000 --user 65532 --command "node -e \\"{SERVER}\\""')
    deployed = end(f"deploy web {IMAGE}: done after")[-1]
    alice.command("scale web 2")
    scaled = end("scale web 2: done after")[-1]
    alice.command("exec web node --version")
    ran = end("exit code 0")[-1]
    alice.command("delete web")
    alice.press(end("asks for approval")[-1], "Approve")
    end("delete web: done after")

    assert "web 1/1 ready" in deployed.text
    assert "web 2/2 ready" in scaled.text
    assert "v22" in str(ran.blocks)
    assert scene.cloud.apps() == ()


SLOW = "setTimeout(() => require('http').createServer((q, a) => a.end('hi')).listen(3000), 6000)"


def test_a_bot_that_is_killed_in_the_midst_of_a_rollout_leaves_nothing_undone(
    slack: Workspace, namespace: str, engine: str, tmp_path: Path
) -> None:
    """``kill -9`` of the process; another over the same store finishes the rollout and tells it in the same message."""
    policy = tmp_path / "policy.cedar"
    policy.write_text("permit(principal, action, resource);")
    given = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_SIGNING_SECRET": slack.signing_secret, "DOCKER_HOST": engine}
    settings = {"base_url": slack.base_url, "port": "0", "policy": policy, "store": tmp_path / "bot.sqlite"}
    settings |= {"backend": "docker", "namespace": namespace}
    environment = {
        **os.environ,
        **given,
        **{f"CLOUDKIT_BOT_{name.upper()}": str(value) for name, value in settings.items()},
    }
    alice, ops = slack.user("alice"), slack.channel("ops")
    with Cloud("docker", namespace=namespace) as cloud, serving(environment) as (first, url):
        line = f'deploy web {IMAGE} --port 3000 --replicas 2 --user 65532 --command "node -e \\"{SLOW}\\""'
        Person(slack=slack, user=alice, channel=ops, url=url).command(line)
        slack.until(lambda: [app for app in cloud.apps() if app.replicas and not app.ready], seconds=120)
        first.kill()
        first.wait()

        with serving(environment):
            end = slack.until(lambda: [one for one in slack.seen(thread="") if " after " in one.text], seconds=120)
        there = cloud.app("web").status()

    assert f"deploy web {IMAGE}: done after" in end[0].text
    assert len(slack.seen(thread="")) == 1
    assert (there.ready, there.generation, there.revision) == (2, 1, 1)


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command ``cloudkit-bot run`` while the block lasts; give its process, and where it listens."""
    process = subprocess.Popen(
        [Path(sys.executable).with_name("cloudkit-bot"), "run"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        said = process.stdout.readline()
        yield process, said.split()[2].rstrip(";")
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


BREAKABLE = (
    "const fs = require('fs'); const look = () => { if (fs.existsSync('/tmp/broken')) "
    f"{{ console.error('cannot reach db:5432'); process.exit(3) }} }}; look(); setInterval(look, 200); {SERVER}"
)


def test_a_crash_loop_is_told_and_mended_by_its_card(slack: Workspace, namespace: str) -> None:
    """What ran well crashes again and again; the watcher sees it, and the card's button replaces the replica."""
    ops = slack.channel("ops")
    settings = settings_of(slack, alerts_channel=ops.id, alerts_pause=1.0, alerts_calm=3.0)
    with Cloud("docker", namespace=namespace) as cloud:
        bot = Bot(settings, cloud, policy=Everybody())
        with Service(bot, CollectorRegistry()) as service:
            scene = Scene(slack=slack, cloud=cloud, service=service, ops=ops)
            web = cloud.deploy("web", IMAGE, port=3000, user="65532", command=["node", "-e", BREAKABLE])
            web.exec("touch", "/tmp/broken")

            card = slack.until(lambda: [one for one in slack.seen(ops) if "crash loop" in one.text], seconds=120)[0]
            scene.person().press(card, "Restart")
            slack.until(lambda: "over: web: " in card.text, seconds=120)

            assert "cannot reach db:5432" in str(card.blocks)
            assert f"deploy web image={IMAGE}" in card.text
            assert web.status().ready == 1
            assert len([one for one in slack.seen(ops, thread="") if "web: " in one.text]) == 1
            web.delete()
