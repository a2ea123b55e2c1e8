"""Which verb tells what is there of a kind: a list of the root's or a handle's, or a part of a handle's state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import reduce
from typing import Any, get_args, get_origin, get_type_hints

from cloudkit.verbs.catalogue import Catalogue
from cloudkit.verbs.verb import Verb

__all__ = ["Source", "source_of"]

DEEP = 2  # a state's own parts, and those of what is wanted


@dataclass(frozen=True, slots=True)
class Source:
    """Where states of a kind are found.

    Args:
        verb: The verb to call.
        path: The names that lead to them inside of its result; empty where it lists them.
    """

    verb: Verb
    path: tuple[str, ...] = ()

    def states(self, result: Any) -> Iterable[Any]:  # noqa: ANN401  # each verb has a result of its own
        """Return the states that are in what the verb gave."""
        found: Iterable[Any] = reduce(getattr, self.path, result)
        return found


def source_of(catalogue: Catalogue, kind: type[Any], *, target: bool) -> Source | None:
    """Return where states of a kind are found, None where no verb tells.

    Args:
        catalogue: The verbs there are.
        kind: The kind of state.
        target: True where a handle is named, so that its own verbs can be asked.
    """
    listing = catalogue.listing(kind)
    if listing is not None:
        return Source(listing)
    for handle in catalogue.handles[1:] if target else ():
        own = catalogue.listing(kind, handle)
        if own is not None:
            return Source(own)
        reader = catalogue.reader(handle)
        path = path_to(kind, reader.result) if reader else ()
        if reader and path:
            return Source(reader, path)
    return None


def path_to(kind: type[Any], state: Any, depth: int = DEEP) -> tuple[str, ...]:  # noqa: ANN401  # a resolved annotation
    """Return the names of the fields that lead to several of a kind, none where there is no such way."""
    if not is_dataclass(state) or not depth:
        return ()
    hints = get_type_hints(state)
    for field in fields(state):
        hint = hints[field.name]
        if get_origin(hint) is tuple and get_args(hint)[:1] == (kind,):
            return (field.name,)
    ways = ((field.name, path_to(kind, hints[field.name], depth - 1)) for field in fields(state))
    return next(((name, *way) for name, way in ways if way), ())
