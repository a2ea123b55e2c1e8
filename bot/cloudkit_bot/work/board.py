"""The message of long work: posted once, edited at a bounded rate, finished whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Condition, Thread

from slackblocks import ActionsBlock, Button, PlanBlock, RichTextBlock, TaskCardBlock

from cloudkit.model.plan import Plan
from cloudkit.model.progress import Progress
from cloudkit_bot import limits
from cloudkit_bot.blocks.parts import code, said
from cloudkit_bot.blocks.results import Shown, draw
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.blocks.text import cut
from cloudkit_bot.sending import Draw, Place, Sender, Unsent
from cloudkit_bot.work.below import Below
from cloudkit_bot.work.detached import Stopped
from cloudkit_bot.work.feed import Feed
from cloudkit_bot.work.steps import Step, Steps

__all__ = ["HANDED", "STOP", "Board", "Ended", "Title", "span"]

STOP = "halt"  # what the action_id of the button begins with that stops work
PAUSE = 1.5  # seconds between two edits of a message
MARKS = {"pending": "▫️", "in_progress": "⏳", "complete": "✅", "error": "❌"}
HANDED = "the bot is being stopped; the next one goes on with it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What is done, for whom, and what names the work.

    Args:
        line: The verb and what it is called on.
        user: Who asked.
        name: What names the work; empty where it cannot be stopped.
    """

    line: str
    user: str = ""
    name: str = ""


