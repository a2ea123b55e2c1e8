"""Who is told a password, and who never is."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import httpx
import pytest
from unit.registry.peer import Peer, Reply, failing, serving

from cloudkit.errors import AccessError, RegistryError
from cloudkit.model.reference import Digest
from cloudkit.model.secret import Secret
from cloudkit.registry.auth import challenges
from cloudkit.registry.client import RegistryClient
from cloudkit.registry.credentials import Credential
from cloudkit.registry.network import Zone, zone_of
from cloudkit.registry.trust import home_url, next_url, sees_credentials

PASSWORD = "correct-horse"
BASIC = f"Basic {base64.b64encode(f'ann:{PASSWORD}'.encode()).decode()}"


@pytest.fixture
def stranger() -> Iterator[Peer]:
    """A second server, at another origin than the registry."""
    with serving() as running:
        yield running


@pytest.fixture
def ann(peer: Peer) -> Iterator[RegistryClient]:
    """A client that knows a password."""
    known = Credential(username="ann", password=Secret(PASSWORD))
    with RegistryClient(peer.domain, credential=lambda _domain: known, timeout=5) as made:
        yield made


def wants(challenge: str) -> Reply:
    """Return a 401 that offers a way to say who one is."""
    return failing(401, "UNAUTHORIZED", headers={"WWW-Authenticate": challenge})


def token(value: str) -> Reply:
    """Return the answer of a token service."""
    return Reply(body=json.dumps({"token": value}).encode())


def bearer(peer: Peer) -> Reply:
    """Return a 401 whose token service is at that server."""
    return wants(f'Bearer realm="http://{peer.domain}/token",service="registry"')


def test_a_password_is_shown_only_when_it_is_asked_for(peer: Peer, ann: RegistryClient) -> None:
    """The first request is anonymous; the answer to Basic carries name and password, and so do the next ones."""
    peer.on("GET /v2/", wants('Basic realm="x"'), Reply())

    ann.ping()
    ann.ping()

    assert [asked.authorization for asked in peer.asked] == [None, BASIC, BASIC]


def test_a_token_is_fetched_for_the_scope(peer: Peer, ann: RegistryClient) -> None:
    """The token service hears the password, service and scope; the registry hears the token alone."""
    peer.on("GET /v2/web/tags/list", bearer(peer), Reply(body=b'{"tags": []}'))
    peer.on("GET /token", token("t1"))

    assert list(ann.tags("web")) == []

    asked = peer.asked[1]
    assert asked.authorization == BASIC
    assert dict(httpx.QueryParams(asked.path.partition("?")[2])) == {
        "service": "registry",
        "scope": "repository:web:pull",
    }
    assert peer.asked[2].authorization == "Bearer t1"


def test_a_token_that_expires_in_the_middle_is_renewed_once(peer: Peer, ann: RegistryClient) -> None:
    """A second 401 after a new token is the registry's last word."""
    peer.on("GET /v2/", bearer(peer), Reply(), bearer(peer), Reply(), bearer(peer))
    peer.on("GET /token", token("t1"), token("t2"), token("t3"))

    ann.ping()
    ann.ping()
    with pytest.raises(AccessError, match="docker login"):
        ann.ping()

    seen = [asked.authorization for asked in peer.asked if asked.path == "/v2/"]
    assert seen == [None, "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"]


def test_an_identity_token_is_exchanged(peer: Peer) -> None:
    """It goes to the token service as a refresh token, in the body."""
    peer.on("GET /v2/", bearer(peer), Reply())
    peer.on("POST /token", Reply(body=b'{"access_token": "t1"}'))
    known = Credential(identity_token=Secret("refresh-me"))

    with RegistryClient(peer.domain, credential=lambda _domain: known) as client:
        client.ping()

    assert b"refresh_token=refresh-me" in peer.asked[1].body
    assert peer.asked[2].authorization == "Bearer t1"


def test_a_realm_at_another_host_is_not_told_the_password(ann: RegistryClient, peer: Peer) -> None:
    """It is asked for anybody's token, and when that is refused the error says why no password was sent."""
    peer.on("GET /v2/", wants(f'Bearer realm="http://localhost:{peer.domain.partition(":")[2]}/token"'))
    peer.on("GET /token", Reply(status=401))

    with pytest.raises(AccessError, match="another host"):
        ann.ping()

    assert [asked.authorization for asked in peer.asked] == [None, None]


