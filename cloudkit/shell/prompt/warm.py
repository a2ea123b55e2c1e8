"""Live names at a prompt: from memory at once, asked for in the background, never waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloudkit.model.offer import Offer
from cloudkit.shell.prompt.cells import BACKGROUND

__all__ = ["Answer", "Warm"]

PATIENCE = 0.02  # seconds that a key waits for what was never asked before
FRESH = 5.0  # seconds
USED = 300.0  # seconds in which a question counts as one that will come again
AT_ONCE = 8  # questions; an engine that does not answer holds one each


@dataclass(frozen=True, slots=True)
class Answer:
    """What was seen, and what it is called by."""

    states: Sequence[Any] = ()
    offers: Sequence[Offer] = ()


Ask = Callable[[], Answer]
NOTHING = Answer()


@dataclass(eq=False)
class Known:
    """What is known of one question.

    Args:
        ask: Asks it.
        answer: The last one; None before the first.
        asked: When it was last asked, on a clock that nobody sets.
        used: When somebody last wanted to know.
        answered: Set while there is an answer.
        busy: True while it is being asked.
    """

    ask: Ask
    answer: Answer | None = None
    asked: float = float("-inf")
    used: float = float("-inf")
    answered: threading.Event = field(default_factory=threading.Event)
    busy: bool = False


class Warm:
    """Answers of a while ago, renewed in threads of their own.

    >>> warm = Warm(patience=5)
    >>> warm.answer("apps", lambda: Answer(offers=[Offer("web")])).offers
    ['web']
    """

    def __init__(self, *, patience: float = PATIENCE, fresh: float = FRESH) -> None:
        self.patience = patience
        self.fresh = fresh
        self._known: dict[Hashable, Known] = {}
        self._lock = threading.Lock()
        self._asking = 0

    def answer(self, key: Hashable, ask: Ask) -> Answer:
        """Return what is known, at once; a question that was never asked gets a moment."""
        now = time.monotonic()
        with self._lock:
            known = self._known.setdefault(key, Known(ask))
            known.ask, known.used = ask, now
        if now - known.asked >= self.fresh:
            self._renew(known)
        if known.answer is None:
            known.answered.wait(self.patience)
        return known.answer or NOTHING

    def renew(self) -> None:
        """Ask again, in the background, what was wanted lately: what is there may have changed."""
        now = time.monotonic()
        with self._lock:
            lately = [known for known in self._known.values() if now - known.used < USED]
        for known in lately:
            self._renew(known)

    def forget(self) -> None:
        """Know nothing any more."""
        with self._lock:
            self._known.clear()

    def _renew(self, known: Known) -> None:
        with self._lock:
            if known.busy or self._asking >= AT_ONCE:
                return
            known.busy, known.asked = True, time.monotonic()
            self._asking += 1
        threading.Thread(target=self._answer, args=(known,), name=f"{BACKGROUND}-names", daemon=True).start()

    def _answer(self, known: Known) -> None:
        """Ask; where that fails, what was known stays, and the question comes again later."""
        try:
            known.answer = known.ask()
            known.answered.set()
        except Exception:  # noqa: BLE001, S110  # nobody would see why, and a prompt must not be written into
            pass
        finally:
            with self._lock:
                known.busy = False
                self._asking -= 1
