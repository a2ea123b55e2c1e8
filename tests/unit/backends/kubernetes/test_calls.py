"""A call is made again where that is safe, and never where it might do something twice."""

from __future__ import annotations

import threading
import time

import pytest
from unit.backends.kubernetes.apiserver import DROP, Api, Reply, Stream, failure, item, listing

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.objects import Pod, Workload
from cloudkit.errors import BackendError, ConflictError, NotFoundError

PODS = "/api/v1/namespaces/shop/pods"
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"


def test_an_object_is_read_with_its_token(api: Api, client: Client) -> None:
    """The kubeconfig's token goes along, and the fields that are named come back."""
    api.on(f"GET {WEB}", Reply(body=item("web", 7, spec={"replicas": 3, "selector": {}})))

    web = client.get(WEB, Workload)

    assert (web.metadata.name, web.metadata.resource_version, web.spec.replicas) == ("web", "7", 3)
    assert api.asked[0].headers["authorization"] == "Bearer s3cret"


def test_an_object_that_is_not_there_is_none(api: Api, client: Client) -> None:
    """`find` says None where `get` raises."""
    api.on(f"GET {WEB}", failure(404, "NotFound", 'deployments.apps "web" not found'))

    found = client.find(WEB, Workload)

    assert found is None
    with pytest.raises(NotFoundError, match="cannot read deployments/web in namespace 'shop': it is not there"):
        client.get(WEB, Workload)


def test_a_list_has_all_pages(api: Api, client: Client) -> None:
    """However many they are, in order, with the selectors on each."""
    api.on(f"GET {PODS}", listing(item("a"), more="x"), listing(item("b"), more="y"), listing(item("c"), version=9))

    pods = client.list(PODS, Pod, labels="app=web")

    assert [pod.metadata.name for pod in pods.items] == ["a", "b", "c"]
    assert pods.metadata.resource_version == "9"
    assert [asked.query.get("continue") for asked in api.asked] == [None, "x", "y"]
    assert {asked.query["labelSelector"] for asked in api.asked} == {"app=web"}


def test_a_list_whose_pages_grew_too_old_is_read_in_one(api: Api, client: Client) -> None:
    """A continue token lives for minutes; what was read so far is dropped, nothing comes twice."""
    api.on(f"GET {PODS}", listing(item("a"), more="x"), failure(410, "Expired"), listing(item("a"), item("b")))

    pods = client.list(PODS, Pod)

    assert [pod.metadata.name for pod in pods.items] == ["a", "b"]
    assert "limit" not in api.asked[2].query


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_that_failed_is_made_again(api: Api, client: Client, status: int) -> None:
    """What only asks may be asked twice."""
    api.on(f"GET {WEB}", failure(status, "InternalError"), failure(status, "InternalError"), Reply(body=item("web")))

    web = client.get(WEB, Workload)

    assert web.metadata.name == "web"
    assert len(api.asked) == 3


def test_a_create_that_failed_is_not_made_again(api: Api, client: Client) -> None:
    """The server may have made the object before it failed."""
    api.on(f"POST {PODS}", failure(500, "InternalError", "etcd is slow"), Reply(body=item("a")))

    with pytest.raises(BackendError, match=r"cannot create pods in namespace 'shop': .*status 500"):
        client.create(PODS, item("a"))

    assert len(api.asked) == 1


def test_a_create_that_got_no_answer_is_not_made_again(api: Api, client: Client) -> None:
    """A connection that ends in the middle tells nothing of what was done."""
    api.on(f"GET {WEB}", Reply(body=item("web")))
    api.on(f"POST {PODS}", DROP, Reply(body=item("a")))
    client.get(WEB, Workload)

    with pytest.raises(BackendError, match="dropped the connection"):
        client.create(PODS, item("a"))

    assert api.calls().count(f"POST {PODS}") == 1


def test_a_read_that_got_no_answer_is_made_again(api: Api, client: Client) -> None:
    """Once the server has answered at all."""
    api.on("GET /version", Reply(body={}))
    api.on(f"GET {WEB}", DROP, DROP, Reply(body=item("web")))
    client.raw("/version")

    web = client.get(WEB, Workload)

    assert web.metadata.name == "web"


def test_a_busy_server_is_waited_for_as_long_as_it_asks(api: Api, client: Client) -> None:
    """Status 429 means that nothing was done, so a create is made again, too, after Retry-After."""
    api.on(f"POST {PODS}", failure(429, "TooManyRequests", after=1), Reply(body=item("a")))
    started = time.monotonic()

    made = client.create(PODS, item("a"))

    assert made["metadata"]["name"] == "a"
    assert time.monotonic() - started >= 1


def test_a_server_that_asks_for_too_much_patience_is_not_waited_for(api: Api, client: Client) -> None:
    """An hour is no wait but an answer."""
    api.on(f"GET {WEB}", failure(429, "TooManyRequests", after=3600))

    with pytest.raises(BackendError, match="the API server is busy; it asks for 3600 s of patience"):
        client.get(WEB, Workload)


