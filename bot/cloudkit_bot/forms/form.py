"""The form of a verb, and the form that chooses one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from slackblocks import (
    ActionsBlock,
    AlertBlock,
    Block,
    ModalView,
    Option,
    OptionGroup,
    PlainText,
    SectionBlock,
    StaticSelectMenu,
)

from cloudkit.verbs import Catalogue, Kind, Parameter, Verb
from cloudkit_bot import limits
from cloudkit_bot.blocks.buttons import label
from cloudkit_bot.blocks.text import cut
from cloudkit_bot.forms.fields import field, words_of

__all__ = ["CHOOSE", "FORM", "Origin", "choosing", "form", "origin_of", "words"]

FORM, CHOOSE = "form", "choose"
MOST_FIELDS = limits.VIEW_BLOCKS - 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a form was opened, so that its answer goes there.

    Args:
        channel: The channel; empty for none.
        thread: The message that the answer goes under; empty outside a thread.
        verb: Which verb the form is for; empty while it is chosen.
    """

    channel: str = ""
    thread: str = ""
    verb: str = ""


def origin_of(view: Mapping[str, Any]) -> Origin:
    """Read the origin of a view that has come back; what is not one is an empty one."""
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
        return Origin(**{key: str(kept[key]) for key in ("channel", "thread", "verb") if key in kept})
    except (TypeError, ValueError):
        return Origin()


def choosing(catalogue: Catalogue, origin: Origin) -> dict[str, Any]:
    """Return the view in which a verb is chosen."""
    groups = [OptionGroup(handle.__name__, list(options(catalogue, handle))) for handle in catalogue.handles]
    menu = StaticSelectMenu(action_id=CHOOSE, option_groups=groups, placeholder="Choose a command")
    blocks: list[Block] = [SectionBlock(PlainText("What is to be done?")), ActionsBlock([menu])]
    return view_of(ModalView(title="Cloud", blocks=blocks, close="Close", private_metadata=kept(origin)))


def options(catalogue: Catalogue, handle: type[Any]) -> Iterator[Option]:
    verbs = [verb for verb in catalogue.values() if verb.handle is handle][: limits.OPTIONS]
    for verb in verbs:
        brief = cut(verb.summary.replace("``", ""), limits.OPTION)
        yield Option(PlainText(cut(label(verb), limits.OPTION)), verb.name, PlainText(brief))


def form(catalogue: Catalogue, verb: Verb, origin: Origin, *, target: str = "", refused: str = "") -> dict[str, Any]:
    """Return the form of a verb.

    Args:
        catalogue: Knows what the verb can be called on.
        verb: Which one.
        origin: Where it was asked for.
        target: What its first field begins with.
        refused: What was wrong with what was sent; empty for a new form.
    """
    about = SectionBlock(PlainText(cut(verb.summary.replace("``", ""), limits.SECTION)))
    warning = [AlertBlock(PlainText(cut(refused, limits.ALERT)), level="error")] if refused else []
    fields = [one for one in made(catalogue, verb, target) if one is not None][:MOST_FIELDS]
    return view_of(
        ModalView(
            title=cut(label(verb), limits.VIEW_TITLE),
            blocks=[*warning, about, *fields],
            submit=cut(label(verb), limits.VIEW_TITLE),
            close="Cancel",
            callback_id=FORM,
            private_metadata=kept(replace(origin, verb=verb.name)),
        )
    )


def made(catalogue: Catalogue, verb: Verb, target: str) -> Iterator[Block | None]:
    """Make the fields: the target, what is needed, then the rest."""
    if verb.target is not None:
        yield field(replace(verb.target, names=catalogue.kind_of(verb.handle)), given=target, target=True)
    ordered = sorted(verb.parameters, key=lambda parameter: not parameter.required)
    yield from (field(parameter) for parameter in ordered if not clashes(verb, parameter))


def clashes(verb: Verb, parameter: Parameter) -> bool:
    return verb.target is not None and parameter.option == verb.target.option


def words(verb: Verb, state: Mapping[str, Any]) -> list[str]:
    """Return the line that a filled form means, as its words.

    Args:
        verb: Which verb's form.
        state: The ``values`` of the view's state.

    Raises:
        UsageError: A field holds what is no word.
    """
    held: dict[str, Any] = {name: next(iter(element.values()), {}) for name, element in state.items()}
    target = [verb.target] if verb.target else []
    inside = [(parameter, held.get(parameter.option, {})) for parameter in (*target, *verb.parameters)]
    options = [word for one, state in inside if one.kind is Kind.KEYWORD for word in words_of(one, state)]
    plain = [word for one, state in inside if one.kind is Kind.POSITIONAL for word in words_of(one, state)]
    rest = [word for one, state in inside if one.kind is Kind.VARIADIC for word in words_of(one, state)]
    return [verb.name, *options, "--", *plain, *rest]


def kept(origin: Origin) -> str:
    return json.dumps(asdict(origin), separators=(",", ":"))


def view_of(view: ModalView) -> dict[str, Any]:
    found: dict[str, Any] = view.to_dict()
    return found
