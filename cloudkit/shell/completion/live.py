"""Names of what is there, asked for in a process of its own and never waited for long."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cloudkit.command import invoke
from cloudkit.command.call import Call
from cloudkit.model.offer import Offer
from cloudkit.shell.completion.names import STALE, Question, forgotten, kept, known
from cloudkit.shell.completion.places import where_of
from cloudkit.verbs import Catalogue, Source, source_of
from cloudkit.view.offers import offers_in

__all__ = ["forget", "live_names", "seen"]

PATIENCE = 0.3  # seconds that a key waits for live names
LONGEST = 20  # seconds that an engine may take to tell them


def live_names(
    catalogue: Catalogue, connect: Callable[[], Any], kind: type[Any], target: str | None = None
) -> Sequence[Offer]:
    """Return the names of what is there, within a fraction of a second, or none.

    Args:
        catalogue: Knows the verb that lists this kind.
        connect: Returns the root that the verb is called on.
        kind: The kind of state.
        target: The name of the handle that is asked, where the kind is of a handle.
    """
    source = source_of(catalogue, kind, target=target is not None)
    if source is None:
        return ()
    root = connect()
    question = Question(where_of(root), kind.__name__, target if source.verb.opener else None)
    fresh = known(question)
    if fresh is not None:
        return fresh
    apart(lambda: kept(question, told(source, root, target)))
    last = known(question, age=STALE)
    return awaited(question, PATIENCE if last is None else PATIENCE / 2) or last or ()


def forget(root: object) -> None:
    """Know no names of a cloud any more: what was done may have changed them."""
    forgotten(where_of(root))


def told(source: Source, root: object, target: str | None) -> list[Offer]:
    """Ask for the names of what is there."""
    return [offer for state in seen(source, root, target) for offer in offers_in(state)]


def seen(source: Source, root: object, target: str | None) -> Iterable[Any]:
    """Ask for the states of what is there."""
    return source.states(invoke(Call(verb=source.verb, target=target if source.verb.opener else None), root))


def awaited(question: Question, patience: float) -> Sequence[Offer] | None:
    """Return the names once they are there, None when that takes too long."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        names = known(question)
        if names is not None:
            return names
        time.sleep(0.01)
    return None


def apart(ask: Callable[[], object]) -> None:
    """Ask in a process of its own, which ends by itself: what comes too late is there for the next key."""
    if os.fork():
        return
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        signal.alarm(LONGEST)
        ask()
    finally:
        os._exit(0)
