"""Block Kit as Slack takes it: which fields a block has, how long they may be, where it may stand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cloudkit_bot import limits
from cloudkit_bot.testing.charts import CHART, charted
from cloudkit_bot.testing.checks import Check, Fields, Typed, anything, many, number, one_of, string, text, wrong
from cloudkit_bot.testing.refusal import Refusal

__all__ = ["SURFACES", "check_blocks", "check_view", "weight"]

ID: Check = string(limits.ID)
FLAG: Check = one_of(*(False, True))
CONFIRM = Fields(
    {
        "title": text(limits.CONFIRM_TITLE, plain=True),
        "text": text(limits.CONFIRM_TEXT),
        "confirm": text(limits.CONFIRM_BUTTON, plain=True),
        "deny": text(limits.CONFIRM_BUTTON, plain=True),
        "style": one_of("primary", "danger"),
    },
    needed=("title", "text", "confirm", "deny"),
)
OPTION = Fields(
    {
        "text": text(limits.OPTION),
        "value": string(limits.OPTION_VALUE),
        "description": text(limits.OPTION),
        "url": string(3000),
    },
    needed=("text", "value"),
)
GROUP = Fields(
    {"label": text(limits.OPTION, plain=True), "options": many(OPTION, limits.OPTIONS)}, needed=("label", "options")
)
COMMON: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": FLAG}
HELD: dict[str, Check] = COMMON | {"placeholder": text(limits.PLACEHOLDER, plain=True)}
BUTTON = Fields(
    COMMON
    | {
        "text": text(limits.BUTTON, plain=True),
        "url": string(3000),
        "value": string(limits.BUTTON_VALUE),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(limits.BUTTON),
    },
    needed=("text",),
)
ELEMENTS = Typed(
    {
        "button": BUTTON,
        "static_select": Fields(
            HELD
            | {
                "options": many(OPTION, limits.OPTIONS),
                "option_groups": many(GROUP, limits.OPTIONS),
                "initial_option": OPTION,
            }
        ),
        "external_select": Fields(HELD | {"min_query_length": number(0, 100), "initial_option": OPTION}),
        "multi_external_select": Fields(
            HELD | {"min_query_length": number(0, 100), "initial_options": many(OPTION, limits.OPTIONS)}
        ),
        "overflow": Fields(COMMON | {"options": many(OPTION, 5)}, needed=("options",)),
        "datepicker": Fields(HELD | {"initial_date": string(10)}),
        "datetimepicker": Fields(COMMON | {"initial_date_time": number(0, 9_999_999_999)}),
        "plain_text_input": Fields(
            HELD
            | {
                "multiline": FLAG,
                "initial_value": string(limits.FORM_TEXT),
                "min_length": number(0, limits.FORM_TEXT),
                "max_length": number(1, limits.FORM_TEXT),
                "dispatch_action_config": anything,
            }
        ),
        "number_input": Fields(
            HELD
            | {
                "is_decimal_allowed": FLAG,
                "initial_value": string(100),
                "min_value": string(100),
                "max_value": string(100),
            },
            needed=("is_decimal_allowed",),
        ),
        "checkboxes": Fields(
            COMMON | {"options": many(OPTION, limits.CHECKBOXES), "initial_options": many(OPTION, limits.CHECKBOXES)},
            needed=("options",),
        ),
        "radio_buttons": Fields(
            COMMON | {"options": many(OPTION, limits.CHECKBOXES), "initial_option": OPTION}, needed=("options",)
        ),
    }
)
RICH = Typed(
    {
        kind: Fields({"elements": many(anything, 10_000), "border": number(0, 1), "style": anything})
        for kind in ("rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list")
    }
)
RICH_TEXT = Fields({"block_id": ID, "elements": many(RICH, 10_000)}, needed=("elements",))
RICH_TEXT_OBJECT = Typed({"rich_text": RICH_TEXT})
CELL = Typed(
    {
        "raw_text": Fields({"text": string(limits.DATA_TABLE_CHARACTERS, least=1), "emoji": FLAG}, needed=("text",)),
        "raw_number": Fields({"value": number(-1e300, 1e300), "text": string(200, least=1)}, needed=("value",)),
        "rich_text": RICH_TEXT,
    }
)
TASK: dict[str, Check] = {
    "task_id": string(limits.ID, least=1),
    "title": string(3000, least=1),
    "details": RICH_TEXT_OBJECT,
    "output": RICH_TEXT_OBJECT,
    "sources": anything,
}
STATES = ("pending", "in_progress", "complete", "error")


def unique_tasks(block: Any, where: str) -> None:  # noqa: ANN401 # JSON
    """No two tasks of a plan have one id."""
    names = Counter(task["task_id"] for task in block["tasks"])
    if names and names.most_common(1)[0][1] > 1:
        raise wrong(where, "task_id must be unique within a plan")


def rectangular(block: Any, where: str) -> None:  # noqa: ANN401 # JSON
    """All rows of a table are as long as its first, and its text is not too long."""
    rows = block["rows"]
    if len({len(row) for row in rows}) > 1:
        raise wrong(where, "all rows must have the same number of cells")
    if sum(map(len, strings(rows))) > limits.DATA_TABLE_CHARACTERS:
        raise wrong(where, f"cells must have less than {limits.DATA_TABLE_CHARACTERS + 1} characters together")


def said(block: Any, where: str) -> None:  # noqa: ANN401 # JSON
    """A section says something."""
    if "text" not in block and "fields" not in block:
        raise wrong(where, "a section needs text or fields")


PARTS: dict[str, tuple[Mapping[str, Check], Sequence[str], Check]] = {
    "section": (
        {
            "text": text(limits.SECTION),
            "fields": many(text(limits.FIELD), limits.FIELDS),
            "accessory": ELEMENTS,
            "expand": FLAG,
        },
        (),
        said,
    ),
    "header": ({"text": text(limits.HEADER, plain=True)}, ("text",), anything),
    "divider": ({}, (), anything),
    "context": ({"elements": many(text(limits.SECTION), limits.CONTEXT)}, ("elements",), anything),
    "actions": ({"elements": many(ELEMENTS, limits.ACTIONS)}, ("elements",), anything),
    "rich_text": (RICH_TEXT.fields, RICH_TEXT.needed, anything),
    "markdown": ({"text": string(limits.MARKDOWN, least=1)}, ("text",), anything),
    "input": (
        {
            "label": text(limits.LABEL, plain=True),
            "hint": text(limits.HINT, plain=True),
            "element": ELEMENTS,
            "optional": FLAG,
            "dispatch_action": FLAG,
        },
        ("label", "element"),
        anything,
    ),
    "alert": (
        {"text": text(limits.ALERT), "level": one_of("default", "info", "warning", "error", "success")},
        ("text",),
        anything,
    ),
    "card": (
        {
            "title": text(limits.CARD_TITLE),
            "subtitle": text(limits.CARD_TITLE),
            "body": text(limits.CARD_BODY),
            "subtext": text(limits.CARD_BODY),
            "actions": many(Typed({"button": BUTTON}), limits.CARD_ACTIONS),
        },
        (),
        anything,
    ),
    "table": (
        {"rows": many(many(CELL, limits.TABLE_COLUMNS), limits.TABLE_ROWS), "column_settings": anything},
        ("rows",),
        rectangular,
    ),
    "data_table": (
        {
            "rows": many(many(CELL, limits.DATA_TABLE_COLUMNS), limits.DATA_TABLE_ROWS, least=2),
            "caption": string(2000, least=1),
            "page_size": number(1, limits.DATA_TABLE_PAGE),
            "row_header_column_index": number(0, limits.DATA_TABLE_COLUMNS - 1),
        },
        ("rows", "caption"),
        rectangular,
    ),
    "data_visualization": (
        {"title": string(limits.CHART_TITLE, least=1), "chart": CHART},
        ("title", "chart"),
        charted,
    ),
    "plan": (
        {
            "title": string(3000, least=1),
            "tasks": many(Fields(TASK | {"status": one_of(*STATES)}, ("task_id", "title", "status")), limits.TASKS),
        },
        ("title", "tasks"),
        unique_tasks,
    ),
    "task_card": (TASK | {"status": one_of(*STATES[1:])}, ("task_id", "title", "status"), anything),
}
BLOCK_KINDS = {kind: Fields({"block_id": ID, **fields}, needed, law) for kind, (fields, needed, law) in PARTS.items()}
INSIDE = ("actions", "context", "divider", "header", "input", "rich_text", "section", "table")
BLOCK_KINDS["container"] = Fields(
    {
        "block_id": ID,
        "title": text(limits.CONTAINER_TITLE, plain=True),
        "subtitle": text(limits.CONTAINER_TITLE),
        "child_blocks": many(Typed({kind: BLOCK_KINDS[kind] for kind in INSIDE}), limits.CONTAINER_BLOCKS),
        "width": one_of("narrow", "standard", "wide", "full"),
        "is_collapsible": FLAG,
        "default_collapsed": FLAG,
        "has_header_divider": FLAG,
    },
    ("title", "child_blocks"),
)

SURFACES: dict[str, frozenset[str]] = {
    "message": frozenset(BLOCK_KINDS),
    "modal": frozenset({"actions", "alert", "card", "context", "divider", "header", "input", "rich_text", "section"}),
    "home": frozenset(BLOCK_KINDS) - {"alert", "markdown", "plan", "task_card"},
}


def check_blocks(blocks: Any, surface: str, *, without: frozenset[str] = frozenset()) -> None:  # noqa: ANN401 # JSON
    """Refuse blocks that Slack would refuse.

    Args:
        blocks: What was sent.
        surface: ``message``, ``modal`` or ``home``.
        without: Blocks that this workspace does not know.

    Raises:
        Refusal: They break a rule.
    """
    most = limits.BLOCKS if surface == "message" else limits.VIEW_BLOCKS
    known = {kind: BLOCK_KINDS[kind] for kind in SURFACES[surface] - without}
    many(Typed(known), most, least=0)(blocks, "/blocks")
    names = Counter(identifiers(blocks))
    if names and names.most_common(1)[0][1] > 1:
        raise wrong("/blocks", f"block_id {names.most_common(1)[0][0]!r} is there twice")
    if surface == "message":
        check_together(blocks)


def check_together(blocks: Sequence[Any]) -> None:
    if sum(block["type"] == "data_visualization" for block in blocks) > limits.CHARTS:
        raise wrong("/blocks", f"no more than {limits.CHARTS} data_visualization blocks are allowed")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > limits.MARKDOWN:
        raise Refusal("msg_too_long")
    if sum(map(weight, blocks)) > limits.MESSAGE:
        raise Refusal("msg_blocks_too_long")


def weight(block: Mapping[str, Any]) -> int:
    """Return what a block counts of what a message may hold: as it is sent, a data table by its text."""
    if block["type"] == "data_table":
        return sum(map(len, strings(block["rows"])))
    return len(json.dumps(block, separators=(",", ":"), ensure_ascii=False))


def identifiers(blocks: Sequence[Any]) -> Iterator[str]:
    for block in blocks:
        if "block_id" in block:
            yield block["block_id"]
        yield from identifiers(block.get("child_blocks", ()))


def strings(value: Any) -> Iterator[str]:  # noqa: ANN401 # JSON
    """Yield the texts inside a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "text" and isinstance(item, str):
                yield item
            else:
                yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


