"""A real IPython on a real terminal: what a person types, and what stands on the screen then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scenario.prompt.screen import Screen, ipython

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """IPython with the extension."""
    screen = ipython(IPYTHONDIR=str(tmp_path_factory.mktemp("ipython")), CLOUDKIT_BACKEND="memory")
    yield screen
    screen.close()


@pytest.fixture
def prompt(opened: Screen) -> Screen:
    """The prompt with a cloud of its own in memory."""
    opened.enter("from cloudkit import Cloud; cloud = Cloud()")
    return opened


def test_a_line_of_words_acts_and_its_value_stays(prompt: Screen) -> None:
    """``_`` is the handle that the verb returns; progress has become one line."""
    deployed = prompt.enter("%cloud deploy web web:1 --port 3000 --replicas 2")
    value = prompt.enter("_.name, _.status().ready")

    assert "pull: 1 item in " in deployed
    assert "; roll web: 2/2 ready in " in deployed
    assert deployed.index("; roll web") < deployed.index("]: <App web 2/2 ready,")
    assert "('web', 2)" in value


def test_a_call_in_python_draws_its_progress_too(prompt: Screen) -> None:
    """Whoever names no listener is heard by the prompt."""
    shown = prompt.enter('web = cloud.deploy("web", "web:1", port=3000); web.scale(4)')

    assert "4/4 ready in " in shown
    assert "<App web 4/4 ready," in shown


def test_results_are_tables_as_the_command_line_draws_them(prompt: Screen) -> None:
    """A state is a card, several are a table."""
    prompt.enter("%cloud deploy web web:1 --port 3000")

    table, card = prompt.enter("cloud.apps()"), prompt.enter("%cloud status web")

    assert "NAME  KIND     READY  STATUS" in table
    assert "status    ready (1/1)" in card
    assert "REPLICA" in card


def test_an_error_is_its_text_without_a_traceback(prompt: Screen) -> None:
    """What failed, and the next command; also where Python was called."""
    spoken, called = prompt.enter("%cloud scale wob 3"), prompt.enter('cloud.app("wob").status()')

    for shown in (spoken, called):
        assert "error: there is no app 'wob'" in shown
        assert "  try: %cloud apps" in shown
        assert "Traceback" not in shown


def test_a_misspelt_word_is_told_what_was_meant(prompt: Screen) -> None:
    """With the line to type."""
    shown = prompt.enter("%cloud scael web 3")

    assert "did you mean 'scale'?" in shown
    assert "try: %cloud scale web 3" in shown


def test_verbose_tracebacks_are_whole_again(prompt: Screen) -> None:
    """Whoever looks for a defect sees all of it."""
    prompt.enter("%xmode Verbose")

    assert "Traceback" in prompt.enter('cloud.app("wob").status()')
    prompt.enter("%xmode Context")


def test_help_is_read_from_the_catalogue(prompt: Screen) -> None:
    """Of all verbs, and of one."""
    one = prompt.enter("%cloud scale?")
    prompt.type("%cloud?\r")
    every = prompt.until(lambda text: "Docstring:" in text)
    prompt.answer("q")

    assert "Usage: %cloud scale [OPTIONS] NAME REPLICAS" in one
    assert "Usage: %cloud [OPTIONS] [COMMAND]" in every


def test_what_loses_something_asks(prompt: Screen) -> None:
    """Only a yes goes on."""
    prompt.enter("%cloud deploy web web:1")
    prompt.type("%cloud delete web\r")
    prompt.until(lambda text: text.endswith("go on? [y/N]"))

    kept = prompt.answer("n")

    assert "nothing was changed" in kept
    assert "web" in prompt.enter("[app.name for app in cloud.apps()]")


def test_a_plan_changes_nothing(prompt: Screen) -> None:
    """``--plan`` shows the steps, and is a value."""
    prompt.enter("%cloud deploy web web:1 --port 3000")
    planned = prompt.enter("%cloud --plan scale web 3")

    assert "+replicas: 3" in planned
    assert "(1, 1)" in prompt.enter("len(_), cloud.app('web').status().ready")


def test_a_stream_is_drawn_and_kept(prompt: Screen) -> None:
    """What was seen of it is the value."""
    prompt.enter("%cloud deploy web web:1 --port 3000")

    drawn, kept = prompt.enter("%cloud events web"), prompt.enter("_[0].app")

    assert "items, shown above>" in drawn
    assert "start" in drawn
    assert "'web'" in kept


@pytest.mark.parametrize("line", ["%cloud top --count 3 --interval 0.1", "cloud.top(count=3, interval=0.1)"])
def test_looks_take_one_anothers_place(prompt: Screen, line: str) -> None:
    """A table that moves, of which the last one stays."""
    prompt.enter("%cloud deploy web web:1 --port 3000 --replicas 2")

    shown = prompt.enter(line)

    assert shown.count("RESTARTS") == 1
    assert shown.count("web-1-") >= 2


def test_unloading_takes_all_of_it_away(prompt: Screen) -> None:
    """No magic, no hooks, tracebacks as ever."""
    prompt.enter("%unload_ext cloudkit")

    assert "`%cloud` not found" in prompt.enter("%cloud apps")
    assert "Traceback" in prompt.enter('cloud.app("wob").status()')
    prompt.enter("%load_ext cloudkit")
