"""What is left of progress at its end: one line for each kind of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cloudkit.model.progress import Phase, Progress
from cloudkit.view.neutral import neutral_line
from cloudkit.view.words import size

__all__ = ["Tally", "detail"]


def detail(event: Progress) -> bool:
    """Tell whether an event is about a part of a build's step, whose item repeats its message."""
    return (
        event.phase is Phase.BUILD
        and bool(event.message)
        and event.message != event.item
        and f" {event.message}" in event.item
    )


class Tally:
    """Counts events by the kind of their work.

    Args:
        clock: The time in seconds.

    >>> tally = Tally(lambda: 0.0)
    >>> tally.count(Progress(phase=Phase.PULL, item="ab", current=2048, total=2048, unit="bytes", done=True))
    >>> list(tally.lines())
    ['pull: 1 item, 2 KiB in 0.0 s']
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._began: dict[Phase, float] = {}
        self._items: dict[Phase, dict[str, Progress]] = {}

    def count(self, event: Progress) -> None:
        """Keep the last that is known of an item."""
        if event.phase is not Phase.NOTICE and not detail(event):
            self._began.setdefault(event.phase, self.clock())
            items = self._items.setdefault(event.phase, {})
            before = items.get(event.item)
            items[event.item] = event if event.total is not None or before is None else before

    def lines(self) -> Iterator[str]:
        """Return the lines, in the order in which the work began."""
        for phase, items in self._items.items():
            took = f"in {self.clock() - self._began[phase]:.1f} s"
            if phase is Phase.ROLL:
                yield from (f"{neutral_line(f'roll {event.item}: {amount(event)}')} {took}" for event in items.values())
            else:
                counted = sum(event.total or 0 for event in items.values() if event.unit == "bytes")
                weight = f", {size(counted)}" if counted else ""
                noun = "step" if phase is Phase.BUILD else "item"
                yield f"{phase.value}: {len(items)} {noun}{'s' * (len(items) != 1)}{weight} {took}"


def amount(event: Progress) -> str:
    words = "completed" if event.unit == "completions" else "ready"
    return f"{event.current}/{event.total} {words}" if event.total is not None else event.message or "done"
