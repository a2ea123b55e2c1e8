"""The names of what is there, for the menus of forms: within Slack's three seconds, fresh or a little old."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from cloudkit.cloud import Cloud
from cloudkit.command import Call, invoke
from cloudkit.errors import CloudkitError
from cloudkit.model.offer import Offer
from cloudkit.verbs import Catalogue, source_of
from cloudkit.view.offers import offers_in
from cloudkit_bot import limits
from cloudkit_bot.blocks.text import cut

__all__ = ["Offers", "kinds_of"]

PATIENCE = 2.0  # seconds of Slack's three
FRESH = 5.0  # seconds that names are offered without asking again


@dataclass(slots=True)
class Known:
    """Names, and when they were told."""

    names: Sequence[Offer]
    at: float


class Offers:
    """Knows the names of what is there.

    Args:
        catalogue: Knows the verb that lists each kind.
        cloud: Makes the cloud that is asked.
        workers: Where the asking is done.
    """

    def __init__(self, catalogue: Catalogue, cloud: Callable[[], Cloud], workers: Executor) -> None:
        self.catalogue = catalogue
        self.cloud = cloud
        self.workers = workers
        self.kinds = kinds_of(catalogue)
        self._known: dict[tuple[str, str], Known] = {}
        self._asked: dict[tuple[str, str], Future[None]] = {}
        self._lock = Lock()

    def options(self, kind: str, typed: str, target: str = "") -> list[dict[str, Any]]:
        """Return what a menu offers: the names that hold what was typed, and what was typed itself.

        Args:
            kind: The kind of state, by its name.
            typed: What was typed so far.
            target: What the form is about, where that is known; its own parts are offered then.
        """
        names = [name for name in self.names(kind, target) if typed.lower() in name.lower()]
        chosen = list(dict.fromkeys([*names, Offer(typed)] if typed else names))
        fitting = [name for name in chosen if name and len(name) <= limits.OPTION_VALUE]
        return [option(name) for name in fitting[: limits.OPTIONS]]

    def names(self, kind: str, target: str = "") -> Sequence[Offer]:
        """Return the names of one kind: asked for now, or the last that are known where that takes too long."""
        known = self._known.get((kind, target))
        if known is not None and time.monotonic() - known.at < FRESH:
            return known.names
        asked = self._ask(kind, target)
        with suppress(Late, CloudkitError):
            asked.result(PATIENCE)
        known = self._known.get((kind, target))
        return known.names if known else ()

    def _ask(self, kind: str, target: str) -> Future[None]:
        """Ask once, however many wait for the answer."""
        with self._lock:
            there = self._asked.get((kind, target))
            if there is None or there.done():
                there = self._asked[kind, target] = self.workers.submit(self._learn, kind, target)
            return there

    def _learn(self, kind: str, target: str) -> None:
        source = source_of(self.catalogue, self.kinds[kind], target=bool(target)) if kind in self.kinds else None
        if source is not None:
            call = Call(verb=source.verb, target=target if source.verb.opener else None)
            found = source.states(invoke(call, self.cloud()))
            names = sorted({name for state in found for name in offers_in(state)})
            self._known[kind, target] = Known(names, time.monotonic())


def kinds_of(catalogue: Catalogue) -> Mapping[str, type[Any]]:
    """Return the kinds of state whose names a catalogue's verbs take, by their names."""
    named = [parameter.names for verb in catalogue.values() for parameter in verb.parameters if parameter.names]
    handled = [kind for handle in catalogue.handles if (kind := catalogue.kind_of(handle))]
    return {kind.__name__: kind for kind in (*named, *handled)}


def option(name: Offer) -> dict[str, Any]:
    shown: dict[str, Any] = {"text": plain(name), "value": str(name)}
    return shown | ({"description": plain(name.note)} if name.note else {})


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(text, limits.OPTION), "emoji": False}
