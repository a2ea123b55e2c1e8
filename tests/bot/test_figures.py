"""Figures in a chat: charts, else a picture; long output as a file."""

from __future__ import annotations

from bot.conftest import Everybody, Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud
from cloudkit.testing import Program, world_of
from cloudkit_bot.bot import Bot
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Workspace

PNG = b"\x89PNG\r\n\x1a\n"


def test_what_replicas_use_is_drawn(scene: Scene) -> None:
    """Two charts and a table."""
    alice = scene.person()

    alice.command("stats web")

    message = scene.slack.until(lambda: scene.slack.seen(by=alice.user))[0]
    assert message.kinds == ["data_visualization", "data_visualization", "data_table"]


def test_a_workspace_that_draws_no_charts_is_sent_a_picture(memory: Cloud) -> None:
    """By the flow of external uploads, below the answer in classic blocks."""
    with Workspace(without=("data_visualization",)) as slack:
        bot = Bot(settings_of(slack), memory, policy=Everybody())
        with Service(bot, CollectorRegistry()) as service:
            scene = Scene(slack=slack, cloud=memory, service=service, ops=slack.channel("ops"))
            alice = scene.person()

            alice.command("stats web")

            (picture,) = slack.until(lambda: [one for message in slack.messages for one in message.documents])

    assert picture.name == "stats web.png"
    assert picture.content is not None
    assert picture.content.startswith(PNG)
    assert len(picture.content) == picture.length


def test_an_output_that_is_too_long_is_a_file_whole(scene: Scene) -> None:
    """Uploaded in two calls; its end is seen at once."""
    lines = tuple(f"line {number}" for number in range(4_000))
    world_of(scene.cloud).program("talk:1", Program(prints=lines))
    scene.cloud.deploy("talk", "talk:1")
    alice = scene.person()

    alice.command("logs talk")

    (file,) = scene.slack.until(lambda: [one for message in scene.slack.messages for one in message.documents])
    assert file.content is not None
    assert len(file.content.decode().splitlines()) == 4_000
    calls = [method for method, *_ in scene.slack.calls if "UploadURLExternal" in method or "completeUpload" in method]
    assert len(calls) == 2
