"""A long session answers from memory, never behind what it did itself, and asks the server where it cannot know."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from unit.backends.kubernetes.apiserver import Api, failure, listing
from unit.backends.kubernetes.store import PATH, Store

from cloudkit.backends.kubernetes import collection, informer
from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.informer import Informer
from cloudkit.backends.kubernetes.objects import Sealed
from cloudkit.errors import BackendError

OURS, THEIRS = "abc", "xyz"


@pytest.fixture
def store(api: Api) -> Store:
    """A server with one object."""
    made = Store(api, OURS + THEIRS)
    made.put("x", "0")
    return made


@pytest.fixture
def memory(client: Client, store: Store) -> Iterator[Informer]:
    """An informer that follows the collection, after a second look."""
    assert store.values()
    made = Informer(client)
    look(made)
    look(made)
    yield made
    made.close()


def look(memory: Informer) -> dict[str, str]:
    """Return what one look finds."""
    found = memory.lists().list(PATH, Sealed).items
    return {one.metadata.name: one.metadata.labels["value"] for one in found}


def write(client: Client, name: str, value: str, *, new: bool) -> None:
    """Write an object by the client under test."""
    body = {"metadata": {"name": name, "labels": {"value": value}}}
    if new:
        client.create(PATH, body)
    else:
        client.patch(f"{PATH}/{name}", body)


def lists(api: Api) -> int:
    """Return how often the server was asked for a list."""
    return sum(asked.method == "GET" and asked.query.get("watch") != "true" for asked in api.asked)


def until(holds: Callable[[], object], *, seconds: float = 20) -> None:
    """Look again and again until it holds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


def followers() -> list[threading.Thread]:
    """Return the threads that follow a collection."""
    return [one for one in threading.enumerate() if one.name.startswith("informer")]


def test_one_look_follows_nothing(api: Api, client: Client, store: Store) -> None:
    """A command asks once: it pays for no watch."""
    memory = Informer(client)

    assert look(memory) == store.values()
    assert not followers()
    assert api.calls() == [f"GET {PATH}"]


def test_from_the_third_look_on_the_server_is_not_asked(api: Api, memory: Informer, store: Store) -> None:
    """What others do comes by itself, and is there soon."""
    before = lists(api)

    assert look(memory) == {"x": "0"}
    store.put("y", "1")
    store.put("x", "2")
    store.remove("y")
    until(lambda: look(memory) == {"x": "2"})
    assert lists(api) == before


def test_a_look_after_a_long_time_is_a_first_one(api: Api, client: Client, store: Store) -> None:
    """Two looks an hour apart are no long session, and what is not asked for is followed no longer."""
    now = [0.0]
    memory = Informer(client, clock=lambda: now[0])
    look(memory)
    now[0] += informer.SOON + 1
    look(memory)
    assert not followers()

    now[0] += 1
    look(memory)
    until(lambda: sum(asked.query.get("watch") == "true" for asked in api.asked))
    now[0] += collection.IDLE + 1
    store.put("x", "1")

    until(lambda: not followers())
    assert look(memory) == {"x": "1"}
    assert not followers()


def test_what_was_written_here_is_there_though_the_watch_is_late(
    api: Api, client: Client, memory: Informer, store: Store
) -> None:
    """It is waited for, and where it does not come in time, the server is asked."""
    store.mute = True

    threading.Timer(0.1, lambda: setattr(store, "mute", False)).start()
    write(client, "a", "1", new=True)
    before = lists(api)
    assert look(memory) == {"a": "1", "x": "0"}
    assert lists(api) == before

    store.mute = True
    write(client, "a", "2", new=False)
    assert look(memory) == {"a": "2", "x": "0"}
    assert lists(api) == before + 1


def test_what_was_read_here_is_there(client: Client, memory: Informer, store: Store, api: Api) -> None:
    """A wait that has seen it by another way is not followed by an answer from before."""
    look(memory)
    store.mute = True
    store.put("y", "1")
    api.on(f"GET {PATH}/y", listing())
    api.on(f"GET {PATH}/y", lambda _: _reply(store.objects["y"]))

    client.get(f"{PATH}/y", Sealed)

    assert look(memory) == {"x": "0", "y": "1"}


def _reply(body: object) -> object:
    from unit.backends.kubernetes.apiserver import Reply

    return Reply(body=body)


def test_what_was_deleted_here_is_gone(client: Client, memory: Informer, store: Store) -> None:
    """Though no answer tells the version, and the watch is late."""
    look(memory)
    store.mute = True

    client.delete(f"{PATH}/x")

    assert look(memory) == {}


def test_a_server_that_is_gone_is_no_memory(memory: Informer, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old answer would hide it: the look fails as a first one does, and goes on when the server is back."""
    monkeypatch.setattr(informer, "PATIENCE", 0.05)
    look(memory)
    store.away = True
    store.cut()

    def fails() -> bool:
        try:
            look(memory)
        except BackendError:
            return True
        return False

    until(fails)
    store.put("x", "1")
    store.away = False
    until(lambda: not fails())
    assert look(memory) == {"x": "1"}


def test_who_may_not_watch_is_answered_by_lists(api: Api, client: Client, store: Store) -> None:
    """Older rights know lists alone."""
    api.on(f"WATCH {PATH}", failure(403, "Forbidden", "you may not"))
    memory = Informer(client)

    for value in "123":
        store.put("x", value)
        assert look(memory) == {"x": value}
    memory.close()


def test_close_leaves_no_thread_and_a_look_begins_anew(memory: Informer, store: Store) -> None:
    """Closing twice is no error."""
    look(memory)
    assert followers()

    memory.close()
    memory.close()

    assert not followers()
    store.put("x", "7")
    assert look(memory) == {"x": "7"}


def test_a_forked_process_asks_for_itself(memory: Informer, store: Store) -> None:
    """No thread came along that would keep its memory true, and it leaves its parent's connections alone."""
    look(memory)
    store.mute = True  # what the parent remembers is old now
    store.put("x", "1")

    child = os.fork()
    if not child:
        os._exit(0 if look(memory) == {"x": "1"} else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    store.mute = False
    until(lambda: look(memory) == {"x": "1"})


@pytest.mark.parametrize("seed", range(6))
def test_it_is_never_behind_its_own_writes(client: Client, memory: Informer, store: Store, seed: int) -> None:
    """Over lost connections, versions that have expired and a mute server; and in the end all is as it is there."""
    chance = random.Random(seed)
    mine: dict[str, str] = {}
    for number in range(60):
        match chance.choice(["write", "write", "delete", "theirs", "cut", "forget", "mute"]):
            case "write":
                name = chance.choice(OURS)
                write(client, name, str(number), new=name not in mine)
                mine[name] = str(number)
            case "delete" if mine:
                client.delete(f"{PATH}/{(name := chance.choice(sorted(mine)))}")
                del mine[name]
            case "theirs":
                store.put(chance.choice(THEIRS), str(number)) if chance.random() < 0.7 else store.remove("y")
            case "cut":
                store.cut()
            case "forget":
                store.forget()
            case _:
                store.mute = not store.mute
        seen = look(memory)
        assert {name: seen[name] for name in seen if name in OURS} == mine

    store.mute = False
    until(lambda: look(memory) == store.values())
