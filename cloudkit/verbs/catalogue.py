"""All verbs of some handles, by name."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cloudkit.errors import UsageError
from cloudkit.model.verb import mark_of
from cloudkit.verbs.verb import Verb

__all__ = ["Catalogue"]


class Catalogue(Mapping[str, Verb]):
    """The verbs of a root handle and of the handles that it opens.

    A handle other than the root is opened by the root's method of its own name in lower case: ``App`` by
    ``root.app(name)``. A verb that both have is the root's.

    Args:
        root: The handle that a front end holds.
        handles: The handles that it opens by name.
        keep: Says which verbs a front end offers; all where not given.

    Raises:
        UsageError: The root opens no such handle, or two verbs of one name differ in role, confirmation or words.

    >>> from cloudkit.model.verb import verb
    >>> class Cloud:
    ...     @verb()
    ...     def names(self) -> tuple[str, ...]:
    ...         "List what is there."
    >>> Catalogue(Cloud)["names"].summary
    'List what is there.'
    """

    def __init__(self, root: type[Any], *handles: type[Any], keep: Callable[[Verb], bool] = lambda _verb: True) -> None:
        self.root = root
        self.handles = (root, *handles)
        self._verbs: dict[str, Verb] = {}
        for handle in self.handles:
            for verb in filter(keep, verbs_of(handle, opener(root, handle))):
                agree(self._verbs.setdefault(verb.name, verb), verb)

    def __getitem__(self, name: str) -> Verb:
        return self._verbs[name.replace("_", "-")]

    def __iter__(self) -> Iterator[str]:
        return iter(self._verbs)

    def __len__(self) -> int:
        return len(self._verbs)

    def alike(self, word: str) -> str | None:
        """Return the verb that a misspelt word most likely means."""
        return next(iter(difflib.get_close_matches(word[:80].lower(), self._verbs, 1)), None)

    def listing(self, kind: type[Any], handle: type[Any] | None = None) -> Verb | None:
        """Return the verb of the root, or of a handle, that lists states of one kind and needs nothing for it."""
        for verb in self.values():
            if verb.handle is (handle or self.root) and not verb.mark.changes and verb.lists is kind:
                return None if any(parameter.required for parameter in verb.parameters) else verb
        return None

    def reader(self, handle: type[Any]) -> Verb | None:
        """Return the verb that shows a handle's state: one that needs nothing, and whose kind the root lists."""
        for verb in self.values():
            if verb.handle is handle and not verb.mark.changes and isinstance(verb.result, type):
                needs = any(parameter.required for parameter in verb.parameters)
                if not needs and self.listing(verb.result):
                    return verb
        return None

    def kind_of(self, handle: type[Any]) -> type[Any] | None:
        """Return the kind of state that a handle has."""
        reader = self.reader(handle)
        return reader.result if reader else None


def verbs_of(handle: type[Any], opens: Callable[..., Any] | None) -> Iterator[Verb]:
    """Read the marked methods of a class, inherited ones first, in the order of their definition."""
    names = dict.fromkeys(name for parent in reversed(handle.__mro__) for name in vars(parent))
    for name in names:
        method = inspect.getattr_static(handle, name)
        mark = mark_of(method)
        if mark is not None:
            yield Verb(handle=handle, method=method, mark=mark, opener=opens)


def opener(root: type[Any], handle: type[Any]) -> Callable[..., Any] | None:
    if handle is root:
        return None
    found: Callable[..., Any] | None = getattr(root, handle.__name__.lower(), None)
    if found is None:
        raise UsageError(f"{root.__name__} has no method {handle.__name__.lower()!r} that opens a {handle.__name__}")
    return found


def agree(kept: Verb, other: Verb) -> None:
    """Refuse a second verb of the same name that means something else in text."""
    if kept is not other and (kept.mark, kept.positions) != (other.mark, other.positions):
        raise UsageError(f"verb {kept.name!r} means two things", evidence=(kept.source, other.source))
