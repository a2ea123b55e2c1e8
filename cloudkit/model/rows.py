"""Several results that show themselves as a table at a prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol, TypeVar

__all__ = ["Rows", "mimebundle", "pretty"]

T = TypeVar("T")
Draw = Callable[[object, "type | None"], str]


class Rows(tuple[T, ...]):  # noqa: SLOT001  a tuple of any length cannot have slots beside its items
    """A tuple whose repr is a table, in a notebook an HTML one.

    Args:
        items: The results.
        kind: What they are, so that an empty table has its columns.
    """

    draw_text: ClassVar[Draw | None] = None
    draw_html: ClassVar[Draw | None] = None
    kind: type[T] | None

    def __new__(cls, items: tuple[T, ...], kind: type[T] | None = None) -> Rows[T]:
        """Make a table of these items."""
        made = super().__new__(cls, items)
        made.kind = kind
        return made

    def __repr__(self) -> str:
        """Draw the table, where there is somebody to draw it."""
        draw = type(self).draw_text
        return super().__repr__() if draw is None else draw(self, self.kind)

    def _repr_html_(self) -> str | None:
        draw = type(self).draw_html
        return None if draw is None else draw(self, self.kind)

    def _repr_mimebundle_(self, **_wanted: object) -> dict[str, str]:
        return bundled(repr(self), self._repr_html_())


class Printer(Protocol):
    """What IPython hands to a value that shows itself."""

    def text(self, text: str) -> None:
        """Take text."""
        ...


def pretty(self: object, printer: Printer, _cycle: bool) -> None:  # noqa: FBT001  # IPython calls it so
    """Show a value at an IPython prompt as the command line shows it: ``_repr_pretty_ = pretty`` in its class."""
    draw = Rows.draw_text
    printer.text(repr(self) if draw is None else draw(self, None))


def mimebundle(self: object, **_wanted: object) -> dict[str, str]:
    """Show a value in a notebook as a card: ``_repr_mimebundle_ = mimebundle`` in its class.

    >>> mimebundle("web")["text/plain"]
    'web'
    """
    text, card = Rows.draw_text, Rows.draw_html
    return bundled(repr(self) if text is None else text(self, None), None if card is None else card(self, None))


def bundled(text: str, html: str | None) -> dict[str, str]:
    return {"text/plain": text} | ({"text/html": html} if html is not None else {})
