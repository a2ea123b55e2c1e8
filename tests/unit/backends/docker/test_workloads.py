"""What an engine runs beside the apps is told by container, or by service of compose."""

from __future__ import annotations

from datetime import UTC, datetime

from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.workloads import PROJECT, SERVICE, workloads_of

NOW = datetime(2026, 1, 31, 14, 5, tzinfo=UTC)


def row(
    name: str, *, labels: dict[str, str] | None = None, state: str = "running", status: str = "Up 2 hours"
) -> dict[str, object]:
    """Return a container as the engine lists it."""
    return {
        "Id": "ab" * 32,
        "Names": [f"/{name}"],
        "Image": "web:1",
        "Labels": labels,
        "State": state,
        "Status": status,
    }


def test_a_service_of_compose_is_one_row() -> None:
    """With as many wanted as it has containers; a sick one is no ready one, and its words are told."""
    labels = {PROJECT: "shop", SERVICE: "web"}
    rows = [row("shop-web-1", labels=labels), row("shop-web-2", labels=labels, status="Up 2 hours (unhealthy)")]

    (found,) = workloads_of(rows, now=NOW)

    assert (found.kind, found.name, found.ready, found.wanted) == ("compose", "shop/web", 1, 2)
    assert found.message == "Up 2 hours (unhealthy)"


def test_what_is_part_of_cloudkit_is_left_out() -> None:
    """Replicas, records and balancers of any namespace; one label alone makes nobody part of it."""
    own = row("cloudkit.web", labels=identity("other", Component.REPLICA, "web"))
    alike = row("alike", labels={"app.kubernetes.io/managed-by": "cloudkit"})

    assert [one.name for one in workloads_of([own, alike], now=NOW)] == ["alike"]


def test_what_has_ended_well_is_not_wrong() -> None:
    """A container that was to do something once has done it."""
    (found,) = workloads_of([row("once", state="exited", status="Exited (0) 3 minutes ago")], now=NOW)

    assert (found.ready, found.wanted, found.message) == (1, 1, "")
