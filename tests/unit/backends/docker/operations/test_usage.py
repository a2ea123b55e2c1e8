"""Two samples of the engine's become a usage, on both versions of control groups."""

from __future__ import annotations

from typing import Any

import pytest

from cloudkit.backends.docker.operations.stats import usage


def sample(second: int, busy: int, **rest: Any) -> dict[str, Any]:
    """Return what the engine says at that second, after so many nanoseconds of work."""
    return {
        "read": f"2026-01-02T03:04:{second:02}.500000000Z",
        "cpu_stats": {"cpu_usage": {"total_usage": busy}},
        "memory_stats": {"usage": 1000, "stats": {"inactive_file": 300}},
        "pids_stats": {"current": 4},
        **rest,
    }


def test_processor_time_over_time_is_cores() -> None:
    """Half a second of work in a second is half a core."""
    found = usage("web-1", sample(1, 10**9), sample(2, 15 * 10**8), None)

    assert found is not None
    assert found.cpu == pytest.approx(0.5)


@pytest.mark.parametrize("field", ["inactive_file", "total_inactive_file"])
def test_memory_is_without_the_cache_of_either_version(field: str) -> None:
    """Version 2 calls it one thing, version 1 another."""
    memory = {"usage": 1000, "stats": {field: 300}}

    found = usage("web-1", sample(1, 0), sample(2, 0, memory_stats=memory), 4096)

    assert found is not None
    assert (found.memory, found.memory_limit) == (700, 4096)


def test_the_sum_over_networks_is_told() -> None:
    """A replica on two networks sends on both."""
    networks = {"eth0": {"rx_bytes": 1, "tx_bytes": 2}, "eth1": {"rx_bytes": 10, "tx_bytes": 20}}

    found = usage("web-1", sample(1, 0), sample(2, 0, networks=networks), None)

    assert found is not None
    assert (found.received, found.sent, found.pids) == (11, 22, 4)


@pytest.mark.parametrize(
    "after",
    [sample(2, 0, read="0001-01-01T00:00:00Z"), sample(2, 0, memory_stats={}), sample(1, 0)],
    ids=["does not run", "has no memory", "is the same"],
)
def test_a_sample_of_what_does_not_run_is_none(after: dict[str, Any]) -> None:
    """A stopped container answers with the year 1 and without figures; it is never read as zero."""
    assert usage("web-1", sample(1, 0), after, None) is None


def test_a_restart_in_between_is_no_negative_work() -> None:
    """The counter begins again."""
    found = usage("web-1", sample(1, 10**9), sample(2, 10), None)

    assert found is not None
    assert found.cpu == 0
