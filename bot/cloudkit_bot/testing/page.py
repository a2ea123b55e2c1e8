"""A page that draws messages and forms as Slack's clients do, near enough to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from html import escape as escape_html
from importlib.resources import files
from typing import Any

from cloudkit_bot.testing.charts import drawing

__all__ = ["page"]

MARKS = {"pending": "\u25cb", "in_progress": "\u25d4", "complete": "\u2714", "error": "\u2718"}
DOTS = {"\U0001f7e2": "good", "\U0001f7e1": "warn", "\U0001f534": "bad", "\u26aa": "dim"}  # where no font has them
PAGE = 20  # rows of a table where it does not say so
Block = Mapping[str, Any]


def page(messages: Iterable[Any] = (), views: Iterable[Block] = (), *, name: str = "cloud") -> str:
    """Return a page of HTML that draws messages, forms and Home tabs.

    Args:
        messages: As the workspace keeps them.
        views: Forms as they were sent.
        name: What the bot is called.

    >>> "<script>" in page(views=[{"title": {"text": "<script>"}, "blocks": []}])
    False
    """
    drawn = [message(one, name) for one in messages] + [form(view) for view in views]
    return f"<!doctype html><meta charset=utf-8><title>{escape(name)}</title><style>{style()}</style>{''.join(drawn)}"


def escape(text: str) -> str:
    """Return a text as HTML; coloured circles are drawn, as not every machine has a font for them."""
    text = escape_html(text)
    for mark, tone in DOTS.items():
        text = text.replace(mark, f"<i class='dot {tone}'></i>")
    return text


@cache
def style() -> str:
    """Return the page's style sheet."""
    return files("cloudkit_bot.testing").joinpath("page.css").read_text("utf-8")


def message(one: Any, name: str) -> str:  # noqa: ANN401 # a Message
    alone = "<div class=alone>Only visible to you</div>" if one.seen_by else ""
    blocks = "".join(map(block, one.blocks)) or f"<div class=text>{escape(one.text)}</div>"
    shown = "".join(f"<div class=file>\U0001f4c4 {escape(file.name)}</div>" for file in one.documents)
    head = f"<span class=name>{escape(name)}</span> <span class=badge>APP</span>"
    return f"<div class=message><div class=face>\u2601</div><div>{head}{alone}{blocks}{shown}</div></div>"


def form(view: Block) -> str:
    buttons = "".join(
        button(view[key]["text"], "primary" * (key == "submit")) for key in ("close", "submit") if key in view
    )
    body = "".join(map(block, view["blocks"]))
    if view.get("type") == "home":
        return f"<div class=home>{body}</div>"
    return (
        f"<div class=form><div class=header>{label(view['title'])}</div>{body}<div class=actions>{buttons}</div></div>"
    )


def block(one: Block) -> str:
    draw = DRAWN.get(one["type"])
    return f"<div class=block>{draw(one) if draw else escape(str(one))}</div>"


def label(text: Any) -> str:  # noqa: ANN401 # a text object, or none
    return escape(text["text"]) if text else ""


def section(one: Block) -> str:
    fields = "".join(f"<div class=text>{label(text)}</div>" for text in one.get("fields", ()))
    beside = element(one["accessory"]) if "accessory" in one else ""
    text = f"<div class=beside><div class=text>{label(one.get('text'))}</div>{beside}</div>"
    return f"{text}<div class=fields>{fields}</div>"


def rich(one: Block) -> str:
    parts = []
    for element in one["elements"]:
        text = escape("".join(piece(part) for part in element["elements"]))
        parts.append(
            f"<pre>{text}</pre>" if element["type"] == "rich_text_preformatted" else f"<div class=text>{text}</div>"
        )
    return "".join(parts)


def piece(part: Block) -> str:
    """What stands in a line: a text, a link, or whom or what is mentioned, by its identifier."""
    mention = {"user": "@", "usergroup": "@", "channel": "#"}.get(part["type"])
    return f"{mention}{part[part['type'] + '_id']}" if mention else str(part.get("text", part.get("url", "")))


def card(one: Block) -> str:
    lines = "".join(
        f"<div class={key}>{label(one[key])}</div>" for key in ("subtitle", "body", "subtext") if key in one
    )
    return f"<div class=card><b>{label(one.get('title'))}</b>{lines}{actions(one.get('actions', ()))}</div>"


def plan(one: Block) -> str:
    return f"<div class=plan><b>{escape(one['title'])}</b>{''.join(map(task, one['tasks']))}</div>"


def task(one: Block) -> str:
    standing = one["status"]
    detail = f"<small>{rich(one['details'])}</small>" if "details" in one else ""
    return (
        f"<div class='task {standing}'><span>{MARKS[standing]}</span><span>{escape(one['title'])}</span>{detail}</div>"
    )


def table(one: Block) -> str:
    head, *rows = one["rows"]
    shown = rows[: one.get("page_size", PAGE)]
    titles = "".join(f"<th>{escape(cell['text'])} \u2195</th>" for cell in head)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in shown)
    rest = f"<div class=rest>1\u2013{len(shown)} of {len(rows)}</div>" if len(rows) > len(shown) else ""
    return f"<table><tr>{titles}</tr>{body}</table>{rest}"


def cell(one: Block) -> str:
    kind = " class=number" if one["type"] == "raw_number" else ""
    return f"<td{kind}>{escape(str(one.get('text', one.get('value', ''))))}</td>"


def actions(elements: Iterable[Block]) -> str:
    return f"<div class=actions>{''.join(map(element, elements))}</div>" if elements else ""


def element(one: Block) -> str:
    kind = one.get("style", "") if one["type"] == "button" else "menu"
    return button((one.get("text") or one.get("placeholder") or {"text": "Choose"})["text"], kind)


def button(text: str, kind: str = "") -> str:
    return f"<span class='button {escape(kind)}'>{escape(text)}</span>"


def field(one: Block) -> str:
    inner = one["element"]
    optional = " <span class=muted>(optional)</span>" if one.get("optional") else ""
    hint = f"<div class=muted>{label(one['hint'])}</div>" if "hint" in one else ""
    return f"<div class=field><b>{label(one['label'])}{optional}</b>{held(inner)}{hint}</div>"


def held(inner: Block) -> str:
    if inner["type"] == "checkboxes":
        return "".join(f"<div>\u2610 {label(option['text'])}</div>" for option in inner["options"])
    chosen = inner.get("initial_option", {}).get("text", {}).get("text") or inner.get("initial_value")
    words = chosen or inner.get("placeholder", {}).get("text") or ""
    arrow = " \u25be" if "select" in inner["type"] or "picker" in inner["type"] else ""
    return f"<div class='input{' tall' * bool(inner.get('multiline'))}'>{escape(words)}{arrow}</div>"


def container(one: Block) -> str:
    return f"<div class=container><b>{label(one['title'])}</b>{''.join(map(block, one['child_blocks']))}</div>"


DRAWN: dict[str, Callable[[Block], str]] = {
    "actions": lambda one: actions(one["elements"]),
    "alert": lambda one: f"<div class='alert {one.get('level', '')}'>{label(one['text'])}</div>",
    "card": card,
    "container": container,
    "context": lambda one: f"<div class=context>{' '.join(map(label, one['elements']))}</div>",
    "data_table": table,
    "data_visualization": drawing,
    "divider": lambda _one: "<hr>",
    "header": lambda one: f"<div class=header>{label(one['text'])}</div>",
    "input": field,
    "markdown": lambda one: f"<div class=text>{escape(one['text'])}</div>",
    "plan": plan,
    "rich_text": rich,
    "section": section,
    "table": table,
    "task_card": task,
}
