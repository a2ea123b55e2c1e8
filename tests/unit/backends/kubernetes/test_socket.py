"""A two-way connection is opened as any call is made: with credentials, and with the server's words when it fails."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from unit.backends.kubernetes.apiserver import Api, Asked, Reply, failure
from unit.backends.kubernetes.kubeconfig import client_of, kubeconfig

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.websocket import V4, V5, subprotocol
from cloudkit.errors import AccessError, NotFoundError

POD = "/api/v1/namespaces/shop/pods/web-1"
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def upgraded(protocol: str) -> Callable[[Asked], Any]:
    """Return an answer that opens a connection with that protocol."""

    def answer(asked: Asked) -> Reply:
        key = asked.headers["sec-websocket-key"] + MAGIC
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
        return Reply(status=101, body=b"", headers=headers | {"Sec-WebSocket-Protocol": protocol})

    return answer


@pytest.mark.parametrize("protocol", [V5, V4])
def test_the_server_chooses_the_protocol(api: Api, client: Client, protocol: str) -> None:
    """The newer one is offered first; an older server takes the other."""
    api.on(f"GET {POD}/exec", upgraded(protocol))

    socket = client.socket(f"{POD}/exec", [("command", "sh"), ("command", "-c"), ("stdout", "true")])

    assert subprotocol(socket) == protocol
    asked = api.asked[0].headers
    assert asked["authorization"] == "Bearer s3cret"
    assert asked["sec-websocket-protocol"] == f"{V5},{V4}"
    socket.shutdown()


def test_a_pod_that_is_not_there_is_told_as_for_any_call(api: Api, client: Client) -> None:
    """The server's words come with the failed handshake."""
    api.on(f"GET {POD}/exec", failure(404, "NotFound", 'pods "web-1" not found'))

    with pytest.raises(NotFoundError, match="cannot open exec of pods/web-1 in namespace 'shop'") as caught:
        client.socket(f"{POD}/exec", [("command", "sh")])

    assert caught.value.evidence == ('pods "web-1" not found',)


def test_what_is_forbidden_says_what_to_ask_for(api: Api, client: Client) -> None:
    """Exec is a permission of its own."""
    api.on(f"GET {POD}/exec", failure(403, "Forbidden", "forbidden"))

    with pytest.raises(AccessError) as caught:
        client.socket(f"{POD}/exec", [("command", "sh")])

    assert caught.value.hint == "kubectl auth can-i create pods/web-1 --subresource=exec -n shop --context here"


def test_a_token_that_is_refused_is_renewed(api: Api, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As for any other call."""
    folder = tmp_path_factory.mktemp("kube")
    (folder / "token").write_text("old")
    client = client_of(kubeconfig(folder, api.url, user={"tokenFile": "token"}))
    (folder / "token").write_text("new")
    api.on(f"GET {POD}/exec", failure(401, "Unauthorized"), upgraded(V5))

    client.socket(f"{POD}/exec", [("command", "sh")]).shutdown()

    assert [asked.headers["authorization"] for asked in api.asked] == ["Bearer old", "Bearer new"]
