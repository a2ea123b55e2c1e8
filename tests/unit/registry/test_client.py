"""What the registry client makes of a registry that misbehaves."""

from __future__ import annotations

import json
import time

import pytest
from unit.registry.peer import Peer, Reply, failing

from cloudkit.errors import AccessError, CloudkitError, NotFoundError, RegistryError
from cloudkit.model.reference import Reference
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.manifest import ACCEPTED, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, digest_of, encode

MANIFESTS = "/v2/web/manifests/1"
DESCRIPTOR = {"mediaType": OCI_CONFIG, "digest": f"sha256:{'0' * 64}", "size": 2}
RAW = encode({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": DESCRIPTOR, "layers": []})


def manifest(raw: bytes = RAW, kind: str = OCI_MANIFEST, **headers: str) -> Reply:
    """Return an answer that is a manifest."""
    return Reply(body=raw, headers={"Content-Type": kind, **headers})


def web(peer: Peer) -> Reference:
    """Return the reference that the tests ask for."""
    return Reference.parse(f"{peer.domain}/web:1")


def test_a_manifest_is_read_with_its_digest(peer: Peer, client: RegistryClient) -> None:
    """What comes is what its bytes say, and all known types were offered."""
    peer.on(f"GET {MANIFESTS}", manifest())

    found = client.manifest(web(peer))

    assert found.descriptor.digest == digest_of(RAW)
    assert peer.asked[0].headers["accept"].split(", ") == list(ACCEPTED)


def test_resolving_asks_for_the_head_alone(peer: Peer, client: RegistryClient) -> None:
    """A registry that names the digest in its answer to HEAD is not asked for the manifest."""
    peer.on(f"HEAD {MANIFESTS}", manifest(**{"Docker-Content-Digest": str(digest_of(RAW))}))

    found = client.resolve(web(peer))

    assert (found.digest, found.size, found.media_type) == (digest_of(RAW), len(RAW), OCI_MANIFEST)
    assert peer.paths() == [f"HEAD {MANIFESTS}"]


def test_resolving_reads_the_manifest_where_the_head_says_too_little(peer: Peer, client: RegistryClient) -> None:
    """Without a digest in the answer to HEAD, the manifest's own bytes give it."""
    peer.on(f"HEAD {MANIFESTS}", manifest())
    peer.on(f"GET {MANIFESTS}", manifest())

    assert client.resolve(web(peer)).digest == digest_of(RAW)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (failing(401, "UNAUTHORIZED", "who?"), AccessError, "docker login"),
        (failing(403, "DENIED", "not you"), AccessError, "docker login"),
        (failing(404, "MANIFEST_UNKNOWN", "no such tag"), NotFoundError, "MANIFEST_UNKNOWN"),
        (failing(405, "UNSUPPORTED"), RegistryError, "does not offer it"),
        (failing(400, "NAME_INVALID", "bad name"), RegistryError, "bad name"),
        (Reply(status=418, body=b"<html>teapot</html>"), RegistryError, "answered with 418"),
    ],
)
def test_a_refusal_names_the_object_its_reason_and_the_way_out(
    peer: Peer, client: RegistryClient, reply: Reply, kind: type[CloudkitError], words: str
) -> None:
    """Each status is an error of its own type, and is not asked for again."""
    peer.on(f"GET {MANIFESTS}", reply)

    with pytest.raises(kind) as caught:
        client.manifest(web(peer))

    assert str(web(peer)) in str(caught.value)
    assert words in str(caught.value)
    assert len(peer.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_registry_is_asked_again(peer: Peer, client: RegistryClient, status: int) -> None:
    """What may pass is tried again, and then it is as if nothing had been."""
    peer.on(f"GET {MANIFESTS}", failing(status, "TOOMANYREQUESTS"), failing(status, "UNKNOWN"), manifest())

    assert client.manifest(web(peer)).descriptor.digest == digest_of(RAW)
    assert len(peer.asked) == 3


def test_a_registry_that_stays_busy_is_left_alone_after_five_tries(peer: Peer, client: RegistryClient) -> None:
    """The last answer is the error, with its code and status."""
    peer.on(f"GET {MANIFESTS}", failing(503, "UNAVAILABLE", "down for repair"))

    with pytest.raises(RegistryError, match="down for repair") as caught:
        client.manifest(web(peer))

    assert (caught.value.oci_code, caught.value.status) == ("UNAVAILABLE", 503)
    assert len(peer.asked) == 5


def test_retry_after_is_waited_for(peer: Peer, client: RegistryClient) -> None:
    """The next try comes no sooner than the registry asked."""
    peer.on(f"GET {MANIFESTS}", failing(429, "TOOMANYREQUESTS", headers={"Retry-After": "1"}), manifest())
    begun = time.monotonic()

    client.manifest(web(peer))

    assert time.monotonic() - begun >= 1


def test_retry_after_beyond_the_deadline_ends_at_once(peer: Peer, client: RegistryClient) -> None:
    """Nobody waits for an hour in silence: the limit is told, with the way to a higher one."""
    peer.on(f"GET {MANIFESTS}", failing(429, "TOOMANYREQUESTS", headers={"Retry-After": "3600"}))
    begun = time.monotonic()

    with pytest.raises(RegistryError, match="limits the rate") as caught:
        client.manifest(web(peer))

    assert time.monotonic() - begun < 2
    assert "docker login" in caught.value.hint


def test_one_byte_now_and_then_meets_the_deadline(peer: Peer) -> None:
    """A registry that drips, headers and all, is left within the total time, though no single wait is long."""
    peer.on(f"GET {MANIFESTS}", Reply(body=RAW, drip=0.05))
    begun = time.monotonic()

    with (
        RegistryClient(peer.domain, credential=lambda _: None, timeout=1) as client,
        pytest.raises(RegistryError, match="in time"),
    ):
        client.manifest(web(peer))

    assert time.monotonic() - begun < 3


def test_a_manifest_beyond_4_mib_is_refused(peer: Peer, client: RegistryClient) -> None:
    """The specification's limit holds, whatever the registry announces."""
    peer.on(f"GET {MANIFESTS}", manifest(b" " * (5 * 1024 * 1024)))

    with pytest.raises(RegistryError, match="more than 4194304 bytes"):
        client.manifest(web(peer))


@pytest.mark.parametrize(
    ("raw", "kind", "words"),
    [
        (RAW, OCI_INDEX, "calls itself"),
        (encode({"schemaVersion": 2, "manifests": [], "layers": []}), OCI_MANIFEST, "both an index and a manifest"),
        (encode({"schemaVersion": 2, "manifests": []}), OCI_MANIFEST, "not that of an image index"),
        (encode({"schemaVersion": 1, "fsLayers": []}), OCI_MANIFEST, "schema version 1"),
        (b"[" * 100_000, OCI_MANIFEST, "no valid JSON"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, OCI_MANIFEST, "levels deep"),
        (b'{"schemaVersion": 2, "schemaVersion": 2}', OCI_MANIFEST, "twice"),
        (b"not json", OCI_MANIFEST, "no valid JSON"),
        (encode({"schemaVersion": 2, "config": {"digest": "sha256:short"}, "layers": []}), OCI_MANIFEST, "size"),
    ],
)
def test_a_manifest_that_can_be_read_in_two_ways_or_none_is_refused(
    peer: Peer, client: RegistryClient, raw: bytes, kind: str, words: str
) -> None:
    """Header and body agree on one of the known types, or nothing is taken (CVE-2021-41190)."""
    peer.on(f"GET {MANIFESTS}", manifest(raw, kind))

    with pytest.raises(RegistryError, match=words):
        client.manifest(web(peer))


def test_a_manifest_with_another_digest_than_asked_for_is_refused(peer: Peer, client: RegistryClient) -> None:
    """A pinned reference gives what its digest names, or an error."""
    pinned = Reference.parse(f"{peer.domain}/web@sha256:{'1' * 64}")
    peer.on(f"GET /v2/web/manifests/sha256:{'1' * 64}", manifest())

    with pytest.raises(RegistryError, match="another digest"):
        client.manifest(pinned)


def test_terminal_escapes_of_a_registry_do_not_reach_the_error(peer: Peer, client: RegistryClient) -> None:
    """What a registry says is shown as printable text on one line."""
    peer.on(f"GET {MANIFESTS}", failing(400, "X\x1b[2J", "evil\x1b]0;title\x07\u202e\nline"))

    with pytest.raises(RegistryError) as caught:
        client.manifest(web(peer))

    assert all(line.isprintable() for line in str(caught.value).splitlines())


def test_tags_are_listed_page_by_page(peer: Peer, client: RegistryClient) -> None:
    """The Link header leads from page to page; no tags at all may be null."""
    first = Reply(body=b'{"tags": ["a", "b"]}', headers={"Link": '</v2/web/tags/list?last=b>; rel="next"'})
    peer.on("GET /v2/web/tags/list", first, Reply(body=json.dumps({"tags": None}).encode()))

    assert list(client.tags("web")) == ["a", "b"]
    assert len(peer.asked) == 2


def test_pages_in_a_circle_end(peer: Peer, client: RegistryClient) -> None:
    """A next page that was seen before is the last."""
    circle = Reply(body=b'{"tags": ["a"]}', headers={"Link": '</v2/web/tags/list?last=a>; rel="next"'})
    peer.on("GET /v2/web/tags/list", circle)

    assert list(client.tags("web")) == ["a", "a"]


def test_deleting_a_tag_deletes_what_it_means(peer: Peer, client: RegistryClient) -> None:
    """The digest is asked for first, as the specification deletes manifests by digest."""
    digest = digest_of(RAW)
    peer.on(f"HEAD {MANIFESTS}", manifest(**{"Docker-Content-Digest": str(digest)}))
    peer.on(f"DELETE /v2/web/manifests/{digest}", Reply(status=202))

    client.delete(web(peer))

    assert peer.paths()[-1] == f"DELETE /v2/web/manifests/{digest}"


def test_the_hub_is_a_registry_as_any_other() -> None:
    """Though its official images have a folder of their own."""
    with RegistryClient("docker.io") as client:
        assert client.domain == "docker.io"
