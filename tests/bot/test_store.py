"""The bot's own database: whatever several threads and bots claim of it, one gets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import psycopg
import pytest
from conftest import absent
from testbed.postgres import serving

from cloudkit import Cloud, ConfigError, JournalError
from cloudkit_bot.alerts.incident import Incident, Sign, begun
from cloudkit_bot.store.requests import APPROVED, DENIED, EXPIRED, LEFT, OPEN, Request
from cloudkit_bot.store.store import Store, open_store
from cloudkit_bot.store.works import Work

MANY = 8
T = TypeVar("T")


class Clock:
    """A time that a test sets."""

    now = 1_000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time of day."""
    return Clock()


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """A Postgres, by its URL."""
    with serving() as url:
        if url is None:
            absent(request.config, "postgres", "no Postgres: apt-get install postgresql")
        yield url


@pytest.fixture(params=["file", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the store is; nothing is there yet."""
    if request.param == "file":
        yield str(tmp_path / "bot.sqlite")
        return
    server = request.getfixturevalue("server")
    name = f"t{os.urandom(4).hex()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def stores(where: str, clock: Clock) -> Iterator[list[Store]]:
    """As many bots as there are, over one store."""
    made = [open_store(where, "off", clock) for _ in range(MANY)]
    yield made
    for one in made:
        one.close()


def request_of(name: str, **more: object) -> Request:
    """Return an approval that is asked for."""
    given: dict[str, object] = {
        "line": "scale web 3",
        "said": "scale web 3",
        "verb": "scale",
        "app": "web",
        "digest": "ab12",
    }
    given |= {"asker": "U1", "team": "T1", "channel": "C1", "asked": 1_000.0, "until": 2_000.0}
    return Request(name=name, **(given | more))  # type: ignore[arg-type] # what a test asks for


def work_of(name: str, owner: str = "one", until: float = 1_030.0) -> Work:
    """Return work that goes on."""
    return Work(
        name=name, line="scale web 3", asker="U1", team="T1", channel="C1", begun=1_000.0, owner=owner, until=until
    )


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of it at one moment, each in a thread of its own."""
    ready = Barrier(len(acts))

    def act(one: Callable[[], T]) -> T:
        ready.wait(10)
        return one()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, acts))


def test_of_all_who_approve_at_once_one_is_the_last_that_was_needed(stores: list[Store]) -> None:
    """However many bots there are; who comes later changes nothing, and nobody counts twice."""
    stores[0].requests.add(request_of("r1"))
    acts = [partial(one.requests.approve, "r1", f"U{index}", 3) for index, one in enumerate(stores)]

    alone = [one.requests.approve("r1", "U0", 3) for one in stores[:3]]
    won = at_once(acts)

    found = stores[1].requests.find("r1")
    assert alone == [False, False, False]
    assert sum(won) == 1
    assert len(stores[0].requests.approvers("r1")) == 3
    assert found is not None
    assert found.state == APPROVED


def test_who_approves_and_who_denies_at_once_do_not_both_win(stores: list[Store]) -> None:
    """What is settled stays so."""
    stores[0].requests.add(request_of("r1"))
    acts = [
        partial(one.requests.approve, "r1", f"U{index}", 1) if index % 2 else partial(one.requests.settle, "r1", DENIED)
        for index, one in enumerate(stores)
    ]

    won = at_once(acts)

    assert sum(won) == 1


def test_what_has_expired_is_approved_by_nobody(stores: list[Store], clock: Clock) -> None:
    """And is settled once."""
    stores[0].requests.add(request_of("r1"))
    clock.now = 2_000.0

    approved = stores[0].requests.approve("r1", "U2", 1)
    expired = [request.name for request in stores[1].requests.expired()]
    settled = [one.requests.settle("r1", EXPIRED) for one in stores[:2]]

    assert (approved, expired, settled) == (False, ["r1"], [True, False])
    assert stores[0].requests.approvers("r1") == ()
    assert stores[0].requests.open() == []


def test_what_was_approved_is_begun_or_given_up_and_not_both(stores: list[Store], clock: Clock) -> None:
    """Given up only when it was not begun in time."""
    stores[0].requests.add(request_of("r1"))
    stores[0].requests.approve("r1", "U2", 1)
    early = stores[1].requests.forsaken(60)
    clock.now += 60

    left = [one.name for one in stores[1].requests.forsaken(60)]
    acts = [
        partial(one.requests.begin, "r1") if index % 2 else partial(one.requests.settle, "r1", LEFT, before=APPROVED)
        for index, one in enumerate(stores)
    ]

    assert (early, left) == ([], ["r1"])
    assert sum(at_once(acts)) == 1
    assert stores[0].requests.forsaken(60) == []


