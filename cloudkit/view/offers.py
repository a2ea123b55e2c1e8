"""How states are called by who types: their names, each with a few words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from cloudkit.model.advice import Advice
from cloudkit.model.image import ImageState
from cloudkit.model.offer import Offer
from cloudkit.model.port import Port
from cloudkit.model.state import AppState, Replica, Revision
from cloudkit.model.workload import Workload
from cloudkit.view.neutral import neutral_line
from cloudkit.view.words import size

__all__ = ["offers_in"]


@singledispatch
def offers_in(state: object) -> Iterator[Offer]:
    """Return what a state is called by.

    >>> [(offer, offer.note) for offer in offers_in(Port(number=3000))]
    [('3000', 'http')]
    """
    yield Offer(str(getattr(state, "name", "")))


@offers_in.register
def _app(state: AppState) -> Iterator[Offer]:
    yield Offer(state.name, state.counted)


@offers_in.register
def _replica(state: Replica) -> Iterator[Offer]:
    yield Offer(state.name, state.phase.value)


@offers_in.register
def _advice(state: Advice) -> Iterator[Offer]:
    yield Offer(str(state.replicas), state.reason)


@offers_in.register
def _revision(state: Revision) -> Iterator[Offer]:
    yield Offer(str(state.number), f"{state.spec.image.brief}{' (current)' * state.current}")


@offers_in.register
def _port(state: Port) -> Iterator[Offer]:
    published = f", published at {state.publish}" if state.publish else ""
    yield Offer(str(state.number), f"{state.protocol}{published}")


@offers_in.register
def _image(state: ImageState) -> Iterator[Offer]:
    yield from (Offer(neutral_line(tag.familiar), size(state.size)) for tag in state.tags)


@offers_in.register
def _workload(state: Workload) -> Iterator[Offer]:
    yield Offer(neutral_line(f"{state.kind}/{state.name}"), state.owner or f"{state.ready}/{state.wanted} ready")
