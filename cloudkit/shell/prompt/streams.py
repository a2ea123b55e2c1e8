"""A stream at a prompt: drawn as it comes, kept as what was seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol

from cloudkit.model.glance import Glance
from cloudkit.model.stream import Stream
from cloudkit.shell.output import Output

__all__ = ["Seen", "shown"]

MOST = 10_000  # items that are kept


class Printer(Protocol):
    """What IPython hands to a value that shows itself."""

    def text(self, text: str) -> None:
        """Take text."""
        ...


class Seen(tuple[Any, ...]):
    """What came of a stream that has been drawn; it shows how much that was.

    >>> Seen(("a", "b"))
    <2 items, shown above>
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return how many there were."""
        return f"<{len(self)} item{'s' * (len(self) != 1)}, shown above>"


def shown(stream: Iterator[Any], kind: type[Any] | None = None, *, notebook: bool = False) -> Seen:
    """Draw a stream to its end, or until Ctrl-C, and return what came last of it.

    Args:
        stream: What a verb returned.
        kind: What comes.
        notebook: True where HTML is drawn.
    """
    kept: deque[Any] = deque(maxlen=MOST)

    def passing() -> Iterator[Any]:
        try:
            for item in stream:
                kept.append(item)
                yield item
        except KeyboardInterrupt:
            if not isinstance(stream, Stream):
                raise
            kept.append(stream.interrupt())
            yield kept[-1]

    try:
        with suppress(KeyboardInterrupt):
            if notebook and kind is Glance:
                draw_in_place(passing())
            else:
                Output().show(Stream(passing(), object), kind)
    finally:
        close = getattr(stream, "close", None)
        if close is not None:
            close()
    return Seen(kept)


def draw_in_place(looks: Iterator[Any]) -> None:
    """Draw each look in the place of the one before, in a notebook."""
    from IPython.display import display

    handle: Any = None
    for look in looks:
        if handle is None:
            handle = display(look, display_id=True)
        else:
            handle.update(look)
