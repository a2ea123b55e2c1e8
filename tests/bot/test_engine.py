"""The main scenarios on a real engine: what is typed runs there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bot.conftest import Everybody, Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud
from cloudkit_bot.bot import Bot
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Workspace

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
