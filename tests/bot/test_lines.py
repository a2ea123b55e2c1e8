"""What a keyboard and Slack make of a line is undone before it is read."""

from __future__ import annotations

import pytest

from cloudkit import UsageError
from cloudkit.command import Call, Help
from cloudkit.verbs import Kind
from cloudkit_bot.words.grammar import Wishes, chat_catalogue, chat_grammar
from cloudkit_bot.words.line import split

LINES = {
    "scale web 3": ["scale", "web", "3"],
    "logs web \u2014since 10m": ["logs", "web", "--since", "10m"],
    "logs web \u2013n 5": ["logs", "web", "-n", "5"],
    "logs web \u2013follow": ["logs", "web", "--follow"],
    "exec web sh -c \u201cecho \u2014 hi\u201d": ["exec", "web", "sh", "-c", "echo \u2014 hi"],
    "exec web echo \u2018a b\u2019": ["exec", "web", "echo", "a b"],
    "deploy web <http://registry.example/web:2|registry.example/web:2>": ["deploy", "web", "registry.example/web:2"],
    "deploy web <https://evil.example|registry.example/web:2>": ["deploy", "web", "https://evil.example"],
    "ask <@U123|bob> <#C123|ops> <!subteam^S12|@ops> <!here>": ["ask", "@U123", "#C123", "@S12", "@here"],
    "exec web echo a &amp;&amp; b &lt;c&gt;": ["exec", "web", "echo", "a", "&&", "b", "<c>"],
    "scale\u00a0web 3": ["scale", "web", "3"],
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_what_was_typed(line: str) -> None:
    """Quotes, dashes, spaces, mentions and links are as a shell has them."""
    assert split(line, "/cloud") == LINES[line]


def test_a_quote_that_is_not_closed_is_refused_with_the_line_that_closes_it() -> None:
    """The hint can be sent as it is."""
    with pytest.raises(UsageError) as refused:
        split("exec web echo \u201chello", "/cloud")

    assert refused.value.hint == '/cloud exec web echo "hello"'


def test_a_chat_offers_no_verb_that_needs_the_machine_of_who_types() -> None:
    """No verb that reads or writes files here, or a terminal; a deployment's files are left out, too."""
    verbs = chat_catalogue()
    grammar = chat_grammar(verbs, "/cloud")

    assert {"scale", "deploy", "logs", "apps"} <= set(verbs)
    assert not {"attach", "build", "copy-in", "copy-out", "lint", "load", "save"} & set(verbs)
    with pytest.raises(UsageError):
        grammar.parse(["deploy", "web", "web:1", "--config", "/etc/x=/etc/passwd"])


@pytest.mark.parametrize("name", chat_catalogue())
def test_every_verb_has_its_help(name: str) -> None:
    """``/cloud help VERB`` shows its words and each of its options."""
    verb = chat_catalogue()[name]
    text = chat_grammar(chat_catalogue(), "/cloud").parse(["help", name])

    assert isinstance(text, Help)
    assert f"/cloud {name}" in text.text
    for parameter in verb.of(Kind.KEYWORD):
        assert parameter.from_file or parameter.shape is None or f"--{parameter.option}" in text.text


def test_wishes_stand_before_or_after_the_verb() -> None:
    """``--plan`` and ``--share`` are the chat's own."""
    wishes = Wishes()

    meant = chat_grammar(chat_catalogue(), "/cloud").parse(["--share", "scale", "web", "3", "--plan"], wishes)

    assert isinstance(meant, Call)
    assert wishes == Wishes(plan=True, share=True)
