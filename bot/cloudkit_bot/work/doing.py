"""Work from its first word to its last: kept in the store, told in one message, taken up by another bot at need."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from cloudkit.backends.protocol import Backend
from cloudkit.cloud import Cloud
from cloudkit.command import Call, invoke
from cloudkit.errors import CloudkitError, JournalError
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener
from cloudkit_bot.approve.agreed import agreed as agreed_only
from cloudkit_bot.ask import Ask
from cloudkit_bot.audit import Audit
from cloudkit_bot.blocks.results import Shown, answer
from cloudkit_bot.blocks.standing import Standing
from cloudkit_bot.sending import Place, Sender, Unsent, passing
from cloudkit_bot.store.works import Work
from cloudkit_bot.work.below import Below
from cloudkit_bot.work.board import HANDED, Board, Ended, Title
from cloudkit_bot.work.detached import Stopped, attended
from cloudkit_bot.work.feed import AFTER, Feed
from cloudkit_bot.work.leases import Leases
from cloudkit_bot.work.pool import Pool
from cloudkit_bot.work.printed import Printed
from cloudkit_bot.work.stream import gathered
from cloudkit_bot.work.taking import NEVER, NotBegun, Unsure, standing, taken_up
from cloudkit_bot.work.wanted import Wanted, kept, noting, read

__all__ = ["WORKING", "Doing", "name_of"]

LOGGER = logging.getLogger("cloudkit_bot")
WORKING = 3_600.0  # seconds that the stream of a verb that acts is read
STOPPED = "stopped: what was done stands, and the same line goes on"
UNSURE = "the bot was ended while it was at work; look at what is there, and send the line again if it is needed"


@dataclass(slots=True, kw_only=True)
class Doing:
    """Does what changes something.

    Args:
        cloud: Makes a cloud for one call, of who listens to it and of a backend.
        backend: Where the apps run.
        sender: Sends the messages.
        pool: Remembers what goes on here.
        leases: Remembers it for all bots.
        audit: Notes and tells who did what.
        shown: Returns what is shown of a call's result.
        after: Seconds after which the thread tells what the app prints.
    """

    cloud: Callable[[Listener, Backend], Cloud]
    backend: Backend
    sender: Sender
    pool: Pool
    leases: Leases
    audit: Audit
    shown: Callable[[Call, object], Shown]
    after: float = AFTER

    @contextmanager
    def kept(self, ask: Ask, line: str) -> Iterator[bool]:
        """Keep in the store that somebody has asked for a change, while the block decides about it and does it.

        Yields:
            False where this very delivery is kept already, by whichever bot: then nothing is to be done.
        """
        name, leases = name_of(ask), self.leases
        first = leases.works.begin(
            Work(
                name=name, line=line, asker=ask.user, team=ask.team, enterprise=ask.enterprise, channel=ask.channel,
                thread=ask.thread, begun=leases.works.clock(), owner=leases.owner, until=leases.until,
            )
        )  # fmt: skip
        if not first:
            yield False
            return
        try:
            yield True
        except Unsent as unsent:
            self._untold(name, unsent)
            raise
        except Exception:
            self._ended(name, "failed")
            raise
        self._ended(name, "done")  # what ends the process ends nothing here: another bot finds it

    def work(
        self,
        ask: Ask,
        call: Call,
        line: str,
        plans: Sequence[Plan],
        *,
        agreed: str | None = None,
        approvers: Sequence[str] = (),
    ) -> str:
        """Change something that is kept already, tell of it in one message, and return how it ended in words.

        Args:
            ask: Who, and where.
            call: What.
            line: The call as it is shown.
            plans: What will be done.
            agreed: What was approved, where nothing else may be applied.
            approvers: Who has approved it.
        """
        name, intents = name_of(ask), {plan.app: plan for plan in plans}
        board = self._board(Title(line=line, user=ask.user, name=name), ask, plans)

        def intend(plan: Plan) -> None:
            intents[plan.app] = plan
            board.watch(plan.app)
            self._intend(name, line, list(intents.values()))

        there = noting(self.backend, intend)
        cloud = self.cloud(board, there if agreed is None else agreed_only(there, agreed))
        self._intend(name, line, plans)
        approved = {"approvers": " ".join(approvers)} if approvers else {}
        with self.pool.keeping(name, line, board), board.open():
            board.post(lambda draw: self.sender.post(ask, draw))
            self._placed(name, board)
            with self.audit.acting(ask, **approved):
                shown, ok = self._outcome(board, lambda: self._carried_out(call, board, cloud))
        words = self._finish(ask, board, name, shown, ok=ok)
        by = f", approved by {' and '.join(approvers)}" if approvers else ""
        self.audit.tell(ask, f"{line}: {words}{by}")
        return words

    def take_up(self, work: Work) -> None:
        """Bring to its end what another bot has left; the lease is this bot's by now."""
        ask = Ask(
            user=work.asker, team=work.team, enterprise=work.enterprise, channel=work.channel, thread=work.thread,
            direct=work.channel.startswith("D"),
        )  # fmt: skip
        wanted = read(work.wanted)
        try:
            if not wanted and not work.message:
                self.sender.whisper(ask, lambda look: answer(Shown(Standing(f"{work.line}: {NEVER}")), look))
            else:
                self._taken_up(work, ask, wanted)
        except Unsent as unsent:
            self._untold(work.name, unsent)
        else:
            self._ended(work.name, "taken up")

    def _taken_up(self, work: Work, ask: Ask, wanted: Sequence[Wanted]) -> None:
        board = self._board(
            Title(line=work.line, user=work.asker, name=work.name), ask, apps=[one.app for one in wanted]
        )
        board.began -= max(0.0, self.leases.works.clock() - work.begun)
        place = Place(channel=work.channel, ts=work.message)
        with self.pool.keeping(work.name, work.line, board), board.open(), self.audit.acting(ask):
            board.post(lambda draw: place if place.ts else self.sender.post(ask, draw))
            self._placed(work.name, board)
            shown, ok = self._outcome(board, lambda: self._rest(wanted, board))
        words = self._finish(ask, board, work.name, shown, ok=ok)
        self.audit.tell(ask, f"{work.line}: {words}, taken up from a bot that was ended")

    def _rest(self, wanted: Sequence[Wanted], board: Board) -> Shown:
        """Do what is left of work, and return what is shown of it."""
        if not wanted:
            raise Unsure
        return Shown(Standing("", taken_up(self.backend, wanted, board)))

    def halt(self, name: str) -> bool:
        """Stop work, whichever bot does it; return False where it is over."""
        return self.halted(name) or self.leases.works.halt(name)

    def halted(self, name: str) -> bool:
        """Stop work of this bot; return False where it does none of that name."""
        _, here = self.pool.running.get(name, ("", None))
        if here is not None:
            here.stop()
        return here is not None

    def hand_over(self) -> None:
        """Let go of what has not come to its end, for the next bot to go on with."""
        for name, (_, board) in list(self.pool.running.items()):
            board.stop(handed=True)
            self.leases.release(name)

    def _board(self, title: Title, ask: Ask, plans: Sequence[Plan] = (), *, apps: Sequence[str] = ()) -> Board:
        there = [*apps, *(plan.app for plan in plans)]
        board = Board(title, plans, self.sender, feed=Feed(Printed(self.backend, there), after=self.after))
        board.apps = tuple(there)
        board.below = lambda place: Below(self.sender, ask, place)
        return board

    def _placed(self, name: str, board: Board) -> None:
        if board.place is not None and board.place.ts:
            self.leases.works.place(name, board.place.channel, board.place.ts)

    def _intend(self, name: str, line: str, plans: Sequence[Plan]) -> None:
        self.leases.works.intend(name, line, ",".join(plan.digest for plan in plans), kept(plans))

    def _carried_out(self, call: Call, board: Board, cloud: Cloud) -> Shown:
        result = invoke(call, cloud)
        if isinstance(result, Iterator):
            result, _ = gathered(result, seconds=WORKING, stopping=lambda: board.stopping)
        return self.shown(call, result)

    def _outcome(self, board: Board, act: Callable[[], Shown]) -> tuple[Shown, bool]:
        """Do it, and return what is shown of it, and whether it went well."""
        try:
            return attended(act, lambda: board.stopping), True
        except NotBegun:
            return Shown(Standing(NEVER)), False
        except Unsure:
            return Shown(Standing(UNSURE)), False
        except CloudkitError as error:
            return Shown(error), False
        except Stopped:
            words = HANDED if board.handed else STOPPED
            return Shown(Standing(words, standing(self.backend, board.apps))), False

    def _finish(self, ask: Ask, board: Board, name: str, shown: Shown, *, ok: bool) -> str:
        """Tell the end, unless another bot has taken the work over and tells it; return it in words."""
        ended = Ended(board, shown, board.end(ok=ok), ok=ok)
        if board.handed or not self._still_mine(name):
            LOGGER.info("work %s is told of by another bot", name)
            return "left to another bot"
        self.sender.finish(ask, board.place or Place(channel=ask.channel), ended)
        board.told()
        return ended.words

    def _still_mine(self, name: str) -> bool:
        try:
            work = self.leases.works.find(name)
        except JournalError:  # rather told twice than never
            return True
        return work is None or work.owner == self.leases.owner

    def _untold(self, name: str, unsent: Unsent) -> None:
        """Leave work whose end Slack did not take: it is taken up, and told, when Slack is back."""
        if passing(unsent):
            self.leases.release(name)
        else:
            self._ended(name, f"untold: {unsent.word}")

    def _ended(self, name: str, outcome: str) -> None:
        try:
            self.leases.works.end(name, self.leases.owner, outcome)
        except JournalError as error:  # whoever takes it up finds that there is nothing left to do
            LOGGER.warning("the end of work %s could not be kept: %s", name, error.summary)


def name_of(ask: Ask) -> str:
    """Return what names the work of a delivery: the same for each bot that gets it."""
    return sha256(ask.delivery.encode()).hexdigest()[:16] if ask.delivery else secrets.token_hex(8)
