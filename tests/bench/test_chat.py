"""How soon the bot acknowledges under load, and whether it holds what it has done with."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

import pytest

from bench.chat import Bot, deliveries, running, steadily
from bench.table import Table
from cloudkit_bot.testing import Person, Workspace

pytestmark = pytest.mark.bench
RATE, SECONDS = 100, 60  # commands a second, and for how long
WARM = 300
MANY = 10_000  # commands; by then what is kept in bounds is kept, such as pages of the two databases


@pytest.fixture
def person() -> Iterator[Person]:
    """Somebody in a channel of a workspace."""
    with Workspace() as slack:
        yield Person(slack=slack, user=slack.user("alice"), channel=slack.channel("ops"))


def test_acknowledgement_of_a_hundred_commands_a_second(person: Person, table: Table) -> None:
    """Ours, which answers each, against slack-bolt and a listener that does nothing; every command gets its answer."""
    taken = {}
    for kind in ("bare", "ours"):
        with running(person.slack, kind) as bot:
            steadily(bot, deliveries(person, "apps", WARM), RATE)
            taken[kind] = steadily(bot, deliveries(person, "apps", RATE * SECONDS), RATE)
            if kind == "ours":
                answered(person, WARM + RATE * SECONDS)

    for what, share in (("p50", 0.5), ("p99", 0.99)):
        mine, peers = at(taken["ours"], share), at(taken["bare"], share)
        table.add(f"acknowledgement at {RATE}/s, {what}", ours=mine, peer=peers, peer_name="bare slack-bolt", unit="s")


def test_memory_over_ten_thousand_commands(person: Person, table: Table) -> None:
    """What is held after 10,000 commands more against what was held before them."""
    with running(person.slack, "ours") as bot:
        early, late = (after(bot, person) for _ in range(2))

    row = table.add("memory after 10,000 more commands", ours=late, peer=early, peer_name="before", unit="bytes")
    assert row.ours / row.peer < 1.1


def after(bot: Bot, person: Person) -> int:
    """Return what a bot holds when it has answered many commands."""
    steadily(bot, deliveries(person, "apps", MANY), 150)
    answered(person, MANY)
    person.slack.messages.clear()
    return bot.memory


def answered(person: Person, count: int) -> None:
    """Wait until each command has its answer: none is lost, none comes twice."""
    person.slack.until(lambda: len(person.slack.messages) >= count, seconds=120)
    assert len(person.slack.messages) == count


def at(taken: Sequence[float], share: float) -> float:
    """Return the time within which a share of them is."""
    return statistics.quantiles(taken, n=1000, method="inclusive")[round(share * 1000) - 1]
