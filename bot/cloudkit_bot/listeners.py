"""What Slack delivers, and where it goes. Everything is acknowledged at once; the rest is done by the pool."""

from __future__ import annotations

import logging
import re
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slack_bolt import Ack, App, BoltRequest, BoltResponse

from cloudkit.command import Call, Help
from cloudkit.errors import CloudkitError, ConfigError, JournalError, UsageError
from cloudkit.verbs import source_of
from cloudkit_bot.alerts.card import SILENCE, TAKE
from cloudkit_bot.approve.card import APPROVE, DENY
from cloudkit_bot.ask import Ask, ask_of
from cloudkit_bot.blocks.buttons import FORM as MORE
from cloudkit_bot.blocks.buttons import RUN, SHOW
from cloudkit_bot.blocks.results import Shown
from cloudkit_bot.forms.fields import NAMES
from cloudkit_bot.forms.form import CHOOSE, FORM, Origin, choosing, form, origin_of, words
from cloudkit_bot.permission import WHY
from cloudkit_bot.sending import Unsent, called, passing
from cloudkit_bot.words.grammar import Wishes
from cloudkit_bot.words.line import plain_line
from cloudkit_bot.work.board import STOP

if TYPE_CHECKING:
    from cloudkit_bot.bot import Bot

__all__ = ["MESSAGE_SHORTCUT", "SHORTCUT", "listen"]

LOGGER = logging.getLogger("cloudkit_bot")
AGAIN = (2.0, 10.0)  # seconds after which an answer is made again that Slack did not take
SHORTCUT, MESSAGE_SHORTCUT = "cloud", "cloud_message"
MENTION = re.compile(r"^\s*<@[A-Z0-9]+(?:\|[^>]*)?>\s*")
Body = Mapping[str, Any]
Work = Callable[[Ask, Body], object]


def listen(app: App, bot: Bot) -> None:
    """Take what Slack delivers."""
    listeners = Listeners(bot)
    app.middleware(listeners.gate)
    app.command(bot.settings.command)(listeners.soon(listeners.command))
    app.event("app_mention")(listeners.soon(listeners.mention))
    app.event("app_home_opened")(listeners.soon(listeners.home))
    app.event("message")(listeners.soon(listeners.direct))
    app.shortcut(SHORTCUT)(listeners.soon(listeners.choose))
    app.shortcut(MESSAGE_SHORTCUT)(listeners.soon(listeners.choose))
    app.action(re.compile(rf"{RUN}:\d+|{SHOW}|{WHY}"))(listeners.soon(listeners.pressed))
    app.action(APPROVE)(listeners.soon(listeners.approved))
    app.action(DENY)(listeners.soon(listeners.denied))
    app.action(TAKE)(listeners.soon(lambda ask, body: bot.alarm.responses.take(ask, value_of(body))))
    app.action(SILENCE)(listeners.soon(lambda ask, body: bot.alarm.responses.silence(ask, value_of(body))))
    app.action(re.compile(rf"{STOP}:.+"))(listeners.soon(listeners.stopped))
    app.action(MORE)(listeners.soon(listeners.more))
    app.action(CHOOSE)(listeners.soon(listeners.chosen))
    app.action(re.compile(r"open|value"))(acknowledge)
    app.options(re.compile(rf"{NAMES}:\w+"))(listeners.names)
    app.view(FORM)(listeners.sent)


def acknowledge(ack: Ack) -> None:
    """Take what needs no answer, such as a link that was followed."""
    ack()


