"""What the kinds of work are called by, and what is refused of them, on every engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.kinds import (
    claim_of,
    in_order,
    ordinal_in,
    ordinal_mounts,
    ordinal_name,
    refuse_alike,
    refuse_other_kind,
)
from cloudkit.errors import ConflictError
from cloudkit.model.app import AppSpec
from cloudkit.model.job import Schedule
from cloudkit.model.kinds import KINDS
from cloudkit.model.mount import Mount
from cloudkit.model.reference import Reference

IMAGE = Reference.parse("db@sha256:" + "0" * 64)
apps = st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True)


def spec(kind: str = "service", name: str = "db") -> AppSpec:
    """A spec of that kind."""
    schedule = Schedule(cron="@daily") if kind == "cron" else None
    return AppSpec(name=name, image=IMAGE).replace(kind=kind, schedule=schedule)


@given(app=apps, ordinal=st.integers(0, 9999))
def test_a_name_tells_its_number(app: str, ordinal: int) -> None:
    """And is a host name of at most 63 characters."""
    name = ordinal_name(app, ordinal)

    assert ordinal_in(app, name) == ordinal
    assert len(name) <= 63


@given(app=apps, revision=st.integers(1, 99), letters=st.text("bcdfghjkmnpqrstvwxz2456789", min_size=5, max_size=5))
def test_other_names_have_no_number(app: str, revision: int, letters: str) -> None:
    """Whatever follows the app's."""
    assert ordinal_in(app, f"{app}-{revision}-{letters}") is None
    assert ordinal_in(app, app) is None


@given(ordinals=st.lists(st.integers(0, 200), unique=True))
def test_replicas_are_sorted_by_number(ordinals: list[int]) -> None:
    """Not by the digits of it."""
    names = sorted((ordinal_name("db", one) for one in ordinals), key=lambda name: in_order("db", name))

    assert names == [ordinal_name("db", one) for one in sorted(ordinals)]


@given(first=st.integers(0, 99), second=st.integers(0, 99), volume=st.sampled_from(["data", "log"]))
def test_no_two_replicas_have_one_volume(first: int, second: int, volume: str) -> None:
    """Nor has one of them two mounts of one."""
    assert (claim_of(volume, "db", first) == claim_of(volume, "db", second)) == (first == second)
    assert claim_of("data", "db", first) != claim_of("log", "db", first)


def test_only_volumes_are_a_replicas_own() -> None:
    """Memory is anyhow, and a folder of the host is what it says."""
    mounts = (
        Mount(source="data", target="/a"),
        Mount(kind="bind", source="/b", target="/b"),
        Mount(kind="tmpfs", target="/c"),
    )

    own = ordinal_mounts(spec().replace(mounts=mounts), 3)

    assert [one.source for one in own] == ["data-db-3", "/b", ""]
    assert [one.target for one in own] == ["/a", "/b", "/c"]


@pytest.mark.parametrize("before", KINDS)
@pytest.mark.parametrize("wanted", KINDS)
def test_a_kind_becomes_no_other(before: str, wanted: str) -> None:
    """But a service and a worker, which are one object."""
    allowed = before == wanted or {before, wanted} == {"service", "worker"}

    if allowed:
        refuse_other_kind(spec(before), spec(wanted))
        return
    with pytest.raises(ConflictError, match=f"has the kind {before}; it cannot take the kind {wanted}"):
        refuse_other_kind(spec(before), spec(wanted))


def test_an_app_that_is_new_may_be_of_any_kind() -> None:
    """There is nothing that it could have been."""
    for kind in KINDS:
        refuse_other_kind(None, spec(kind))


@pytest.mark.parametrize(
    ("new", "others"),
    [
        (spec("stateful"), {"db-0": "service"}),
        (spec("stateful"), {"web": "service", "db-12": "worker"}),
        (spec("service", "db-3"), {"db": "stateful"}),
        (spec("stateful", "db-3"), {"db": "stateful"}),
    ],
)
def test_a_name_that_is_a_replicas_is_refused(new: AppSpec, others: dict[str, str]) -> None:
    """Whichever was there first."""
    with pytest.raises(ConflictError, match="names its replicas so that one would be"):
        refuse_alike(new, others)


@pytest.mark.parametrize(
    ("new", "others"),
    [
        (spec("stateful"), {"db-main": "service", "db-1-a": "service", "web": "stateful"}),
        (spec("service", "db-3"), {"db": "service"}),
        (spec("service"), {"db-3": "service"}),
    ],
)
def test_names_that_only_look_alike_are_not(new: AppSpec, others: dict[str, str]) -> None:
    """No replica has them."""
    refuse_alike(new, others)
