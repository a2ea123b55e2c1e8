"""Approvals from their question to their end. Whoever comes first settles one, in whichever bot that is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cloudkit.command import Call
from cloudkit.errors import AccessError, CloudkitError, ConflictError, UsageError
from cloudkit_bot.approve.card import APPROVE, DENY, Asking, Ending, bare
from cloudkit_bot.approve.seal import Seal
from cloudkit_bot.ask import Ask
from cloudkit_bot.blocks.results import Shown
from cloudkit_bot.blocks.sheet import Answer, Look
from cloudkit_bot.policy.verdict import Approval, Verdict
from cloudkit_bot.sending import Place, Unsent
from cloudkit_bot.store.requests import APPROVED, BEGUN, DENIED, EXPIRED, LEFT, MOVED, OPEN, Request, Requests
from cloudkit_bot.words.grammar import Wishes

if TYPE_CHECKING:
    from cloudkit_bot.desk import Desk

__all__ = ["Approvals"]

PATIENCE = 60.0  # seconds from an approval to its begin, which takes one edit of a message
MOVED_ON = "What is there has changed since it was asked. "


@dataclass(slots=True, kw_only=True)
class Approvals:
    """Asks for approvals and takes them.

    Args:
        requests: Keeps them.
        desk: Reads lines, asks the policy, carries out.
        seal: Keeps the lines from who reads the store.
        expires: Seconds for which one can be approved, where the policy says nothing.
        elsewhere: Tells whether a workspace has a bot of its own, which ends what is asked for there.
    """

    requests: Requests
    desk: Desk
    seal: Seal
    expires: float
    elsewhere: Callable[[str], bool] = lambda _team: False

    def ask(self, ask: Ask, call: Call, words: Sequence[str], approval: Approval, *, again: str = "") -> None:
        """Ask for an approval in the channel, with what would be done.

        Raises:
            CloudkitError: It cannot be done anyway, or nobody here could approve it.
        """
        if approval.others and (ask.direct or not ask.channel):
            raise AccessError("others must approve this, and nobody else is here", hint="send the line in a channel")
        plans, digest = self.desk.bound(call)
        request = self.request_of(ask, call, words, approval, digest)
        self.requests.add(request)
        asking = Asking(request=request, approval=approval, plans=plans, summary=call.verb.summary, again=again)
        shown = Answer(text="")

        def draw(look: Look) -> Answer:
            nonlocal shown
            shown = asking(look)
            return shown

        try:
            place = self.desk.sender.post(ask, draw)
        except Unsent:
            self.requests.settle(request.name, DENIED)
            raise
        self.requests.place(request.name, place.channel, place.ts, bare(shown))
        self.desk.audit.note(ask, "request", request.app, arguments={"line": request.said})

    def request_of(self, ask: Ask, call: Call, words: Sequence[str], approval: Approval, digest: str) -> Request:
        """Return a new request: its line is sealed, and it has no message yet."""
        now = self.requests.clock()
        return Request(
            name=secrets.token_hex(16),
            line=self.seal.sealed(words),
            said=self.desk.described(call),
            verb=call.verb.name,
            app=self.desk.wanted(ask, call).app,
            digest=digest,
            asker=ask.user,
            team=ask.team,
            enterprise=ask.enterprise,
            channel=ask.channel,
            thread=ask.thread,
            asked=now,
            until=now + (self.expires if approval.expires is None else approval.expires),
        )

    def press(self, ask: Ask, name: str, *, agrees: bool) -> None:
        """Take a press of Approve or of Deny; the policy is asked for who pressed and for who asked, as it is now."""
        request = self.requests.find(name)
        verb = APPROVE if agrees else DENY
        try:
            if request is None or not at_its_place(request, ask):
                raise UsageError("this button says nothing that can be done")
            request = placed(request, ask)
            if not agrees:
                self.deny(ask, request)
                return
            with self.desk.doing.kept(ask, request.said) as first:
                if first:
                    self.approve(ask, request)
        except CloudkitError as error:
            app, line = (request.app, request.said) if request else ("", "")
            self.desk.audit.note(ask, verb, app, arguments={"line": line}, error=error)
            self.desk.audit.tell(ask, f"may not {verb} {line}: {error.summary}")
            self.desk.whisper(ask, Shown(error))

    def approve(self, ask: Ask, request: Request) -> None:
        """Take an approval; the last that is needed lets the plan be carried out."""
        self.check_open(request)
        asks, call, words = self.call_of(request)
        verdict = self.desk.verdict(asks, call, fresh=True)
        approval = verdict.approval or Approval()
        self.check_may(ask, request, call, approval)
        self.check_asker(request, verdict)
        _, digest = self.desk.bound(call)
        if digest != request.digest:
            self.moved(ask, request, (asks, call, words), approval)
        elif self.requests.approve(request.name, ask.user, max(1, approval.others)):
            self.desk.audit.note(ask, APPROVE, request.app, arguments={"line": request.said, "of": request.asker})
            self.carry_out(replace(asks, delivery=ask.delivery), request, call)
        else:
            self.counted(ask, request, approval)

    def carry_out(self, asks: Ask, request: Request, call: Call) -> None:
        """Do what was approved, below the card; the card ends with what became of it."""
        people = self.requests.approvers(request.name)
        with suppress(Unsent):  # the end tells it again
            self.desk.sender.edit(place_of(request), Ending(request=request, words="approved", people=people))
        if not self.requests.begin(request.name):
            return
        ended = self.desk.work(asks, call, self.desk.plans(call), agreed=request.digest, approvers=people)
        self.end(request, f"{ended}, approved", people)

    def counted(self, ask: Ask, request: Request, approval: Approval) -> None:
        """Show that one more has approved, and that more are needed."""
        self.check_open(self.requests.find(request.name) or request)
        people = self.requests.approvers(request.name)
        if ask.user not in people:
            raise ConflictError("this has been settled already", hint="")
        self.desk.audit.note(ask, APPROVE, request.app, arguments={"line": request.said, "of": request.asker})
        words = f"{len(people)} of {approval.others} have approved"
        self.desk.sender.edit(place_of(request), Ending(request=request, words=words, people=people, live=True))

    def moved(self, ask: Ask, request: Request, meant: tuple[Ask, Call, Sequence[str]], approval: Approval) -> None:
        """Refuse what would be another plan than was shown, and ask anew with that."""
        if not self.requests.settle(request.name, MOVED, ask.user):
            self.check_open(self.requests.find(request.name) or request)
            return
        error = ConflictError("what is there has changed since it was asked")
        self.desk.audit.note(ask, APPROVE, request.app, arguments={"line": request.said}, error=error)
        self.end(request, "what is there has changed since it was asked; it is asked anew with the new plan", ())
        asks, call, words = meant
        self.ask(replace(asks, thread=request.thread), call, words, approval, again=MOVED_ON)

    def deny(self, ask: Ask, request: Request) -> None:
        """Take a denial: of who asked, or of who could approve."""
        self.check_open(request)
        if not theirs(request, ask):
            _, call, _ = self.call_of(request)
            self.check_may(ask, request, call, Approval(others=1))
        if not self.requests.settle(request.name, DENIED, ask.user):
            self.check_open(self.requests.find(request.name) or request)
            return
        self.desk.audit.note(ask, DENY, request.app, arguments={"line": request.said, "of": request.asker})
        self.desk.audit.tell(ask, f"denied {request.said}, which {request.asker} asked for")
        self.end(request, "denied", (ask.user,))

    def expire(self) -> None:
        """End what nobody has approved in time, and what a bot has left that is gone; of several bots one does."""
        for request in self.requests.expired():
            if not self.elsewhere(request.team) and self.requests.settle(request.name, EXPIRED):
                self.desk.audit.note(asking_of(request), "expire", request.app, arguments={"line": request.said})
                self.end(request, "expired: nobody approved it in time, and the same line asks again", ())

        for request in self.requests.forsaken(PATIENCE):
            mine = not self.elsewhere(request.team)
            if mine and self.requests.settle(request.name, LEFT, request.settler, before=APPROVED):
                self.desk.audit.note(asking_of(request), "leave", request.app, arguments={"line": request.said})
                self.end(request, "approved, but the bot was stopped before it began: send the line again", ())

    def check_open(self, request: Request) -> None:
        """Refuse what is settled, or too late."""
        if request.state != OPEN:
            state = APPROVED if request.state == BEGUN else request.state
            by = f" by {request.settler}" if request.settler and state in (APPROVED, DENIED) else ""
            raise ConflictError(f"{request.said} is {state} already{by}")
        if request.until <= self.requests.clock():
            raise ConflictError(f"{request.said} has expired: nobody approved it in time", hint="send the line again")

    def check_may(self, ask: Ask, request: Request, call: Call, approval: Approval) -> None:
        """Refuse who may not approve: guests and people of other workspaces never, who asked only where it is said."""
        asker = self.desk.asker(ask, fresh=True)
        if not asker.member:
            raise AccessError("guests and people of other workspaces approve nothing")
        if theirs(request, ask):
            if approval.others:
                raise AccessError("you asked for this yourself, so somebody else must approve it")
            return
        verdict = self.desk.verdict(ask, call, approving=True)
        if not verdict.allowed:
            raise AccessError(f"you may not approve {request.said}: {verdict.reason}", evidence=verdict.by)

    def check_asker(self, request: Request, verdict: Verdict) -> None:
        """Settle what may not be done any more by who asked."""
        if verdict.allowed:
            return
        if self.requests.settle(request.name, DENIED):
            self.end(request, f"refused: who asked may not do it any more ({verdict.reason})", ())
        raise AccessError(f"{request.asker} may not {request.said} any more: {verdict.reason}", evidence=verdict.by)

    def call_of(self, request: Request) -> tuple[Ask, Call, list[str]]:
        """Return who asked, what, and in which words."""
        words = self.seal.opened(request.line)
        meant = self.desk.grammar.parse(words, Wishes())
        if not isinstance(meant, Call):
            raise UsageError("this button says nothing that can be done")
        return asking_of(request), meant, words

    def end(self, request: Request, words: str, people: Sequence[str]) -> None:
        """Show what became of it, with no button left."""
        kept = self.requests.find(request.name) or request
        request = kept if kept.message else replace(kept, channel=request.channel, message=request.message)
        with suppress(Unsent):  # it was tried again, and at last as a message of its own
            self.desk.sender.finish(
                asking_of(request), place_of(request), Ending(request=request, words=words, people=people)
            )


def theirs(request: Request, ask: Ask) -> bool:
    """Tell whether somebody presses on what they have asked for."""
    return (ask.user, ask.team) == (request.asker, request.team)


def at_its_place(request: Request, ask: Ask) -> bool:
    """Tell whether a button was pressed on the message of its own request."""
    return not request.message or (request.channel, request.message) == (ask.channel, ask.message)


def placed(request: Request, ask: Ask) -> Request:
    """Return a request with its place, which a press may know before the one who posted it has noted it."""
    return request if request.message else replace(request, channel=ask.channel, message=ask.message)


def asking_of(request: Request) -> Ask:
    """Return who asked, answered below the card."""
    return Ask(
        user=request.asker,
        team=request.team,
        enterprise=request.enterprise,
        channel=request.channel,
        thread=request.thread or request.message,
        direct=request.channel.startswith("D"),
    )


def place_of(request: Request) -> Place:
    return Place(channel=request.channel, ts=request.message)