def test_a_request_is_kept_as_it_is(stores: list[Store]) -> None:
    """With the place of its message, as soon as it has one."""
    request = request_of("r1", thread="1.1")
    stores[0].requests.add(request)

    stores[0].requests.place("r1", "C2", "2.2")

    assert stores[1].requests.find("r1") == replace(request, channel="C2", message="2.2")
    assert [one.state for one in stores[1].requests.open()] == [OPEN]
    assert stores[1].requests.find("r2") is None


def test_work_that_nobody_does_is_taken_up_by_one(stores: list[Store], clock: Clock) -> None:
    """As soon as its lease is over, and not before."""
    stores[0].works.begin(work_of("w1"))
    early = [one.works.claim("w1", "two", 30) for one in stores[:2]]
    clock.now = 1_030.0

    left = [work.name for work in stores[1].works.left()]
    won = at_once([partial(one.works.claim, "w1", f"bot {index}", 30) for index, one in enumerate(stores)])

    assert early == [False, False]
    assert left == ["w1"]
    assert sum(won) == 1
    assert stores[0].works.left() == []


def test_who_has_lost_the_lease_ends_nothing(stores: list[Store], clock: Clock) -> None:
    """The one that has it does, once."""
    stores[0].works.begin(work_of("w1"))
    stores[0].works.renew("one", 60)
    clock.now = 1_059.0
    kept = stores[1].works.claim("w1", "two", 30)
    clock.now = 1_060.0
    stores[1].works.claim("w1", "two", 30)

    ended = [one.works.end("w1", owner, "done") for one, owner in zip(stores, ("one", "two", "two"), strict=False)]

    assert not kept
    assert ended == [False, True, False]
    assert stores[0].works.running() == []


def test_a_delivery_is_first_once(stores: list[Store], clock: Clock) -> None:
    """Whoever of the bots gets it, and again only when no signature can be good any more."""
    won = at_once([partial(one.deliveries.first, "Ev1") for one in stores])
    stores[0].deliveries.forget()
    again = stores[0].deliveries.first("Ev1")
    clock.now += 901
    stores[0].deliveries.forget()

    assert sum(won) == 1
    assert not again
    assert stores[0].deliveries.first("Ev1")


def test_the_store_is_beside_the_journal_and_never_its_file(tmp_path: Path) -> None:
    """A file of another kind is left as it is, and the error names the bot's own setting."""
    journal = tmp_path / "journal.sqlite"
    Cloud("memory", journal=str(journal)).deploy("web", "web:1")
    link = tmp_path / "link.sqlite"
    link.symlink_to(journal)

    with closing(open_store("", str(journal))) as store:
        assert store.database.where == str(tmp_path / "bot.sqlite")
    with pytest.raises(ConfigError):
        open_store(str(journal), str(journal))
    with closing(open_store(str(link), str(journal))) as store, pytest.raises(JournalError) as refused:
        store.works.running()

    assert "another program" in str(refused.value)
    assert "CLOUDKIT_BOT_STORE" in refused.value.hint


SIGN = Sign(key="app:web", kind="crash loop", summary="web-1 exited with 3", app="web")


def test_an_incident_is_kept_once_and_drawn_by_one(stores: list[Store], clock: Clock) -> None:
    """However many bots see it; what was to be drawn by one that is gone is drawn by another."""
    assert sum(at_once([partial(one.incidents.add, begun(SIGN, clock())) for one in stores])) == 1
    (kept,) = stores[0].incidents.due()
    assert sum(at_once([partial(one.incidents.claim, kept) for one in stores])) == 1
    assert stores[1].incidents.due() == []

    clock.now += 61
    assert sum(at_once([partial(one.incidents.claim, kept) for one in stores])) == 1
    stores[0].incidents.show(kept, "C1", "1.1", 15.0)

    assert [one.incidents.posted(0.0) for one in stores] == [1] * MANY
    assert stores[1].incidents.due() == []


def test_no_change_of_an_incident_is_lost(stores: list[Store], clock: Clock) -> None:
    """Each is made of the one before, whoever else makes one."""
    incident = begun(SIGN, clock())
    stores[0].incidents.add(incident)

    def more(one: Incident) -> Incident:
        return replace(one, times=one.times + 1)

    at_once([partial(one.incidents.change, incident.name, more, urgent=True) for one in stores])

    kept = stores[0].incidents.find(incident.name)
    assert kept is not None
    assert (kept.incident.times, kept.version) == (MANY + 1, MANY + 1)
