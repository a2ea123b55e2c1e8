"""Make ``chat-incident.png`` and ``chat-home.png``; run it with chromium at hand."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry

from cloudkit.cloud import Cloud
from cloudkit.model.secret import Secret
from cloudkit.testing import Program, cloud, world_of
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.verdict import Asker, Verdict, Wanted
from cloudkit_bot.serving import Service
from cloudkit_bot.settings import Settings
from cloudkit_bot.testing import Person, Workspace
from cloudkit_bot.testing.page import page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from scenario.browser.chromium import screenshot  # noqa: E402  the tests' own browser, found on the path above

LAST = ("listening on 3000", "Error: connect ECONNREFUSED 10.0.0.7:5432", "    at Pool.connect (db.js:14:11)")


class Everybody:
    """Lets all do all."""

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:  # noqa: ARG002  whoever asks
        """Say whether somebody may do something."""
        return Verdict(allowed=True)


def main() -> None:
    """Let an app crash, and draw what is seen of it."""
    made = cloud()
    made.deploy("docs", "docs:3", port=80, publish=8081)
    made.deploy("shop", "shop:1", port=3000, publish=8080, replicas=3)
    with Workspace() as slack:
        ops = slack.channel("ops")
        settings = Settings(
            bot_token=Secret(slack.bot_token),
            signing_secret=Secret(slack.signing_secret),
            base_url=slack.base_url,
            port=0,
            alerts_channel=ops.id,
            alerts_pause=0.2,
        )
        with Service(Bot(settings, made, policy=Everybody()), CollectorRegistry()) as service:
            service.bot.alarm.pen.pause = 0.5
            incident(made)
            ann = Person(slack=slack, user=slack.user("ann"), channel=ops, url=service.url)
            ann.event({"type": "app_home_opened", "tab": "home", "channel": "D1"})
            home = slack.until(lambda: slack.homes.get(ann.user.id))
            draw(page(slack.seen(ops)), "chat-incident.png", 860)
            draw(page(views=[home]), "chat-home.png", 340)


def incident(made: Cloud) -> None:
    """Let an app crash, and wait until its card shows how that went."""
    world = world_of(made)
    world.program("shop:2", Program(starts=2, exits=9, exit_code=1, prints=LAST[:1], last_words=LAST[1:]))
    made.app("shop").deploy(made.image("shop:2").pull(), wait=False, readiness=None)
    for _ in range(12):
        world.clock.advance(7)
        time.sleep(1.0)
    time.sleep(2.0)


def draw(html: str, name: str, height: int) -> None:
    """Write a page as a picture beside this file."""
    with TemporaryDirectory() as folder:
        written = Path(folder) / "page.html"
        written.write_text(html, "utf-8")
        screenshot(written.as_uri(), Path(__file__).with_name(name), width=920, height=height)


if __name__ == "__main__":
    main()
