"""What comes one by one, and says of what kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Self, TypeVar

__all__ = ["Stream"]

T = TypeVar("T")


class Stream(Iterator[T], Generic[T]):
    """An iterator that shows what it is, and that a prompt can draw.

    Args:
        items: What comes.
        kind: Of what kind that is.

    >>> Stream(iter((1, 2)), int)
    <Stream of int>
    """

    __slots__ = ("_items", "kind")

    def __init__(self, items: Iterator[T], kind: type[T]) -> None:
        self._items = items
        self.kind = kind

    def __repr__(self) -> str:
        return f"<Stream of {self.kind.__name__}>"

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        return next(self._items)

    def interrupt(self) -> T:
        """Tell it of a Ctrl-C that came while it was not asked, and return what it says to that.

        Raises:
            KeyboardInterrupt: It has nothing to say.
        """
        throw = getattr(self._items, "throw", None)
        if throw is None:
            raise KeyboardInterrupt
        last: T = throw(KeyboardInterrupt())
        return last

    def close(self) -> None:
        """End it, and let go of what it holds; calling it twice is no error."""
        close = getattr(self._items, "close", None)
        if close is not None:
            close()
