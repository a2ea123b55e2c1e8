"""What becomes of blobs when the registry cuts, swaps, stalls or refuses."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from unit.registry.peer import Peer, Reply, failing

from cloudkit.errors import AccessError, NotFoundError, RegistryError
from cloudkit.registry import upload
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.manifest import OCI_LAYER, Descriptor, digest_of

CONTENT = bytes(range(256)) * 400
LAYER = Descriptor(media_type=OCI_LAYER, digest=digest_of(CONTENT), size=len(CONTENT))
BLOB = f"/v2/web/blobs/{LAYER.digest}"
UPLOADS = "/v2/web/blobs/uploads/"
SESSION = Reply(status=202, headers={"Location": "/v2/web/blobs/uploads/one?state=x"})


def test_a_blob_is_written_whole(peer: Peer, client: RegistryClient, tmp_path: Path) -> None:
    """The file holds the bytes, and each piece was told."""
    peer.on(f"GET {BLOB}", Reply(body=CONTENT))
    told: list[int] = []

    client.blobs("web").fetch(LAYER, tmp_path / "layer", each=told.append)

    assert (tmp_path / "layer").read_bytes() == CONTENT
    assert sum(told) == len(CONTENT)


def test_a_cut_body_is_gone_on_with_where_it_stopped(peer: Peer, client: RegistryClient) -> None:
    """The second connection asks for the rest alone."""
    rest = Reply(
        status=206,
        body=CONTENT[30_000:],
        headers={"Content-Range": f"bytes 30000-{len(CONTENT) - 1}/{len(CONTENT)}"},
    )
    peer.on(f"GET {BLOB}", Reply(body=CONTENT, cut=30_000), rest)

    assert b"".join(client.blobs("web").read(LAYER)) == CONTENT
    assert peer.asked[1].headers["range"] == "bytes=30000-"


def test_a_registry_without_ranges_is_read_again(peer: Peer, client: RegistryClient) -> None:
    """What came already is skipped in the second answer."""
    peer.on(f"GET {BLOB}", Reply(body=CONTENT, cut=30_000), Reply(body=CONTENT))

    assert b"".join(client.blobs("web").read(LAYER)) == CONTENT


def test_a_registry_that_never_sends_a_byte_is_left(peer: Peer, client: RegistryClient) -> None:
    """Connections that bring nothing are counted, those that bring something are not."""
    peer.on(f"GET {BLOB}", Reply(body=CONTENT, cut=0))

    with pytest.raises(RegistryError, match="cut"):
        list(client.blobs("web").read(LAYER))

    assert len(peer.asked) == 5


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(body=CONTENT[:-1] + b"x"), "another digest"),
        (Reply(body=CONTENT + b"x"), "102401 bytes, not 102400"),
        (Reply(body=CONTENT[:-1]), "102399 bytes, not 102400"),
        (Reply(status=206, body=CONTENT, headers={"Content-Range": "bytes 5-9/10"}), "another range"),
    ],
)
def test_a_wrong_blob_is_refused_by_name_and_not_kept(
    peer: Peer, client: RegistryClient, tmp_path: Path, reply: Reply, words: str
) -> None:
    """Nothing is left behind that looks like the layer."""
    peer.on(f"GET {BLOB}", reply)

    with pytest.raises(RegistryError, match=words) as caught:
        client.blobs("web").fetch(LAYER, tmp_path / "layer")

    assert f"layer sha256:{LAYER.digest.short}" in caught.value.summary
    assert list(tmp_path.iterdir()) == []


def test_a_blob_that_stalls_meets_the_deadline(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then is no progress: the time that the size allows is the limit."""
    monkeypatch.setattr("cloudkit.registry.blobs.SLOWEST", 1024 * 1024)
    peer.on(f"GET {BLOB}", Reply(body=CONTENT, drip=0.05))

    with (
        RegistryClient(peer.domain, credential=lambda _: None, timeout=1) as client,
        pytest.raises(RegistryError, match="in time"),
    ):
        list(client.blobs("web").read(LAYER))


def test_an_absent_blob_is_told_from_a_forbidden_one(peer: Peer, client: RegistryClient) -> None:
    """A 404 is an answer, a 403 is an error."""
    peer.on(f"HEAD {BLOB}", Reply(status=404), Reply(status=403))

    assert client.blobs("web").has(LAYER.digest) is False
    with pytest.raises(AccessError):
        client.blobs("web").has(LAYER.digest)


def test_a_blob_that_is_there_is_not_sent(peer: Peer, client: RegistryClient) -> None:
    """One question spares the upload."""
    peer.on(f"HEAD {BLOB}", Reply())

    client.blobs("web").send(LAYER, io.BytesIO(CONTENT))

    assert peer.paths() == [f"HEAD {BLOB}"]


def test_a_large_blob_goes_in_chunks(peer: Peer, client: RegistryClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each chunk says where it belongs, and the last call names the digest."""
    monkeypatch.setattr(upload, "CHUNK", 60_000)
    peer.on(f"POST {UPLOADS}", SESSION)
    peer.on("PATCH /v2/web/blobs/uploads/one", SESSION)
    peer.on("PUT /v2/web/blobs/uploads/one", Reply(status=201))

    client.blobs("web").send(LAYER, io.BytesIO(CONTENT))

    patch, put = peer.asked[-2:]
    assert (patch.headers["content-range"], patch.body + put.body) == ("0-59999", CONTENT)
    assert put.path.count("digest=") == put.path.count("state=x") == 1


def test_an_upload_that_fails_begins_anew(peer: Peer, client: RegistryClient) -> None:
    """A blob sent twice is there once, so the whole upload is safe to repeat."""
    peer.on(f"POST {UPLOADS}", SESSION)
    peer.on("PUT /v2/web/blobs/uploads/one", failing(500, "UNKNOWN"), Reply(status=201))

    client.blobs("web").send(LAYER, io.BytesIO(CONTENT))

    assert [asked.body for asked in peer.asked if asked.method == "PUT"] == [CONTENT, CONTENT]


def test_a_source_that_is_not_what_its_digest_names_is_not_finished(peer: Peer, client: RegistryClient) -> None:
    """The closing call is never made."""
    peer.on(f"POST {UPLOADS}", SESSION)

    with pytest.raises(RegistryError, match="not what its digest names"):
        client.blobs("web").send(LAYER, io.BytesIO(CONTENT[:-1] + b"x"))

    assert "PUT" not in {asked.method for asked in peer.asked}


def test_an_unknown_repository_is_said(peer: Peer, client: RegistryClient) -> None:
    """A 404 at the start of an upload is an error, as nothing can be sent."""
    peer.on(f"POST {UPLOADS}", failing(404, "NAME_UNKNOWN"))

    with pytest.raises(NotFoundError, match="NAME_UNKNOWN"):
        client.blobs("web").send(LAYER, io.BytesIO(CONTENT))
