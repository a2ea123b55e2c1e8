"""A watch loses no change, over ends, cuts, hanging connections and versions that are too old."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import pytest
from unit.backends.kubernetes.apiserver import DROP, Api, Stream, event, failure, item, listing

from cloudkit.backends.kubernetes import watching
from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.retrying import ATTEMPTS
from cloudkit.backends.kubernetes.watching import Change
from cloudkit.errors import AccessError, BackendError

PODS = "/api/v1/namespaces/shop/pods"


def told(changes: Iterator[Change[Pod]], count: int) -> list[tuple[str, str]]:
    """Return so many changes, each with its object's name."""
    return [(change.type, change.object.metadata.name) for change in islice(changes, count)]


def starts(api: Api) -> list[str]:
    """Return the version that each round began with."""
    return [asked.query["resourceVersion"] for asked in api.asked if asked.query.get("watch") == "true"]


def test_all_that_is_there_comes_first(api: Api, client: Client) -> None:
    """Then what happens to it, from the list's version on."""
    api.on(f"GET {PODS}", listing(item("a", 3), version=5))
    api.on(f"WATCH {PODS}", Stream([event("MODIFIED", item("a", 6)), event("DELETED", item("a", 7))], end="hang"))

    changes = told(client.watch(PODS, Pod), 3)

    assert changes == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
    assert starts(api) == ["5"]


@pytest.mark.parametrize("end", ["whole", "cut"])
def test_the_next_round_goes_on_where_the_last_one_ended(api: Api, client: Client, end: str) -> None:
    """In order or by a cut, from the last version that was seen; half a line is dropped."""
    half = event("ADDED", item("never", 9))[:20]
    api.on(
        f"WATCH {PODS}",
        Stream([event("ADDED", item("a", 6)), half] if end == "cut" else [event("ADDED", item("a", 6))], end=end),
        Stream([event("ADDED", item("b", 7))], end="hang"),
    )

    changes = told(client.watch(PODS, Pod, version="5"), 2)

    assert changes == [("ADDED", "a"), ("ADDED", "b")]
    assert starts(api) == ["5", "6"]


def test_a_bookmark_moves_the_version_and_is_no_change(api: Api, client: Client) -> None:
    """So that a quiet watch does not grow too old."""
    mark = event("BOOKMARK", {"metadata": {"resourceVersion": "90"}})
    api.on(f"WATCH {PODS}", Stream([mark]), Stream([event("ADDED", item("a", 91))], end="hang"))

    changes = told(client.watch(PODS, Pod, version="5"), 1)

    assert changes == [("ADDED", "a")]
    assert starts(api) == ["5", "90"]
    assert api.asked[0].query["allowWatchBookmarks"] == "true"


@pytest.mark.parametrize("way", ["status", "event"])
def test_a_version_that_is_too_old_is_listed_anew(api: Api, client: Client, way: str) -> None:
    """What came, changed and went in between is told as if it had been seen."""
    status = failure(410, "Expired", "too old resource version")
    too_old = status if way == "status" else Stream([event("ERROR", status.body)])
    api.on(
        f"GET {PODS}",
        listing(item("gone", 1), item("same", 2), item("moved", 3), version=5),
        listing(item("same", 2), item("moved", 8), item("new", 9), version=9),
    )
    api.on(f"WATCH {PODS}", too_old, Stream([], end="hang"))

    changes = told(client.watch(PODS, Pod), 6)

    assert changes[:3] == [("ADDED", "gone"), ("ADDED", "same"), ("ADDED", "moved")]
    assert changes[3:] == [("DELETED", "gone"), ("MODIFIED", "moved"), ("ADDED", "new")]


def test_a_connection_that_hangs_is_made_anew(api: Api, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is gone without a word, as behind a dead router, sends no end."""
    monkeypatch.setattr(watching, "ROUND", 0.2)
    monkeypatch.setattr(watching, "GRACE", 0.2)
    api.on(
        f"WATCH {PODS}",
        Stream([event("ADDED", item("a", 6))], end="hang"),
        Stream([event("ADDED", item("b", 7))], end="hang"),
    )

    changes = told(client.watch(PODS, Pod, version="5"), 2)

    assert changes == [("ADDED", "a"), ("ADDED", "b")]


def test_a_watch_ends_after_its_time(api: Api, client: Client) -> None:
    """Without an error, though the server would go on."""
    api.on(f"WATCH {PODS}", Stream([event("ADDED", item("a", 6))], end="hang"))
    started = time.monotonic()

    changes = list(client.watch(PODS, Pod, version="5", timeout=0.5))

    assert [change.object.metadata.name for change in changes] == ["a"]
    assert 0.4 <= time.monotonic() - started < 3


def test_a_server_that_is_away_for_a_while_is_waited_for(api: Api, client: Client) -> None:
    """As when it is restarted: connections that end, and failures, in the middle of a watch."""
    api.on(
        f"WATCH {PODS}",
        Stream([event("ADDED", item("a", 6))]),
        DROP,
        failure(503, "ServiceUnavailable"),
        Stream([event("ADDED", item("b", 7))], end="hang"),
    )

    changes = told(client.watch(PODS, Pod, version="5"), 2)

    assert changes == [("ADDED", "a"), ("ADDED", "b")]
    assert starts(api) == ["5", "6", "6", "6"]


def test_a_server_that_stays_away_is_told(api: Api, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a minute, which is shorter here."""
    monkeypatch.setattr(watching, "OUTAGE", 0.1)
    api.on(f"WATCH {PODS}", Stream([event("ADDED", item("a", 6))]), failure(503, "ServiceUnavailable"))

    with pytest.raises(BackendError, match=r"cannot watch pods in namespace 'shop': .*status 503"):
        list(client.watch(PODS, Pod, version="5", timeout=20))


def test_a_server_is_away_from_the_end_of_a_round_on(api: Api, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not from its beginning, or a long round leaves it no time to be started again."""
    monkeypatch.setattr(watching, "ROUND", 0.6)
    monkeypatch.setattr(watching, "GRACE", 0.4)
    monkeypatch.setattr(watching, "OUTAGE", 0.5)
    api.on(
        f"WATCH {PODS}",
        Stream([event("ADDED", item("a", 6))], end="hang"),
        *[failure(503, "ServiceUnavailable")] * (ATTEMPTS + 1),
        Stream([event("ADDED", item("b", 7))], end="hang"),
    )

    changes = told(client.watch(PODS, Pod, version="5"), 2)

    assert changes == [("ADDED", "a"), ("ADDED", "b")]


def test_what_is_not_allowed_is_told_at_once(api: Api, client: Client) -> None:
    """It does not pass by waiting."""
    api.on(f"WATCH {PODS}", failure(403, "Forbidden", 'pods is forbidden: User "x" cannot watch resource "pods"'))

    with pytest.raises(AccessError, match="cannot watch pods in namespace 'shop': not allowed") as caught:
        list(client.watch(PODS, Pod, version="5"))

    assert caught.value.hint == "kubectl auth can-i watch pods -n shop --context here"
