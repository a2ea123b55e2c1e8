"""Names of what is ours on an engine."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.docker.names import (
    balancer_name,
    network_name,
    record_name,
    replica_name,
    shown,
    volume_name,
)

LABEL = re.compile(r"[a-z][a-z0-9-]*")
labels = st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True)


@given(app=labels, revision=st.integers(1, 99_999_999_999))
def test_a_replica_is_a_host(app: str, revision: int) -> None:
    """What people see of its name is its host's name: a DNS label of at most 63 characters."""
    host = shown("ns", replica_name("ns", app, revision))

    assert LABEL.fullmatch(host)
    assert len(host) <= 63


@given(namespace=labels, app=labels, other=labels)
def test_names_of_two_kinds_or_apps_never_meet(namespace: str, app: str, other: str) -> None:
    """A name says of whom and of what it is, as neither namespaces nor apps have dots."""
    names = [
        balancer_name(namespace, app),
        record_name(namespace, app, 1),
        record_name(namespace, app, 11),
        replica_name(namespace, app, 1),
    ]

    assert len(set(names)) == len(names)
    assert all(name.startswith(f"{namespace}.") for name in names)
    assert app == other or balancer_name(namespace, app) != balancer_name(namespace, other)


def test_replicas_differ_by_chance() -> None:
    """So that two writers do not hit upon the same name."""
    assert len({replica_name("ns", "web", 1) for _ in range(100)}) == 100


def test_what_is_shown_is_without_the_namespace_and_only_that() -> None:
    """A name that begins alike keeps what it has."""
    assert shown("web", "/web.web-1-abcde") == "web-1-abcde"
    assert shown("web", "webshop.a") == "webshop.a"
    assert network_name("ns") == "ns"
    assert volume_name("ns", "data") == network_name("ns", "data") == "ns.data"
