"""The balancer's configuration says what was meant and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.docker.balancer import BalancerSettings, Check, Membership
from cloudkit.backends.docker.balancer.config import ConfiguredServer, endpoint, fingerprint, render, server_name
from cloudkit.errors import UsageError
from cloudkit.model.port import Port

SERVING = Membership.SERVING
WEB = BalancerSettings(app="web", ports=(Port(number=3000),), check=Check(port=3000, path="/health"))


def server(
    name: str, settings: BalancerSettings, *, own: BalancerSettings | None = None, membership: Membership = SERVING
) -> ConfiguredServer:
    """Return a replica as the configuration has it."""
    check = settings.check_of(own)
    ports = settings.places(own)
    asked = check.port if check else None
    return ConfiguredServer(name=name, address="10.0.0.7", ports=ports, membership=membership, check=asked)


def section(text: str, header: str) -> list[str]:
    """Return the lines of one section, without their indent."""
    lines = text.splitlines()
    start = lines.index(header) + 1
    end = next((i for i in range(start, len(lines)) if not lines[i].startswith(" ")), len(lines))
    return [line.strip() for line in lines[start:end]]


def test_each_port_has_a_listener_and_servers_of_its_own() -> None:
    """A replica is a server once for each port of the app."""
    settings = BalancerSettings(app="web", ports=(Port(number=3000), Port(number=9000, protocol="tcp")))

    text = render(settings, [server("web-1", settings)])

    assert "bind :3000" in section(text, "frontend in-3000")
    assert "mode tcp" in section(text, "frontend in-9000")
    assert any(line.startswith("server web-1 10.0.0.7:3000") for line in section(text, "backend port-3000"))
    assert any(line.startswith("server web-1 10.0.0.7:9000") for line in section(text, "backend port-9000"))


def test_while_a_port_gives_way_to_another_both_lead_to_each_replica_where_it_listens() -> None:
    """The old number, the new one and the published one have one group, in which old and new replicas are."""
    old = BalancerSettings(app="web", ports=(Port(number=3000, publish=80),), check=Check(port=3000))
    new = BalancerSettings(app="web", ports=(Port(number=8080, publish=80),), check=Check(port=8080), before=old.ports)

    text = render(new, [server("web-1", new, own=old), server("web-2", new)])

    assert section(text, "frontend in-8080")[1:4] == ["bind :8080", "bind :3000", "bind :61001"]
    servers = [line for line in section(text, "backend port-8080") if line.startswith("server")]
    assert [line.split()[2] for line in servers] == ["10.0.0.7:3000", "10.0.0.7:8080"]
    assert [" port 3000" in servers[0], " port 8080" in servers[1]] == [True, True]


def test_a_port_that_goes_leads_to_the_replicas_that_have_it_alone() -> None:
    """And one that comes to those that have that."""
    old = BalancerSettings(app="web", ports=(Port(number=3000), Port(number=9000, protocol="tcp")))
    new = BalancerSettings(app="web", ports=(Port(number=3000),), before=old.ports)

    text = render(new, [server("web-1", new, own=old), server("web-2", new)])

    assert section(text, "frontend in-9000") == ["mode tcp", "bind :9000", "default_backend port-9000"]
    assert [line.split()[1:3] for line in section(text, "backend port-9000") if line.startswith("server")] == [
        ["web-1", "10.0.0.7:9000"]
    ]
    assert old.places(new) == {"port-3000": 3000}


def test_only_requests_that_may_be_repeated_are_sent_twice() -> None:
    """A POST or PATCH whose connection broke is not sent to another replica."""
    backend = section(render(WEB), "backend port-3000")

    assert "http-request disable-l7-retry unless { method GET HEAD OPTIONS TRACE PUT DELETE }" in backend


def test_a_probe_by_http_asks_its_path_on_its_port() -> None:
    """Path, host and accepted statuses stand in the group, the port on each server."""
    settings = BalancerSettings(app="web", ports=(Port(number=3000),), check=Check(port=8081, path="/health"))

    backend = section(render(settings, [server("a", settings)]), "backend port-3000")

    assert "http-check send meth GET uri '/health' ver HTTP/1.1 hdr Host web" in backend
    assert "http-check expect status 200-399" in backend
    assert " port 8081 " in backend[-1]


@pytest.mark.parametrize(("membership", "end"), [(Membership.TRIAL, " weight 0"), (Membership.DRAINING, " disabled")])
def test_a_server_that_does_not_serve_comes_back_without_requests(membership: Membership, end: str) -> None:
    """After a restart, a replica on trial is still on trial, and one that drained gets nothing new."""
    text = render(WEB, [server("a", WEB, membership=membership)])

    assert text.rstrip().endswith(end)


def test_a_server_made_for_other_checks_is_not_checked() -> None:
    """The replicas of an older revision are not judged by a probe they do not know."""
    text = render(WEB, [replace(server("a", WEB), check=None)])

    assert "check" not in text.splitlines()[-1]


def test_equal_settings_have_equal_fingerprints_and_others_have_not() -> None:
    """What a running balancer says of itself tells whether it must be reloaded."""
    same = BalancerSettings(app="web", ports=(Port(number=3000),), check=Check(port=3000, path="/health"))
    other = BalancerSettings(app="web", ports=(Port(number=3000),), check=Check(port=3000, path="/up"))

    assert fingerprint(same) == fingerprint(WEB)
    assert fingerprint(other) != fingerprint(WEB)


@given(st.text(max_size=40))
def test_no_name_of_a_server_can_say_more_than_a_name(name: str) -> None:
    """A name is either refused or one harmless word."""
    try:
        accepted = server_name(name)
    except UsageError:
        return

    assert accepted.isascii()
    assert all(letter.isalnum() or letter in "._-" for letter in accepted)


@given(st.text(max_size=40))
def test_no_address_of_a_server_can_say_more_than_an_address(address: str) -> None:
    """An address is either refused or written anew from its value."""
    try:
        written = endpoint(address, 80)
    except UsageError:
        return

    assert written.endswith(":80")
    assert not set(written) - set("0123456789abcdef.:[]")


def test_an_address_with_a_zone_is_refused() -> None:
    """A zone is free text behind a percent sign."""
    with pytest.raises(UsageError, match="address"):
        endpoint("fe80::1%eth0 weight 0", 80)
