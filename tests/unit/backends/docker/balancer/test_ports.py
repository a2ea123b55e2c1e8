"""A taken port is told with who has it."""

from __future__ import annotations

from typing import Any

import pytest

from cloudkit.backends.docker.balancer.ports import holder, named_in, taken
from cloudkit.backends.docker.labels import Component, identity
from cloudkit.model.cause import CauseCode
from cloudkit.model.port import Port

PORT = Port(number=3000, publish=8080)
OLD = "Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use"
NEW = "failed to bind host port 127.0.0.1:8080/tcp: address already in use"
ALLOCATED = "Bind for 127.0.0.1:8080 failed: port is already allocated"


def row(address: str, port: int, **labels: str) -> dict[str, Any]:
    """Return a container as the engine lists it."""
    return {"Names": ["/other"], "Labels": labels, "Ports": [{"IP": address, "PublicPort": port, "Type": "tcp"}]}


@pytest.mark.parametrize(
    ("address", "port", "found"),
    [("127.0.0.1", 8080, True), ("0.0.0.0", 8080, True), ("127.0.0.2", 8080, False), ("127.0.0.1", 8081, False)],
)
def test_a_port_clashes_on_the_same_address_or_on_all(*, address: str, port: int, found: bool) -> None:
    """Two addresses of one host may publish the same port."""
    assert bool(holder([row(address, port)], PORT)) is found


def test_an_app_of_ours_is_named_as_an_app() -> None:
    """The holder's own name helps more than its container's."""
    labels = identity("prod", Component.BALANCER, "shop")

    assert holder([row("0.0.0.0", 8080, **labels)], PORT) == "app 'shop' of namespace 'prod'"


def test_the_own_balancer_holds_its_port_rightly() -> None:
    """An app's second deploy is not refused for its first."""
    assert holder([row("127.0.0.1", 8080)], PORT, own="other") == ""


@pytest.mark.parametrize("text", [OLD, NEW, ALLOCATED])
def test_the_words_of_old_and_new_engines_name_the_port(text: str) -> None:
    """Each engine's refusal is known for what it is."""
    assert named_in(text, [PORT]) == PORT


def test_an_address_in_use_on_a_network_is_no_taken_port() -> None:
    """The engine says the same of a private address; that is drawn again, not reported."""
    assert named_in("failed to set up container networking: Address already in use", [PORT]) is None


def test_the_error_carries_the_cause() -> None:
    """A front end needs no more than the error."""
    error = taken("web", PORT, "", ["words of the engine"])

    assert error.cause.code is CauseCode.PORT_TAKEN
    assert error.cause.certain
    assert "--publish 0" in error.hint
