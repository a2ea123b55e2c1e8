"""What becomes of a line: read, allowed or refused, asked about, carried out, answered."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slackblocks import ActionsBlock, Button

from cloudkit.backends.protocol import Backend
from cloudkit.backends.readonly import read_only
from cloudkit.cloud import Cloud
from cloudkit.command import Call, Grammar, Help, invoke
from cloudkit.errors import AccessError, CloudkitError, UsageError
from cloudkit.journal.asking import acting
from cloudkit.model.caller import Caller, Origin
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener, silent
from cloudkit.telemetry import Telemetry
from cloudkit.verbs import Catalogue, Kind
from cloudkit_bot import limits
from cloudkit_bot.ask import Ask
from cloudkit_bot.blocks.buttons import app_buttons
from cloudkit_bot.blocks.parts import said
from cloudkit_bot.blocks.results import Shown, answer, draw
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.people import People
from cloudkit_bot.policy.verdict import Policy, Wanted
from cloudkit_bot.sending import Draw, Place, Sender, Unsent
from cloudkit_bot.words.grammar import Wishes
from cloudkit_bot.words.line import split
from cloudkit_bot.work.board import Board, Stopped, Title, span
from cloudkit_bot.work.pool import Pool
from cloudkit_bot.work.stream import gathered

__all__ = ["CONFIRM", "Desk"]

CONFIRM = "confirm"  # the action_id of the button that goes on
LISTENING, WORKING = 20.0, 3_600.0  # seconds that a stream is read: of a verb that asks, of one that acts


@dataclass(slots=True, kw_only=True)
class Desk:
    """Carries out lines for people.

    Args:
        catalogue: The verbs there are.
        grammar: Reads lines.
        backend: Where the apps run.
        sender: Sends answers.
        policy: Says who may do what.
        people: Says who somebody is.
        pool: Remembers what goes on.
        telemetry: Hears of each operation.
    """

    catalogue: Catalogue
    grammar: Grammar
    backend: Backend
    sender: Sender
    policy: Policy
    people: People
    pool: Pool
    telemetry: Telemetry

    def cloud(self, listener: Listener = silent) -> Cloud:
        """Return a cloud over the one backend, for one call."""
        return Cloud(self.backend, namespace=self.backend.namespace, listener=listener, telemetry=self.telemetry)

    def line(self, ask: Ask, text: str, *, public: bool = False) -> None:
        """Carry out what somebody has typed.

        Args:
            ask: Who, and where.
            text: The line, without the command's own name.
            public: True where all see the answer, as they saw the question.
        """
        wishes = Wishes()
        try:
            meant = self.grammar.parse(split(text, self.grammar.program), wishes)
        except UsageError as error:
            self.whisper(ask, Shown(error))
            return
        if isinstance(meant, Help):
            self.whisper(ask, Shown(meant))
            return
        self.call(ask, meant, wishes, public=public or wishes.share)

    def call(self, ask: Ask, call: Call, wishes: Wishes, *, public: bool, agreed: str | None = None) -> None:
        """Carry out a call, where the policy lets who asks.

        Args:
            ask: Who, and where.
            call: What.
            wishes: How.
            public: True where all see the answer.
            agreed: The digest of the plan that was agreed to; None where nobody was asked.
        """
        try:
            self.check(ask, call)
            plans = self.plans(call) if call.verb.mark.changes else ()
            if wishes.plan and call.verb.mark.changes:
                self.answer(ask, Shown(self.planned(call)), public=public)
            elif call.verb.mark.confirm and agreed != digest(plans):
                self.sender.whisper(ask, lambda look: self.question(call, plans, look, again=agreed is not None))
            elif call.verb.mark.changes:
                self.work(ask, call, plans)
            else:
                self.answer(ask, self.looked(call), public=public)
        except CloudkitError as error:
            self.whisper(ask, Shown(error))

    def check(self, ask: Ask, call: Call) -> None:
        """Ask the policy.

        Raises:
            AccessError: It says no, or it cannot be said who asks.
        """
        wanted = Wanted.of(
            call, backend=self.backend.name, namespace=self.backend.namespace, channel=ask.channel, direct=ask.direct
        )
        try:
            asker = self.people.asker(ask)
        except Unsent as unsent:
            raise AccessError(f"Slack does not tell who asks ({unsent.word}), so nothing was done") from unsent
        verdict = self.policy.decide(asker, wanted)
        if not verdict.allowed:
            about = f" {wanted.app}" if wanted.app else ""
            raise AccessError(f"you may not {wanted.verb}{about}: {verdict.reason}", evidence=verdict.by)

    def looked(self, call: Call) -> Shown:
        """Ask something, and return what is shown of it."""
        result = invoke(call, self.cloud())
        if isinstance(result, Iterator):
            result, _ = gathered(result, seconds=LISTENING)
        return self.shown(call, result)

    def shown(self, call: Call, result: object) -> Shown:
        """Return what is shown of a result: of a handle its state, as it is now."""
        reader = self.catalogue.reader(type(result))
        if reader is not None:
            result = getattr(result, reader.method.__name__)()
        return Shown(
            result,
            kind=call.verb.lists,
            name=" ".join(filter(None, (call.verb.name, call.target))),
            buttons=lambda app: app_buttons(app, self.catalogue, self.backend),
        )

    def planned(self, call: Call) -> tuple[Plan, ...]:
        """Return what a call would do.

        Raises:
            CloudkitError: It cannot be said, or cannot be done.
        """
        looking = Cloud(read_only(self.backend), namespace=self.backend.namespace)
        with looking.planning() as plans:
            invoke(call, looking)
        return tuple(plans)

    def plans(self, call: Call) -> tuple[Plan, ...]:
        """Return what a call would do, as far as it can be said before."""
        try:
            return self.planned(call)
        except CloudkitError:
            return ()

    def work(self, ask: Ask, call: Call, plans: Sequence[Plan]) -> None:
        """Change something, and tell of it in one message."""
        name = self.pool.name()
        board = Board(Title(line=described(call), user=ask.user, name=name), plans, self.sender)
        self.pool.keep(name, described(call), board)
        try:
            board.post(lambda draw: self.sender.post(ask, draw))
            with acting(Caller(identity=ask.user, origin=Origin.CHAT)):
                ending = self.carried_out(call, board)
        finally:
            self.pool.forget(name)
        self.sender.finish(ask, board.place or Place(channel=ask.channel), ending)

    def carried_out(self, call: Call, board: Board) -> Draw:
        """Do the work, and return what ends its message: the result, or what went wrong."""
        try:
            result = invoke(call, self.cloud(board))
            if isinstance(result, Iterator):
                result, _ = gathered(result, seconds=WORKING, stopping=lambda: board.stopping)
            shown, ok = self.shown(call, result), True
        except CloudkitError as error:
            shown, ok = Shown(error), False
        except Stopped:
            shown, ok = Shown("stopped: what was done stands, and the same line goes on"), False
        took = span(board.end(ok=ok))
        return lambda look: ended(board, shown, f"{'done' if ok else 'not done'} after {took}", look)

    def question(self, call: Call, plans: Sequence[Plan], look: Look, *, again: bool) -> Answer:
        """Draw the question that stands before what loses something."""
        sheet = Sheet(look)
        moved = "what is there has changed since you were asked; " if again else ""
        words = f"{moved}{described(call)}: {call.verb.summary.replace('``', '')} Go on?"
        sheet.say(words)
        sheet.add(said(sheet, words))
        for plan in plans:
            draw(plan, sheet, Shown(plan))
        value = json.dumps({"line": line_of(call), "digest": digest(plans)})
        if len(value) <= limits.BUTTON_VALUE:
            sheet.add(ActionsBlock([Button("Go on", action_id=CONFIRM, value=value, style="danger")]), last=True)
        return sheet.answer()

    def confirmed(self, ask: Ask, value: str) -> None:
        """Carry out what was agreed to; the policy is asked for the one who pressed, whoever the question was for."""
        try:
            agreed = json.loads(value)
            meant = self.grammar.parse(shlex.split(agreed["line"]), Wishes())
            digest = str(agreed["digest"])
        except (KeyError, TypeError, ValueError):  # a UsageError is a ValueError
            self.whisper(ask, Shown(UsageError("this button says nothing that can be done")))
            return
        if isinstance(meant, Call):
            self.call(ask, meant, Wishes(), public=False, agreed=digest)

    def answer(self, ask: Ask, shown: Shown, *, public: bool) -> None:
        """Show something to all, or to who asks alone."""
        if public:
            self.sender.post(ask, lambda look: answer(shown, look))
        else:
            self.whisper(ask, shown)

    def whisper(self, ask: Ask, shown: Shown) -> None:
        """Show something to who asks alone."""
        self.sender.whisper(ask, lambda look: answer(shown, look))


def ended(board: Board, shown: Shown, words: str, look: Look) -> Answer:
    sheet = Sheet(look)
    board.drawn_end(sheet, words)
    draw(shown.result, sheet, shown)
    return sheet.answer()


def digest(plans: Sequence[Plan]) -> str:
    """What names all that would be done."""
    return ",".join(plan.digest for plan in plans)


def described(call: Call) -> str:
    """A call in words, without the values of its options, as one may be a secret."""
    given = [call.arguments[one.name] for one in call.verb.of(Kind.POSITIONAL) if one.name in call.arguments]
    return " ".join(filter(None, (call.verb.name, call.target, *map(str, given))))


def line_of(call: Call) -> str:
    """The line that means a call, for verbs that are confirmed: their words, and their options as given."""
    words = [call.verb.name, *filter(None, [call.target])]
    plain: list[Any] = []
    for parameter in call.verb.parameters:
        value = call.arguments.get(parameter.name)
        if value is not None and parameter.kind is Kind.POSITIONAL:
            plain.append(value)
        elif value is not None:
            words.append(f"--{parameter.option}={value}")
    return shlex.join([*words, *map(str, plain)])
