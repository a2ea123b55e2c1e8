"""Ports and figures of pods on a real cluster."""

from __future__ import annotations

import socket

import pytest
from pods.workshop import Workshop, until

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.forward import forward
from cloudkit.backends.kubernetes.operations.stats import read_stats
from cloudkit.errors import NotFoundError
from cloudkit.model.port import Port

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
ECHO = (
    "exec perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 9000, Listen => 50, ReuseAddr => 1);"
    " while ($c = $s->accept) { next if fork; while ($c->sysread($b, 65536)) { print $c $b; $c->flush } exit }'"
)


def exchanged(url: str, content: bytes) -> bytes:
    """Say something and hear as much."""
    host, port = url.removeprefix("tcp://").split(":")
    said = bytearray()
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.sendall(content)
        while len(said) < len(content) and (piece := connection.recv(65536)):
            said += piece
    return bytes(said)


def test_bytes_go_through_and_the_port_ends_with_the_block(client: Client, workshop: Workshop) -> None:
    """Several connections, one after the other."""
    workshop.start(ECHO, app="echo")

    with forward(client, "echo", Port(number=9000, protocol="tcp")) as url:
        until(lambda: exchanged(url, b"ready") == b"ready")
        answers = [exchanged(url, bytes([number]) * 20_000) for number in range(5)]

    assert answers == [bytes([number]) * 20_000 for number in range(5)]
    with pytest.raises(OSError, match="refused"):
        exchanged(url, b"gone")


def test_a_port_that_nobody_listens_on_ends_the_connection(client: Client, replica: str) -> None:
    """As it would be there."""
    with forward(client, "idle", Port(number=9, protocol="tcp"), replica=replica) as url:
        assert exchanged(url, b"anybody") == b""


def test_a_replica_that_is_not_there_is_said(client: Client, replica: str) -> None:
    """With those that are."""
    with pytest.raises(NotFoundError, match=replica), forward(client, "idle", Port(number=9), replica="nobody"):
        pass
    with pytest.raises(NotFoundError, match="no ready replica"), forward(client, "nothing", Port(number=9)):
        pass


def test_figures_are_those_of_the_running_pods(client: Client, workshop: Workshop) -> None:
    """Once they have been measured."""
    limits = {"resources": {"limits": {"memory": "64Mi"}}}
    name = workshop.start("while :; do :; done", app="busy", **limits)

    usages = until(lambda: read_stats(client, "busy"), 120)

    (one,) = usages
    assert (one.replica, one.memory_limit) == (name, 64 << 20)
    assert 0 < one.memory <= 64 << 20
    assert 0 < one.cpu < 64
    client.delete(workshop.path(name), grace=0)
    assert client.find(workshop.path(name), Pod) is None
