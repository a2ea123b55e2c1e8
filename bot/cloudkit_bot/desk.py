"""What becomes of a line: read, allowed or refused, asked about, carried out, answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cloudkit.backends.protocol import Backend
from cloudkit.backends.readonly import read_only
from cloudkit.cloud import Cloud
from cloudkit.command import Call, Grammar, Help, invoke
from cloudkit.errors import AccessError, CloudkitError, UnsupportedError, UsageError
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener, silent
from cloudkit.telemetry import Telemetry
from cloudkit.verbs import Catalogue, Kind
from cloudkit_bot.approve.agreed import bound, origin
from cloudkit_bot.ask import Ask
from cloudkit_bot.audit import Audit
from cloudkit_bot.blocks.buttons import app_buttons
from cloudkit_bot.blocks.results import Shown, answer
from cloudkit_bot.people import People
from cloudkit_bot.permission import RefusedError, reasons, refusal, refused, tried
from cloudkit_bot.policy.verdict import Approval, Asker, Policy, Verdict, Wanted, named, together
from cloudkit_bot.sending import Sender, Unsent
from cloudkit_bot.words.grammar import Wishes
from cloudkit_bot.words.line import split
from cloudkit_bot.work.doing import Doing
from cloudkit_bot.work.leases import Leases
from cloudkit_bot.work.pool import Pool
from cloudkit_bot.work.stream import gathered

__all__ = ["Desk"]

if TYPE_CHECKING:
    from cloudkit_bot.approve.approvals import Approvals

LISTENING = 20.0  # seconds that the stream of a verb that asks is read


@dataclass(slots=True, kw_only=True)
class Desk:
    """Carries out lines for people.

    Args:
        catalogue: The verbs there are.
        grammar: Reads lines.
        backend: Where the apps run.
        journal: Where it is noted who did what.
        sender: Sends answers.
        policy: Says who may do what.
        people: Says who somebody is.
        pool: Remembers what goes on.
        telemetry: Hears of each operation.
        audit: Notes and tells who did what.
        leases: Remembers for all bots what goes on.
        dry_run: True shows what would be done, and does none of it.
    """

    catalogue: Catalogue
    grammar: Grammar
    backend: Backend
    journal: str
    sender: Sender
    policy: Policy
    people: People
    pool: Pool
    telemetry: Telemetry
    audit: Audit
    leases: Leases
    dry_run: bool = False
    approvals: Approvals = field(init=False)
    doing: Doing = field(init=False)

    def __post_init__(self) -> None:
        self.doing = Doing(
            cloud=self.cloud,
            backend=self.backend,
            sender=self.sender,
            pool=self.pool,
            leases=self.leases,
            audit=self.audit,
            shown=self.shown,
        )

    def cloud(self, listener: Listener = silent, backend: Backend | None = None) -> Cloud:
        """Return a cloud for one call.

        Args:
            listener: Hears of long work.
            backend: What stands before the one backend.
        """
        return Cloud(
            backend or self.backend,
            namespace=self.backend.namespace,
            listener=listener,
            telemetry=self.telemetry,
            journal=self.journal,
        )

    def line(self, ask: Ask, text: str, *, public: bool = False) -> None:
        """Carry out what somebody has typed.

        Args:
            ask: Who, and where.
            text: The line, without the command's own name.
            public: True where all see the answer, as they saw the question.
        """
        wishes = Wishes()
        try:
            wishes.words = split(text, self.grammar.program)
            meant = self.grammar.parse(wishes.words, wishes)
        except UsageError as error:
            self.audit.note(ask, " ".join(wishes.words[:1]) or "?", error=error)
            self.whisper(ask, Shown(error))
            return
        if isinstance(meant, Help):
            self.whisper(ask, Shown(meant))
            return
        self.call(ask, meant, wishes, public=public or wishes.share)

    def call(self, ask: Ask, call: Call, wishes: Wishes, *, public: bool) -> None:
        """Carry out a call, where the policy lets who asks.

        Args:
            ask: Who, and where.
            call: What.
            wishes: How.
            public: True where all see the answer.
        """
        if call.verb.mark.changes and not wishes.plan:
            with self.doing.kept(ask, described(call)) as first:
                if first:
                    self.decide(ask, call, wishes, public=public)
        else:
            self.decide(ask, call, wishes, public=public)

    def decide(self, ask: Ask, call: Call, wishes: Wishes, *, public: bool) -> None:
        """Do what the policy and the verb's mark say of a call."""
        mark = call.verb.mark
        try:
            if wishes.why:
                self.whisper(ask, reasons(self.policy, self.asker(ask), self.each(ask, call)))
                return
            verdict = self.check(ask, call)
            approval = verdict.approval or (Approval() if mark.confirm else None)
            if self.dry_run and mark.changes:
                self.answer(ask, self.tried(call, replace(verdict, approval=approval)), public=public)
            elif mark.changes and not wishes.plan and approval:
                self.approvals.ask(ask, call, wishes.words, approval)
            elif mark.changes and not wishes.plan:
                self.work(ask, call, self.plans(call))
            else:
                shown = Shown(self.planned(call)) if mark.changes else self.looked(call)
                self.audit.looked(ask, call)
                self.answer(ask, shown, public=public)
        except CloudkitError as error:
            self.refused(ask, call, error)

    def refused(self, ask: Ask, call: Call, error: CloudkitError) -> None:
        """Note what was not done and tell why."""
        self.audit.looked(ask, call, error)
        if isinstance(error, AccessError):
            self.audit.tell(ask, f"{self.described(call)}: refused, {error.summary}")
        self.whisper(ask, refusal(error, call) if isinstance(error, RefusedError) else Shown(error))

    def tried(self, call: Call, verdict: Verdict) -> Shown:
        """Return what would be done, where all is tried and nothing is done."""
        try:
            return Shown(self.planned(call), note=tried(verdict))
        except UnsupportedError:
            return Shown(f"{described(call)} has no plan: it would act at once", note=tried(verdict))

    def each(self, ask: Ask, call: Call) -> tuple[Wanted, ...]:
        """Return what a policy is asked, once for each app that a call is about."""
        backend, namespace = self.backend.name, self.backend.namespace
        return Wanted.each(call, backend=backend, namespace=namespace, channel=ask.channel, direct=ask.direct)

    def wanted(self, ask: Ask, call: Call) -> Wanted:
        """Return what a policy is asked of the first app that a call is about."""
        return self.each(ask, call)[0]

    def asker(self, ask: Ask, *, fresh: bool = False) -> Asker:
        """Return who asks.

        Raises:
            AccessError: It cannot be said.
        """
        try:
            return self.people.asker(ask, fresh=fresh)
        except Unsent as unsent:
            raise AccessError(f"Slack does not tell who asks ({unsent.word}), so nothing was done") from unsent

    def verdict(self, ask: Ask, call: Call, *, approving: bool = False, fresh: bool = False) -> Verdict:
        """Ask the policy whether somebody may do something, or approve it for another."""
        asker = self.asker(ask, fresh=fresh)
        return together([self.policy.decide(asker, replace(one, approving=approving)) for one in self.each(ask, call)])

    def check(self, ask: Ask, call: Call) -> Verdict:
        """Ask the policy.

        Raises:
            AccessError: It says no, or it cannot be said who asks.
        """
        verdict = self.verdict(ask, call)
        if not verdict.allowed:
            raise refused(verdict, self.each(ask, call))
        return verdict

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

    def bound(self, call: Call) -> tuple[tuple[Plan, ...], str]:
        """Return what a call would do, and what names that: where it cannot be said before, from where it starts.

        Raises:
            CloudkitError: It cannot be done.
        """
        try:
            plans = self.planned(call)
        except UnsupportedError:
            plans = ()
        return plans, bound(plans) if plans else origin(self.backend, call.target or named(call))

    def work(
        self, ask: Ask, call: Call, plans: Sequence[Plan], *, agreed: str | None = None, approvers: Sequence[str] = ()
    ) -> str:
        """Change something, tell of it in one message, and return how it ended.

        Args:
            ask: Who, and where.
            call: What.
            plans: What will be done.
            agreed: What was approved, where nothing else may be applied.
            approvers: Who has approved it.
        """
        return self.doing.work(ask, call, described(call), plans, agreed=agreed, approvers=approvers)

    def described(self, call: Call) -> str:
        """A call in words, without the values of its options."""
        return described(call)

    def answer(self, ask: Ask, shown: Shown, *, public: bool) -> None:
        """Show something to all, or to who asks alone."""
        if public:
            self.sender.post(ask, lambda look: answer(shown, look))
        else:
            self.whisper(ask, shown)

    def whisper(self, ask: Ask, shown: Shown) -> None:
        """Show something to who asks alone."""
        self.sender.whisper(ask, lambda look: answer(shown, look))


def described(call: Call) -> str:
    """A call in words, without the values of its options, as one may be a secret."""
    given = [call.arguments[one.name] for one in call.verb.of(Kind.POSITIONAL) if one.name in call.arguments]
    return " ".join(filter(None, (call.verb.name, call.target, *map(str, given))))
