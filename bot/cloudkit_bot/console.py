"""The bot in a terminal: the same lines, the same policy, the same messages, drawn as text.

A workspace of one person stands in for Slack, so that what is seen is what a channel would show.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cloudkit.cloud import Cloud
from cloudkit.model.secret import Secret
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.file import PolicyFile
from cloudkit_bot.policy.verdict import Asker, Policy, Verdict, Wanted
from cloudkit_bot.settings import Settings
from cloudkit_bot.testing import Message, Person, Workspace
from cloudkit_bot.words.grammar import chat_catalogue

__all__ = ["converse", "drawn"]

STANDING = "status"  # where a task stands, in Slack's word
MARKS = {"pending": "▫️", "in_progress": "⏳", "complete": "✅", "error": "❌"}


class Owner:
    """Lets whoever sits at the terminal do what the commands there would let them do, too."""

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:  # noqa: ARG002 # it is one person
        """Say whether somebody may do something."""
        return Verdict(allowed=True, by=("this terminal",))


def converse(settings: Settings, cloud: Cloud, line: Iterable[str] = ()) -> None:
    """Carry out one line, or every line that is typed, and show what the bot says.

    Args:
        settings: The bot's; its tokens are not needed.
        cloud: What it works on.
        line: One line; empty reads them from standard input.
    """
    with Workspace() as slack:
        person = Person(slack=slack, user=slack.user("you"), channel=slack.channel("here"))
        token, secret = Secret(slack.bot_token), Secret(slack.signing_secret)
        local = replace(settings, bot_token=token, signing_secret=secret, app_token=Secret(""), base_url=slack.base_url)
        local = replace(local, store="memory")  # what the bot in Slack has begun is not this one's
        policy: Policy = PolicyFile(Path(settings.policy), chat_catalogue()) if settings.policy else Owner()
        with Bot(local, cloud, policy=policy) as bot:
            for text in typed(line, settings.command):
                before = len(slack.messages)
                bot.desk.line(ask_of_line(person), text)
                show(slack.messages[before:])


def ask_of_line(person: Person) -> Any:  # noqa: ANN401 # an Ask
    from cloudkit_bot.ask import ask_of

    form = person.place() | {"command": "/cloud", "user_id": person.user.id, "trigger_id": person.trigger()}
    return ask_of(form | {"response_url": person.address()})


def typed(line: Iterable[str], command: str) -> Iterator[str]:
    """Yield the lines that are typed."""
    given = " ".join(line)
    if given:
        yield given
        return
    while True:
        if sys.stdin.isatty():
            sys.stdout.write(f"{command} ")
            sys.stdout.flush()
        text = sys.stdin.readline()
        if not text:
            return
        if text.strip():
            yield text.strip().removeprefix(command).strip()


def show(messages: Iterable[Message]) -> None:
    """Draw messages on standard output."""
    console = Console(highlight=False, markup=False, emoji=False)
    for message in messages:
        parts = [part for block in message.blocks for part in drawn(block)]
        for part in parts or [Text(message.text)]:
            console.print(part)
        for document in message.documents:
            console.print(Text((document.content or b"").decode(errors="replace")))


def drawn(block: dict[str, Any]) -> Iterator[RenderableType]:
    """Yield a block as rich draws it."""
    kind = block["type"]
    if kind in ("data_table", "table"):
        yield table(block["rows"])
    elif kind == "card":
        lines = [block[name]["text"] for name in ("subtitle", "body", "subtext") if name in block]
        yield Panel(Text("\n".join(lines)), title=Text(block.get("title", {}).get("text", "")), title_align="left")
    elif kind == "plan":
        tasks = [f"  {MARKS[task[STANDING]]} {task['title']}" for task in block["tasks"]]
        yield Text("\n".join([block["title"], *tasks]))
    elif kind == "actions":
        labels = [element.get("text", element.get("placeholder", {})).get("text", "") for element in block["elements"]]
        yield Text("  ".join(f"[{label}]" for label in labels), style="dim")
    else:
        yield Text("\n".join(texts(block)))


def table(rows: list[list[dict[str, Any]]]) -> Table:
    found = Table(box=None, pad_edge=False)
    for cell in rows[0]:
        found.add_column(cell["text"], no_wrap=True)
    for row in rows[1:]:
        found.add_row(*(Text(str(cell.get("text", cell.get("value", "")))) for cell in row))
    return found


def texts(value: Any) -> Iterator[str]:  # noqa: ANN401 # JSON
    """Yield the texts inside a block."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
