"""A bot in a process of its own, and commands that reach it at a steady rate."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloudkit.model.secret import Secret
from cloudkit_bot.settings import Settings
from cloudkit_bot.testing import Person, Workspace, signed
from cloudkit_bot.testing.person import encoded

__all__ = ["Bot", "Delivery", "deliveries", "running", "steadily"]

HANDS = 24  # commands that are on their way at once
WORKERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One command, signed and ready to be sent."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A bot that runs.

    Args:
        url: Where its deliveries go.
        pid: Its process.
    """

    url: str
    pid: int

    @property
    def memory(self) -> int:
        """The bytes of memory that it holds, without what it shares with others."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return sum(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("Private_"))


@contextmanager
def running(slack: Workspace, kind: str) -> Iterator[Bot]:
    """Run a bot while the block lasts: ``ours`` over the twin, or ``bare``, which is slack-bolt and one listener."""
    command = [sys.executable, "-m", "bench.chat", kind, slack.base_url, slack.bot_token, slack.signing_secret]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    assert process.stdin
    assert process.stdout
    try:
        url = process.stdout.readline().strip()
        assert url, "the bot did not start"
        yield Bot(url=url, pid=process.pid)
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def deliveries(person: Person, line: str, count: int) -> list[Delivery]:
    """Return as many commands, each of its own."""
    made = []
    for _ in range(count):
        form = person.place() | {"command": "/cloud", "text": line, "trigger_id": person.trigger()}
        form |= {"user_id": person.user.id, "response_url": person.address(), "api_app_id": "A1"}
        kind, body = encoded("slash_commands", form)
        headers = signed(person.slack.signing_secret, body, int(time.time())) | {"Content-Type": kind}
        made.append(Delivery(body=body, headers=headers))
    return made


def steadily(bot: Bot, sent: Sequence[Delivery], rate: float) -> list[float]:
    """Send commands at a rate, whatever becomes of those before, and return how long each acknowledgement took.

    A time counts from when the command was due, so that one which waited for its turn counts as late.
    """
    taken, began, lock = [0.0] * len(sent), time.perf_counter() + 0.2, threading.Lock()
    numbers = iter(range(len(sent)))

    def hand() -> None:
        connection = http.client.HTTPConnection(urlsplit(bot.url).netloc, timeout=30)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            one = sent[number]
            connection.request("POST", urlsplit(bot.url).path, body=one.body, headers=one.headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
            taken[number] = time.perf_counter() - due
        connection.close()

    at_once(hand)
    return taken


def at_once(hand: Callable[[], None]) -> None:
    """Do something with all hands, until all are done."""
    hands = [threading.Thread(target=hand) for _ in range(HANDS)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()


def serve(kind: str, base_url: str, token: str, secret: str) -> None:
    """Be the bot, until standard input ends."""
    settings = Settings(
        bot_token=Secret(token), signing_secret=Secret(secret), base_url=base_url, port=0, workers=WORKERS
    )  # fmt: skip
    ours(settings) if kind == "ours" else bare(settings)


def ours(settings: Settings) -> None:
    from prometheus_client import CollectorRegistry

    from cloudkit import Cloud, Telemetry
    from cloudkit_bot.bot import Bot as Ours
    from cloudkit_bot.policy.verdict import MembersLook
    from cloudkit_bot.serving import Service

    folder = Path(tempfile.mkdtemp(prefix="cloudkit-bench-"))  # the twin's own journal would grow in memory
    made, registry = Cloud("memory", journal=str(folder / "journal.sqlite")), CollectorRegistry()
    made.deploy("web", "web:1", port=3000, publish=8080, replicas=2)
    bot = Ours(
        replace(settings, store=str(folder / "bot.sqlite")), made, policy=MembersLook(), telemetry=Telemetry(registry)
    )
    with Service(bot, registry) as service:
        told(service.url)
    shutil.rmtree(folder)


def bare(settings: Settings) -> None:
    from slack_bolt import Ack, App
    from slack_bolt.adapter.wsgi import SlackRequestHandler
    from slack_sdk import WebClient
    from waitress.server import create_server

    client = WebClient(settings.bot_token.reveal(), base_url=settings.base_url)
    app = App(client=client, signing_secret=settings.signing_secret.reveal())

    @app.command("/cloud")
    def acknowledged(ack: Ack) -> None:
        ack()

    server: Any = create_server(SlackRequestHandler(app, "/slack/events"), host="127.0.0.1", port=0, threads=WORKERS)
    threading.Thread(target=server.run, daemon=True).start()
    told(f"http://127.0.0.1:{server.effective_port}/slack/events")


def told(url: str) -> None:
    """Say where the bot listens, and wait until nobody wants it any more."""
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    serve(*sys.argv[1:5])
