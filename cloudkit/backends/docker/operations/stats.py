"""What each running replica uses, now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import TYPE_CHECKING, Any

from cloudkit.backends.replicalogs.stamps import moment, parse_stamp
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.engine.errors import translate
from cloudkit.errors import NotFoundError
from cloudkit.model.task import Usage

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["read_stats", "usage"]

APART = 0.25
"""Seconds between the two looks at the processor time; the engine's own two are a whole second apart."""
AT_ONCE = 16
Sample = Mapping[str, Any]


def read_stats(api: APIClient, targets: Sequence[Target]) -> tuple[Usage, ...]:
    """Return what the running ones among these containers use; those that have stopped or gone are left out."""
    if not targets:
        return ()
    with ThreadPoolExecutor(min(AT_ONCE, len(targets)), thread_name_prefix="cloudkit-stats") as pool:
        found = pool.map(lambda target: _one(api, target), targets)
        return tuple(one for one in found if one is not None)


def _one(api: APIClient, target: Target) -> Usage | None:
    try:
        with translate(f"read what {target.name} uses"):
            before: Sample = api.stats(target.id, stream=False, one_shot=True)
            memory = api.inspect_container(target.id)["HostConfig"]["Memory"]
            sleep(APART)
            return usage(target.name, before, api.stats(target.id, stream=False, one_shot=True), memory or None)
    except NotFoundError:
        return None


def usage(replica: str, before: Sample, after: Sample, memory_limit: int | None) -> Usage | None:
    """Make a usage of two samples of the engine's; None when the replica does not run.

    Source: https://docs.docker.com/reference/api/engine/ (``ContainerStats``): memory in use is without the inactive
    page cache, whose name differs between control groups version 1 and 2.
    """
    begun, ended = _stamp(before), _stamp(after)
    memory: Sample = after.get("memory_stats") or {}
    if begun is None or ended is None or ended <= begun or "usage" not in memory:
        return None
    details: Mapping[str, int] = memory.get("stats") or {}
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    networks = (after.get("networks") or {}).values()
    return Usage(
        replica=replica,
        cpu=max(0, _processor(after) - _processor(before)) / (ended - begun),
        memory=memory["usage"] - cache if cache < memory["usage"] else memory["usage"],
        memory_limit=memory_limit,
        received=sum(network["rx_bytes"] for network in networks),
        sent=sum(network["tx_bytes"] for network in networks),
        pids=(after.get("pids_stats") or {}).get("current", 0),
        observed_at=moment(ended),
    )


def _processor(sample: Sample) -> int:
    """Return the processor time so far, in nanoseconds."""
    return int(sample["cpu_stats"]["cpu_usage"]["total_usage"])


def _stamp(sample: Sample) -> int | None:
    """Return when a sample was taken; None for that of a container that does not run, from the year 1."""
    stamp = parse_stamp(str(sample.get("read", "")).encode())
    return stamp if stamp is not None and stamp > 0 else None