class Board:
    """A listener that tells of work in one message.

    Args:
        title: What is done.
        plans: Its plan, where there is one.
        sender: Sends the edits.
        feed: Tells in the thread what is heard and printed.
        pause: Seconds between two edits.
        clock: Seconds.
    """

    def __init__(
        self,
        title: Title,
        plans: Sequence[Plan],
        sender: Sender,
        *,
        feed: Feed | None = None,
        pause: float = PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.title = title
        self.sender = sender
        self.place: Place | None = None
        self.pause = pause
        self.clock = clock
        self.began = clock()
        self.feed = feed
        self.below: Callable[[Place], Below] | None = None
        self.apps: Sequence[str] = ()
        self.stopping = self.handed = False
        self._steps = Steps(plans)
        self._changed = Condition()
        self._dirty = self._over = False
        self._pen = Thread(target=self._write, name="cloudkit-bot-board", daemon=True)

    def post(self, post: Callable[[Draw], Place]) -> None:
        """Show the message for the first time; where it cannot be shown yet, its end still is."""
        self.place = post(self.draw)
        if self.place.ts:
            self._pen.start()
            if self.feed is not None and self.below is not None:
                self.feed.begin(self.below(self.place))

    @contextmanager
    def open(self) -> Iterator[None]:
        """Write while the block lasts; where it is left by an error, nothing is written any more."""
        try:
            yield
        except BaseException:
            self.end(ok=False)
            raise

    def __call__(self, event: Progress) -> None:
        """Hear of the work, from any thread.

        Raises:
            Stopped: Somebody has stopped it.
        """
        with self._changed:
            self._steps.hear(event)
            self._dirty = True
            self._changed.notify_all()
        if self.feed is not None:
            self.feed.hear(event)
        if self.stopping:
            raise Stopped

    def watch(self, app: str) -> None:
        """Tell of one app more what it prints, and at last what stands of it."""
        if app not in self.apps:
            self.apps = [*self.apps, app]
        if self.feed is not None:
            self.feed.printed.add(app)

    def stop(self, *, handed: bool = False) -> None:
        """Let the work end where it next tells of itself.

        Args:
            handed: True where another bot goes on with it, and tells its end.
        """
        if handed:
            self._hand()
        self.stopping = True

    def _hand(self) -> None:
        """Tell that another bot goes on, and write nothing after that."""
        self.handed = True
        with self._changed:
            self._steps.message, self._over = HANDED, True
            self._changed.notify_all()
        if self._pen.ident is not None:
            self._pen.join()
        if self.place is not None and self.place.ts:
            with suppress(Unsent):  # whoever goes on with it tells its end
                self.sender.edit(self.place, self.draw)

    def end(self, *, ok: bool) -> float:
        """Take that the work is over, and return how many seconds it took; the last edit is the caller's."""
        with self._changed:
            self._steps.end(ok=ok)
            self._over = True
            self._changed.notify_all()
        if self.feed is not None:
            self.feed.over()
        if self._pen.ident is not None:
            self._pen.join()
        return self.clock() - self.began

    def told(self) -> None:
        """Take that the end was told; the thread below is brought to its end."""
        if self.feed is not None:
            self.feed.end()

    def _write(self) -> None:
        """Edit the message when there is something new, and not too often."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty or self._over)
                if self._over:
                    return
                self._dirty = False
            if self.place is not None:
                with suppress(Unsent):  # the next edit, or the last one, tells it
                    self.sender.edit(self.place, self.draw)
            with self._changed:
                self._changed.wait_for(lambda: self._over, self.pause)

    def draw(self, look: Look) -> Answer:
        """Draw the message as it is now."""
        sheet = Sheet(look)
        message = self._steps.message
        sheet.say(f"{self.title.line}: {message or 'at work'}")
        draw_steps(f"{self.title.line}{f' · {message}' if message else ''}", self._steps.rows(), sheet)
        if self.title.name:
            button = Button("Stop", action_id=f"{STOP}:{self.title.name}", value=self.title.name)
            sheet.add(ActionsBlock([button]), last=True)
        return sheet.answer()

    def drawn_end(self, sheet: Sheet, words: str) -> None:
        """Draw the steps as they ended, on the message that ends the work."""
        sheet.say(f"{self.title.line}: {words}")
        draw_steps(f"{self.title.line} · {words}", self._steps.rows(), sheet)


@dataclass(frozen=True, slots=True)
class Ended:
    """The message of work that is over: how it ended, its steps, its result.

    Args:
        board: The work's.
        shown: Its result, or what went wrong.
        seconds: How long it took.
        ok: True where all was done.
    """

    board: Board
    shown: Shown
    seconds: float
    ok: bool = field(kw_only=True)

    @property
    def words(self) -> str:
        """How it ended, and after how long."""
        return f"{'done' if self.ok else 'not done'} after {span(self.seconds)}"

    def __call__(self, look: Look) -> Answer:
        """Draw it."""
        sheet = Sheet(look)
        self.board.drawn_end(sheet, self.words)
        draw(self.shown.result, sheet, self.shown)
        return sheet.answer()


def draw_steps(title: str, steps: Sequence[Step], sheet: Sheet) -> None:
    """Draw steps: as a plan of tasks, or as lines with marks."""
    shown = [replace(step, title=sheet.words(step.title, limits.CARD_TITLE)) for step in steps]
    head = sheet.words(title, limits.CARD_TITLE)
    if shown and not sheet.look.classic:
        chosen = shown if len(shown) <= limits.TASKS else [*shown[: limits.TASKS - 1], rest(shown)]
        tasks = [
            TaskCardBlock(f"step-{index}", step.title, details=detail(step, sheet), status=step.status)
            for index, step in enumerate(chosen, start=1)
        ]
        if sheet.add(PlanBlock(head, tasks)):
            return
    sheet.add(said(sheet, head))
    lines = [f"{MARKS[step.status]} {step.title}{f', {step.detail}' if step.detail else ''}" for step in shown]
    if lines and not code(lines, sheet):
        code(lines, sheet, last=True)


def detail(step: Step, sheet: Sheet) -> RichTextBlock | None:
    return said(sheet, cut(step.detail, limits.CARD_TITLE)) if step.detail else None


def rest(steps: Sequence[Step]) -> Step:
    """What stands for all the steps that do not fit."""
    left = steps[limits.TASKS - 1 :]
    ended = all(step.status == "complete" for step in left)
    return Step(title=f"and {len(left)} more steps", status="complete" if ended else "pending")


def span(seconds: float) -> str:
    """Return a span of time as people read it.

    >>> span(4.21), span(125)
    ('4.2 s', '2 min 5 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
