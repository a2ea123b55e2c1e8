"""What may be done with an app now, as buttons: the verbs whose plan would do something."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from enum import Enum

from slackblocks import Button, ConfirmationDialogue, Element, Option, PlainText, StaticSelectMenu

from cloudkit.backends.protocol import Backend
from cloudkit.backends.readonly import read_only
from cloudkit.cloud import Cloud
from cloudkit.command import Call, invoke
from cloudkit.errors import CloudkitError, UsageError
from cloudkit.model.state import AppState
from cloudkit.verbs import Catalogue, Verb
from cloudkit_bot import limits
from cloudkit_bot.blocks.text import cut

__all__ = ["FORM", "RUN", "SHOW", "app_buttons", "label"]

RUN, SHOW, FORM = "run", "show", "form"  # what the action_id of a button begins with
MOST = 8  # buttons
_ADDRESS = re.compile(r"https?://[!-~]{1,2000}", re.ASCII)


def app_buttons(app: AppState, catalogue: Catalogue, backend: Backend) -> Sequence[Element]:
    """Return the buttons and menus of an app: what changes it now, what asks about it, what takes more words.

    Args:
        app: The app.
        catalogue: The verbs there are.
        backend: Where it runs; it is asked, and does nothing.
    """
    own = [verb for verb in catalogue.values() if verb.target is not None]
    changing = [verb for verb in own if verb.mark.changes]
    found = {verb.name: standing(verb, app.name, backend) for verb in changing}
    legal = [verb for verb in changing if found[verb.name] is Standing.LEGAL]
    wordy = [verb for verb in changing if found[verb.name] is Standing.WORDY]
    asking = [verb for verb in own if not verb.mark.changes and not needs_words(verb)]
    link = [Button("Open", action_id="open", url=app.url)] if _ADDRESS.fullmatch(app.url) else []
    return [
        *(button(verb, app.name, index) for index, verb in enumerate(legal[:MOST])),
        *link,
        *menu(SHOW, "Show…", asking, app.name),
        *menu(FORM, "More…", wordy, app.name),
    ]


class Standing(Enum):
    """Whether a verb can be called on an app now, by its name alone."""

    LEGAL = "legal"
    WORDY = "wordy"
    IDLE = "idle"


def standing(verb: Verb, name: str, backend: Backend) -> Standing:
    """Tell whether a verb would do something now: its plan says so."""
    if needs_words(verb):
        return Standing.WORDY
    looking = Cloud(read_only(backend), namespace=backend.namespace)
    try:
        with looking.planning() as plans:
            invoke(Call(verb=verb, target=name), looking)
    except UsageError:
        return Standing.WORDY
    except CloudkitError:
        return Standing.IDLE
    return Standing.LEGAL if any(not plan.empty for plan in plans) else Standing.IDLE


def needs_words(verb: Verb) -> bool:
    return any(parameter.required for parameter in verb.parameters)


def button(verb: Verb, name: str, index: int) -> Button:
    """Return the button of a verb; a press is confirmed, as a slip of the hand changes what runs."""
    ask = ConfirmationDialogue(
        title=cut(f"{label(verb)} {name}?", limits.CONFIRM_TITLE),
        text=PlainText(cut(verb.summary.replace("``", ""), limits.CONFIRM_TEXT)),
        confirm=cut(label(verb), limits.CONFIRM_BUTTON),
        deny="Leave it",
        style="danger" if verb.mark.confirm else None,
    )
    return Button(
        cut(label(verb), limits.BUTTON),
        action_id=f"{RUN}:{index}",
        value=line_of(verb, name),
        style="danger" if verb.mark.confirm else None,
        confirm=ask,
    )


def menu(action: str, placeholder: str, verbs: Sequence[Verb], name: str) -> Iterator[Element]:
    options = [
        Option(PlainText(cut(label(verb), limits.OPTION)), line_of(verb, name))
        for verb in verbs[: limits.OPTIONS]
        if len(line_of(verb, name)) <= limits.OPTION_VALUE
    ]
    if options:
        yield StaticSelectMenu(action_id=action, options=options, placeholder=placeholder)


def line_of(verb: Verb, name: str) -> str:
    return f"{verb.name} {shlex.quote(name)}"


def label(verb: Verb) -> str:
    """Return a verb as a button says it.

    >>> from cloudkit_bot.words.grammar import chat_catalogue
    >>> label(chat_catalogue()["remove-image"])
    'Remove image'
    """
    return verb.name.replace("-", " ").capitalize()