def test_an_apply_with_a_version_is_not_made_again(api: Api, client: Client) -> None:
    """After a failure its own first try may have moved the version, and look like somebody else."""
    api.on(f"PATCH {WEB}", failure(500, "InternalError"), Reply(body=item("web")))
    locked = {"metadata": {"name": "web", "resourceVersion": "7"}}

    with pytest.raises(BackendError):
        client.apply(WEB, locked)

    assert len(api.asked) == 1


def test_an_apply_without_a_version_is_made_again(api: Api, client: Client) -> None:
    """It says what is wanted; twice is the same as once."""
    api.on(f"PATCH {WEB}", failure(500, "InternalError"), Reply(body=item("web", 8)))

    applied = client.apply(WEB, item("web"), dry_run=True)

    assert applied["metadata"]["resourceVersion"] == "8"
    asked = api.asked[-1]
    assert asked.headers["content-type"] == "application/apply-patch+yaml"
    wanted = {"fieldManager": "cloudkit", "dryRun": "All", "fieldValidation": "Strict", "force": "false"}
    assert asked.query == wanted


def test_a_merge_patch_is_sent_as_one(api: Api, client: Client) -> None:
    """With the manager's name."""
    api.on(f"PATCH {WEB}", Reply(body=item("web")))

    client.patch(WEB, {"spec": {"replicas": 2}})

    assert api.asked[0].headers["content-type"] == "application/merge-patch+json"
    assert api.asked[0].json == {"spec": {"replicas": 2}}


def test_a_deletion_says_whether_there_was_something(api: Api, client: Client) -> None:
    """Gone already is no error, and another object of the same name is left alone."""
    api.on(f"DELETE {WEB}", Reply(body={}), failure(404, "NotFound"), failure(409, "Conflict", "uid is another"))

    answers = [client.delete(WEB, grace=0.5, uid="u1") for _ in range(3)]

    assert answers == [True, False, False]
    options = {"propagationPolicy": "Background", "gracePeriodSeconds": 1, "preconditions": {"uid": "u1"}}
    assert api.asked[0].json == options


def test_calls_share_a_connection(api: Api, client: Client) -> None:
    """Answers and refusals alike leave it ready for the next call."""
    api.on(f"GET {WEB}", Reply(body=item("web")))
    api.on(f"DELETE {WEB}", Reply(body=b""))

    for _ in range(3):
        client.get(WEB, Workload)
        client.find(f"{PODS}/none", Pod)
        client.delete(WEB)

    assert api.connections == 1


def test_threads_share_a_client(api: Api, client: Client) -> None:
    """Twenty at once, each with its own answer."""
    for number in range(20):
        api.on(f"GET {PODS}/p{number}", Reply(body=item(f"p{number}")))
    read: dict[int, str] = {}

    def look(number: int) -> None:
        for _ in range(5):
            read[number] = client.get(f"{PODS}/p{number}", Pod).metadata.name

    threads = [threading.Thread(target=look, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read == {number: f"p{number}" for number in range(20)}


def test_an_answer_that_is_no_json_is_an_error_that_says_so(api: Api, client: Client) -> None:
    """As from a captive portal."""
    api.on(f"GET {WEB}", Reply(body=b"<html>log in here</html>", headers={"Content-Type": "text/html"}))

    with pytest.raises(BackendError, match="the API server's answer is not understood"):
        client.get(WEB, Workload)


def test_a_create_of_what_is_there_is_a_conflict(api: Api, client: Client) -> None:
    """Told apart from a lost race by its words."""
    api.on(f"POST {PODS}", failure(409, "AlreadyExists", 'pods "a" already exists'))

    with pytest.raises(ConflictError, match="it is there already"):
        client.create(PODS, item("a"))


def test_a_log_comes_in_chunks_and_ends_with_the_server(api: Api, client: Client) -> None:
    """Each as it came, not when the whole is there."""
    api.on(f"GET {PODS}/a/log", Stream([b"one\n", b"two\n"]))

    with client.stream(f"{PODS}/a/log", {"follow": "true"}) as chunks:
        read = list(chunks)

    assert b"".join(read) == b"one\ntwo\n"
    assert api.asked[0].query == {"follow": "true"}


def test_closing_a_log_ends_a_blocked_read(api: Api, client: Client) -> None:
    """From another thread, at once and without an error."""
    api.on(f"GET {PODS}/a/log", Stream([b"one\n"], end="hang"))
    reading = client.stream(f"{PODS}/a/log", {"follow": "true"})
    chunks = reading.__enter__()
    first = next(chunks)
    closer = threading.Timer(0.2, reading.__exit__, (None, None, None))
    started = time.monotonic()
    closer.start()

    rest = list(chunks)

    assert (first, rest) == (b"one\n", [])
    assert time.monotonic() - started < 5


def test_a_log_that_is_cut_is_an_error(api: Api, client: Client) -> None:
    """Not its end: the caller may want to go on from where it was."""
    api.on(f"GET {PODS}/a/log", Stream([b"one\n"], end="cut"))

    with client.stream(f"{PODS}/a/log", {}) as chunks, pytest.raises(BackendError, match="dropped the connection"):
        list(chunks)