VIEW: dict[str, Check] = {
    "type": one_of("modal", "home"),
    "title": text(limits.VIEW_TITLE, plain=True),
    "submit": text(limits.VIEW_TITLE, plain=True),
    "close": text(limits.VIEW_TITLE, plain=True),
    "blocks": anything,
    "private_metadata": string(limits.METADATA),
    "callback_id": ID,
    "external_id": ID,
    "clear_on_close": FLAG,
    "notify_on_close": FLAG,
}


def check_view(view: Any, kind: str, *, without: frozenset[str] = frozenset()) -> None:  # noqa: ANN401 # JSON
    """Refuse a view that Slack would refuse.

    Args:
        view: What was sent.
        kind: ``modal`` or ``home``.
        without: Blocks that this workspace does not know.

    Raises:
        Refusal: It breaks a rule.
    """
    needed = ("type", "title", "blocks") if kind == "modal" else ("type", "blocks")
    Fields(VIEW, needed)(view, "/view")
    if view["type"] != kind:
        raise Refusal("invalid_arguments", f"view must be a {kind}")
    check_blocks(view["blocks"], kind, without=without)
    if kind == "modal" and "submit" not in view and any(one["type"] == "input" for one in view["blocks"]):
        raise Refusal("invalid_arguments", "missing_submit: a modal with inputs needs a submit text")
