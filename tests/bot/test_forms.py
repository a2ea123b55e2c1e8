"""A form is made of a signature, and means the line that the same words would."""

from __future__ import annotations

from typing import Any

import pytest

from cloudkit.command import Call
from cloudkit_bot.forms.form import Origin, choosing, form, origin_of, words
from cloudkit_bot.testing import check_view
from cloudkit_bot.testing.person import filled
from cloudkit_bot.words.grammar import chat_catalogue, chat_grammar

CATALOGUE = chat_catalogue()


def fields(view: dict[str, Any]) -> dict[str, str]:
    """Return the inputs of a view: the type of each element."""
    return {block["block_id"]: block["element"]["type"] for block in view["blocks"] if block["type"] == "input"}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_verb_has_a_form_with_all_that_text_can_give(name: str) -> None:
    """The form holds to Slack's rules, and leaves no parameter out."""
    verb = CATALOGUE[name]

    view = form(CATALOGUE, verb, Origin(channel="C1"))

    check_view(view, "modal")
    given = {parameter.option for parameter in verb.parameters if parameter.shape and not parameter.from_file}
    assert given <= set(fields(view))
    assert origin_of(view).verb == name


def test_the_fields_fit_their_types() -> None:
    """Live names in a menu, numbers, switches, dates, one of a few, and text."""
    deploy, logs = (fields(form(CATALOGUE, CATALOGUE[name], Origin())) for name in ("deploy", "logs"))

    assert (deploy["name"], deploy["image"]) == ("external_select", "external_select")
    assert (deploy["replicas"], deploy["protocol"], deploy["env"]) == (
        "number_input",
        "static_select",
        "plain_text_input",
    )
    assert (logs["name"], logs["tail"], logs["since"], logs["follow"]) == (
        "external_select", "number_input", "datetimepicker", "checkboxes",
    )  # fmt: skip


FILLED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "scale": ({"name": "web", "replicas": 3}, ["scale", "web", "3"]),
    "logs": ({"name": "web", "tail": 5, "follow": True}, ["logs", "web", "--tail", "5", "--follow"]),
    "deploy": (
        {"name": "web", "image": "web:2", "replicas": 2, "env": "A=b c\nB=d", "wait": "no"},
        ["deploy", "web", "web:2", "--replicas", "2", "--env", "A=b c", "--env", "B=d", "--no-wait"],
    ),
    "exec": ({"name": "web", "command": "ls -l '/a b'"}, ["exec", "web", "ls", "-l", "/a b"]),
    "rollback": ({"name": "web"}, ["rollback", "web"]),
}


@pytest.mark.parametrize("name", FILLED)
def test_a_filled_form_means_what_the_same_words_mean(name: str) -> None:
    """There is one grammar, and one way to refuse."""
    values, line = FILLED[name]
    grammar = chat_grammar(CATALOGUE, "/cloud")
    view = form(CATALOGUE, CATALOGUE[name], Origin())

    meant = grammar.parse(words(CATALOGUE[name], dict(filled(view["blocks"], values))))

    typed = grammar.parse(line)
    assert isinstance(meant, Call)
    assert isinstance(typed, Call)
    assert (meant.verb.name, meant.target, dict(meant.arguments)) == (name, typed.target, dict(typed.arguments))


def test_the_form_that_chooses_holds_every_verb() -> None:
    """By the handle that has it."""
    view = choosing(CATALOGUE, Origin(channel="C1", thread="1.2"))

    check_view(view, "modal")
    groups = view["blocks"][1]["elements"][0]["option_groups"]
    assert {option["value"] for group in groups for option in group["options"]} == set(CATALOGUE)
