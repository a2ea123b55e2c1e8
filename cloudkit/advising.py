"""How many replicas an app could have: as now, as its load asks for, and the most that fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from cloudkit.backends.protocol import Backend
from cloudkit.backends.room import Roomy
from cloudkit.controller.scaling import proposed
from cloudkit.errors import CloudkitError
from cloudkit.model.advice import Advice
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.kinds import SCALED
from cloudkit.model.quantity import cpu_cores
from cloudkit.model.state import AppState

__all__ = ["advised"]

MOST = 1000  # replicas that are advised
CPU = 80  # percent of what is requested that is wanted of each replica where the app does not say it


def advised(backend: Backend, name: str) -> Iterator[Advice]:
    """Yield the numbers, the present one first; what cannot be measured is left out.

    Raises:
        NotFoundError: There is no such app.
    """
    state = backend.get(name)
    yield Advice(replicas=state.desired, reason=f"now, {state.counted}")
    if state.spec.kind in SCALED:
        with suppress(CloudkitError):  # who does not measure has nothing to say
            yield from by_load(backend, state)
        if isinstance(backend, Roomy):
            with suppress(CloudkitError):  # who may not see the quotas
                yield from fewest(backend.room(state.spec, len(state.replicas)))


def by_load(backend: Backend, state: AppState) -> Iterator[Advice]:
    """Yield what the load asks for, where it can be said."""
    spec = following(state.spec)
    if spec is None:
        return
    usages = [one for one in backend.stats(spec.name) if one.replica in {r.name for r in state.replicas if r.ready}]
    if usages and spec.autoscale is not None:
        number = min(max(proposed(spec, state.desired, usages), spec.autoscale.min), spec.autoscale.max)
        used = sum(one.cpu for one in usages) / len(usages)
        yield Advice(replicas=number, reason=f"advised, each replica uses {used:.2f} cores; {wanted(spec)}")


def following(spec: AppSpec) -> AppSpec | None:
    """Return the spec with the measure that it is advised by; None where nothing says what a replica is to use."""
    if spec.autoscale is not None:
        return spec
    if (spec.resources.cpu_request or spec.resources.cpu) is None:
        return None
    return spec.replace(autoscale=Autoscale(max=MOST, cpu=CPU))


def wanted(spec: AppSpec) -> str:
    """Return what each replica is to use, in words."""
    scale, request = spec.autoscale, spec.resources.cpu_request or spec.resources.cpu
    if scale is not None and scale.cpu is not None and request is not None:
        return f"wanted are {cpu_cores(request) * scale.cpu / 100:.2f}"
    return f"wanted is {scale.memory} of memory" if scale is not None else ""


def fewest(bounds: tuple[Advice, ...]) -> Iterator[Advice]:
    """Yield the bound that is reached first."""
    yield from sorted(bounds, key=lambda one: one.replicas)[:1]