class Listeners:
    """Hands deliveries to the desk."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    def gate(
        self,
        body: dict[str, Any],
        request: BoltRequest,
        next: Callable[[], BoltResponse],  # noqa: A002 # bolt's name
    ) -> BoltResponse:
        """Let a delivery through once; take the time that it took."""
        began = time.perf_counter()
        try:
            ask = ask_of(body)
        except (AttributeError, KeyError, TypeError):
            return BoltResponse(status=400, body="this says neither who asks nor where")
        kind = str(body.get("type") or ("command" if "command" in body else "other"))
        offers = kind == "block_suggestion"
        name = ask.delivery or "".join(request.headers.get("x-slack-signature", ()))
        if not offers and not self.bot.once.first(name):
            self.bot.counts.delivered(kind, "repeated", time.perf_counter() - began)
            return BoltResponse(status=200, body="")
        try:
            return next()
        finally:
            self.bot.counts.delivered(kind, "taken", time.perf_counter() - began)

    def soon(self, work: Work) -> Callable[..., None]:
        """Return a listener that acknowledges at once, and does the work on the pool."""

        def listener(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            self.later(work, ask_of(body), body)

        return listener

    def later(self, work: Work, ask: Ask, body: Body) -> None:
        """Do some work on the pool; where it takes no more, say so."""
        try:
            self.bot.pool.submit(lambda: self.done(work, ask, body))
        except RuntimeError:
            self.bot.desk.whisper(ask, Shown("the bot is being stopped; the same line goes on in a moment"))

    def done(self, work: Work, ask: Ask, body: Body) -> None:
        """Do some work, unless another bot does; what nobody foresaw is told to who asked, and to the log."""
        try:
            if self.first(ask):
                self.told(work, ask, body)
        except JournalError as error:
            self.bot.desk.whisper(ask, Shown(error))
        except Unsent as unsent:
            LOGGER.warning("an answer could not be sent: %s", unsent.word)
        except Exception as error:  # the last place before the thread
            LOGGER.exception("a delivery failed")
            defect = CloudkitError(f"cloudkit failed: {type(error).__name__}", hint="the bot's log says where")
            try:
                self.bot.desk.whisper(ask, Shown(defect))
            except Unsent as unsent:
                LOGGER.warning("an answer could not be sent: %s", unsent.word)

    def told(self, work: Work, ask: Ask, body: Body) -> None:
        """Do some work, and once more where Slack did not take its answer; what was begun is not begun again."""
        for pause in AGAIN:
            try:
                work(ask, body)
            except Unsent as unsent:
                if not (ask.delivery and passing(unsent)) or self.bot.pool.closing:
                    raise
                time.sleep(pause)
            else:
                return
        work(ask, body)

    def first(self, ask: Ask) -> bool:
        """Tell whether no other bot has got this delivery; where nobody can say, one that asks is answered twice."""
        try:
            return not ask.delivery or self.bot.store.deliveries.first(ask.delivery)
        except JournalError as error:
            LOGGER.warning("the store does not answer: %s", error.summary)
            return True  # a change is refused all the same, as it cannot be kept

    def command(self, ask: Ask, body: Body) -> None:
        """Carry out a slash command; alone it opens the form."""
        text = str(body.get("text") or "")
        if plain_line(text):
            self.bot.desk.line(ask, text)
        else:
            self.open(ask, choosing(self.bot.desk.catalogue, Origin(channel=ask.channel)))

    def mention(self, ask: Ask, body: Body) -> None:
        """Carry out what follows the bot's name, for all to see."""
        if ask.user and ask.user != self.bot.identity.get("user_id"):
            self.bot.desk.line(ask, MENTION.sub("", str(body["event"].get("text") or ""), count=1), public=True)

    def direct(self, ask: Ask, body: Body) -> None:
        """Carry out what somebody writes to the bot alone."""
        event = body["event"]
        if ask.direct and ask.user and not event.get("subtype") and not event.get("bot_id"):
            self.bot.desk.line(ask, MENTION.sub("", str(event.get("text") or ""), count=1), public=True)

    def home(self, ask: Ask, body: Body) -> None:
        """Show the Home tab as it is now, to who opens it."""
        if body["event"].get("tab") == "home":
            self.bot.home.open(ask)

    def choose(self, ask: Ask, body: Body) -> None:
        """Open the form from a shortcut; from a message's, the answer goes below it."""
        message = body.get("message") or {}
        thread = str(message.get("thread_ts") or message.get("ts") or "")
        self.open(ask, choosing(self.bot.desk.catalogue, Origin(channel=ask.channel, thread=thread)))

    def open(self, ask: Ask, view: Mapping[str, Any]) -> None:
        """Open a view while the trigger lasts; where it was too late, say what to do."""
        try:
            called(self.bot.client.views_open, trigger_id=ask.trigger, view=self.sealed(ask, view))
        except Unsent as unsent:
            program = self.bot.settings.command
            error = CloudkitError(f"the form could not be opened: {unsent.word}", hint=f"{program} help")
            self.bot.desk.whisper(ask, Shown(error))

    def pressed(self, ask: Ask, body: Body) -> None:
        """Carry out the line of a button or of a menu, as if who pressed had typed it."""
        line = value_of(body)
        changed = replace(ask, thread=ask.thread or ("" if whispered(body) else ask.message))
        self.bot.desk.line(changed, line)

    def approved(self, ask: Ask, body: Body) -> None:
        """Approve what was asked for."""
        self.bot.desk.approvals.press(ask, value_of(body), agrees=True)

    def denied(self, ask: Ask, body: Body) -> None:
        """Deny what was asked for."""
        self.bot.desk.approvals.press(ask, value_of(body), agrees=False)

    def stopped(self, ask: Ask, body: Body) -> None:
        """Stop work that goes on, whichever bot does it, where who pressed could have begun it."""
        name, desk = value_of(body), self.bot.desk
        line, _ = self.bot.pool.running.get(name, ("", None))
        kept = None if line else self.bot.store.works.find(name)
        line = line or (kept.line if kept is not None else "")
        try:
            meant = desk.grammar.parse(shlex.split(line), Wishes()) if line else None
            if isinstance(meant, Call):
                desk.check(ask, meant)
            if not isinstance(meant, Call) or not desk.doing.halt(name):
                desk.whisper(ask, Shown("it is over already"))
            else:
                desk.audit.note(ask, STOP, arguments={"line": line})
        except CloudkitError as error:
            desk.audit.note(ask, STOP, arguments={"line": line}, error=error)
            desk.whisper(ask, Shown(error))

    def more(self, ask: Ask, body: Body) -> None:
        """Open the form of a verb for the app whose menu was used."""
        name, _, target = value_of(body).partition(" ")
        verb = self.bot.desk.catalogue.get(name)
        if verb is not None:
            thread = ask.thread or ("" if whispered(body) else ask.message)
            origin = Origin(channel=ask.channel, thread=thread)
            self.open(ask, form(self.bot.desk.catalogue, verb, origin, target=" ".join(shlex.split(target))))

    def sealed(self, ask: Ask, view: Mapping[str, Any]) -> dict[str, Any]:
        """Return a view whose hidden text is proved to be the bot's own, for who asks."""
        return {**view, "private_metadata": self.bot.seal.sealed([ask.user, view["private_metadata"]])}

    def origin(self, ask: Ask, view: Body) -> Origin | None:
        """Return where a view was opened; None where what it hides was not written here for who sends it."""
        try:
            user, hidden = self.bot.seal.opened(str(view.get("private_metadata") or ""))
        except (ConfigError, ValueError):
            return None
        return origin_of({"private_metadata": hidden}) if user == ask.user else None

    def chosen(self, ask: Ask, body: Body) -> None:
        """Show the form of the verb that was chosen."""
        verb = self.bot.desk.catalogue.get(value_of(body))
        view = body.get("view") or {}
        origin = self.origin(ask, view)
        if verb is not None and origin is not None:
            made = self.sealed(ask, form(self.bot.desk.catalogue, verb, origin))
            called(self.bot.client.views_update, view_id=view["id"], hash=view.get("hash"), view=made)

    def names(self, ack: Ack, body: dict[str, Any]) -> None:
        """Offer the names of what is there."""
        kind = str(body["action_id"]).partition(":")[2]
        try:
            ask = ask_of(body)
            target = target_of(body.get("view") or {})
            source = source_of(self.bot.desk.catalogue, self.bot.offers.kinds[kind], target=bool(target))
            if source is not None:
                self.bot.desk.check(ask, Call(verb=source.verb, target=target if source.verb.opener else None))
            ack(options=self.bot.offers.options(kind, str(body.get("value") or ""), target))
        except (CloudkitError, KeyError):
            ack(options=[])

    def sent(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Carry out a filled form; one that means nothing comes back with what is wrong."""
        desk, origin = self.bot.desk, self.origin(ask_of(body), view)
        if origin is None:
            ack(response_action="errors", errors={first_field(view): "this form was not opened by you; open it again"})
            return
        verb = desk.catalogue.get(origin.verb)
        wishes = Wishes(words=words(verb, view["state"]["values"]) if verb else [origin.verb])
        try:
            meant = desk.grammar.parse(wishes.words, wishes)
        except UsageError as error:
            ack(response_action="errors", errors={first_field(view): error.summary[:2000]})
            return
        ack()
        ask = replace(ask_of(body), channel=origin.channel, thread=origin.thread)
        if isinstance(meant, Help):
            return
        where = ask if ask.channel else replace(ask, direct=True)
        self.later(lambda asked, _body: desk.call(asked, meant, wishes, public=False), where, body)


def value_of(body: Body) -> str:
    """Return what was pressed or chosen."""
    action = (body.get("actions") or [{}])[0]
    return str((action.get("selected_option") or {}).get("value") or action.get("value") or "")


def target_of(view: Body) -> str:
    """Return what a form is about: what was chosen, else what it began with; empty where its verb is of the root."""
    for block in view.get("blocks", ()):
        if block.get("type") == "input" and block.get("element", {}).get("action_id", "").startswith(NAMES):
            held: dict[str, Any] = view.get("state", {}).get("values", {}).get(block["block_id"], {})
            filled: dict[str, Any] = next(iter(held.values()), {})
            chosen = filled.get("selected_option") or block["element"].get("initial_option")
            return str((chosen or {}).get("value", ""))
    return ""


def whispered(body: Body) -> bool:
    """Tell whether a message that was pressed is seen by one person alone, so that nothing can go below it."""
    return bool((body.get("container") or {}).get("is_ephemeral"))


def first_field(view: Body) -> str:
    """Return the input at which an error is shown."""
    return next((block["block_id"] for block in view["blocks"] if block["type"] == "input"), "")