def test_a_redirect_to_another_origin_loses_the_authorization(peer: Peer, stranger: Peer, ann: RegistryClient) -> None:
    """Not even another port of the same host hears it."""
    digest = f"sha256:{'0' * 64}"
    moved = Reply(status=307, headers={"Location": f"http://{stranger.domain}/elsewhere"})
    peer.on(f"HEAD /v2/web/blobs/{digest}", wants("Basic"), moved)
    stranger.on("HEAD /elsewhere", Reply())

    assert ann.blobs("web").has(Digest.parse(digest))

    assert peer.asked[-1].authorization == BASIC
    assert stranger.asked[0].authorization is None


def test_redirects_without_end_are_left(peer: Peer, ann: RegistryClient) -> None:
    """A circle is an error, not a hang."""
    peer.on("GET /v2/", Reply(status=302, headers={"Location": "/v2/"}))

    with pytest.raises(RegistryError, match="leads on more than"):
        ann.ping()


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x.example/", "javascript:x"])
def test_a_redirect_that_is_no_http_url_is_refused(peer: Peer, ann: RegistryClient, location: str) -> None:
    """Only HTTP is spoken."""
    peer.on("GET /v2/", Reply(status=302, headers={"Location": location}))

    with pytest.raises(RegistryError, match="sends to"):
        ann.ping()


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "192.168.1.1", "[fe80::1]", "[fd00::1]"])
def test_a_redirect_to_a_private_address_is_refused_without_a_connection(
    peer: Peer, ann: RegistryClient, host: str
) -> None:
    """A registry does not lead into a network where it is not itself."""
    peer.on("GET /v2/", Reply(status=302, headers={"Location": f"http://{host}/latest/meta-data"}))

    with pytest.raises(RegistryError, match="private address"):
        ann.ping()


def test_the_password_is_in_no_error(peer: Peer, ann: RegistryClient) -> None:
    """Neither as it is nor as it is sent, even when the registry repeats it."""
    peer.on("GET /v2/", wants("Basic"), failing(401, "UNAUTHORIZED", "no"))

    with pytest.raises(AccessError) as caught:
        ann.ping()

    assert PASSWORD not in str(caught.value)
    assert BASIC.split()[1] not in str(caught.value)


def test_https_is_not_left_for_plain_http() -> None:
    """A redirect that drops the encryption is refused."""
    with pytest.raises(RegistryError, match="from https to plain http"):
        next_url(httpx.URL("https://registry.example/v2/"), "http://registry.example/v2/", "read web:1")


@pytest.mark.parametrize(
    ("home", "realm", "told"),
    [
        ("https://registry.example", "https://registry.example/token", True),
        ("https://registry.example:5000", "https://registry.example:5001/token", True),
        ("https://registry.gitlab.example", "https://gitlab.example/jwt/auth", True),
        ("https://registry-1.docker.io", "https://auth.docker.io/token", True),
        ("https://registry.example", "http://registry.example/token", False),
        ("https://registry.example", "https://auth.example/token", False),
        ("https://registry.example", "https://example:8443/token", False),
        ("https://registry.example", "https://registry.example.evil.example/token", False),
        ("https://notgitlab.example", "https://gitlab.example/token", False),
        ("https://registry.com", "https://com/token", False),
        ("https://registry-1.docker.io", "http://auth.docker.io/token", False),
    ],
)
def test_which_realm_sees_the_password(home: str, realm: str, told: bool) -> None:  # noqa: FBT001  a column of the table
    """The registry's host, a host that it is a part of, and Docker Hub's own service."""
    assert sees_credentials(httpx.URL(home), httpx.URL(realm)) is told


def test_plain_http_is_for_loopback_or_when_asked() -> None:
    """As engines do it."""
    assert home_url("127.0.0.1:5000").scheme == home_url("[::1]:5000").scheme == "http"
    assert home_url("registry.example").scheme == "https"
    assert home_url("registry.example", insecure=True).scheme == "http"
    assert home_url("localhost:5000", insecure=False).scheme == "https"


def test_challenges_of_one_header_are_told_apart() -> None:
    """Quotes may hold commas, and escapes."""
    first, second = challenges(r'Bearer realm="https://a/,b", scope="x:\"y\":z" , Basic realm=plain')

    assert first.parameters == {"realm": "https://a/,b", "scope": 'x:"y":z'}
    assert (second.scheme, second.parameters) == ("basic", {"realm": "plain"})


def test_zones_see_through_mapped_addresses() -> None:
    """An IPv4 address in an IPv6 coat is what it is."""
    assert zone_of("::ffff:169.254.169.254") is Zone.LINK
    assert zone_of("1.1.1.1") is Zone.PUBLIC
    assert zone_of("0.0.0.0") is Zone.LOOPBACK
