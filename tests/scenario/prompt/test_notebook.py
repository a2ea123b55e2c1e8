"""A real Jupyter kernel: what a notebook's cells show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scenario.prompt.kernel import Notebook, notebook

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def opened() -> Iterator[Notebook]:
    """A kernel with the extension."""
    with notebook(CLOUDKIT_BACKEND="memory") as made:
        yield made


@pytest.fixture
def book(opened: Notebook) -> Notebook:
    """A notebook with a cloud of its own in memory, in which ``web`` runs."""
    opened.run("from cloudkit import Cloud; cloud = Cloud(); web = cloud.deploy('web', 'web:1', port=3000)")
    return opened


def test_progress_is_drawn_and_becomes_one_line(book: Notebook) -> None:
    """Meanwhile a bar for each item, at the end the sum of it, above the value."""
    cell = book.run("web.scale(3)")

    assert any("<progress" in html for html in cell.drawn)
    assert "<progress" not in cell.html
    assert cell.outputs[0]["text/plain"].startswith("roll web: 3/3 ready in ")
    assert cell.outputs[-1]["text/plain"].startswith("<App web 3/3 ready")


@pytest.mark.parametrize("code", ["cloud.apps()", "web.status()", "%cloud apps", "%cloud status web"])
def test_results_are_tables_and_cards(book: Notebook, code: str) -> None:
    """HTML for the notebook, text for whoever reads it elsewhere."""
    (shown,) = book.run(code).outputs

    assert "<table>" in shown["text/html"]
    assert "web" in shown["text/plain"]


def test_what_a_program_printed_is_escaped(book: Notebook) -> None:
    """No page is driven by a command's output."""
    cell = book.run("from cloudkit.model.task import TaskResult\n"
                    "TaskResult(command=('x',), exit_code=0, output='<script>1</script>', duration=1.0)")  # fmt: skip

    assert "<script>" not in cell.html
    assert "&lt;script&gt;" in cell.html


@pytest.mark.parametrize("code", ["%cloud scale wob 3", "cloud.app('wob').status()"])
def test_an_error_is_its_text_without_a_traceback(book: Notebook, code: str) -> None:
    """The cell has failed, and says what to do."""
    cell = book.run(code)

    assert cell.reply["status"] == "error"
    assert "there is no app 'wob'" in cell.text
    assert "try: %cloud apps" in cell.text
    assert "Traceback" not in cell.text


def test_a_cell_of_words_runs_line_by_line(book: Notebook) -> None:
    """Each shows its result, the last one's is the value."""
    cell = book.run("%%cloud\n# more of it\nscale web 2\n\napps\n")
    value = book.run("len(_)")

    assert "<App web 2/2 ready" in cell.text
    assert "<table>" in cell.outputs[-1]["text/html"]
    assert value.text == "1"


def test_a_cell_stops_at_the_line_that_fails(book: Notebook) -> None:
    """And says which it was."""
    cell = book.run("%%cloud\nscale web 2\nscale wob 2\nscale web 5\n")

    assert "in line 2 of the cell; the lines after it were not looked at" in cell.text
    assert book.run("web.status().ready").text == "2"


def test_nobody_to_ask_is_an_error_with_the_way_out(book: Notebook) -> None:
    """A notebook that runs by itself loses nothing by accident."""
    cell = book.run("%cloud delete web")

    assert "nobody is here to be asked" in cell.text
    assert "%cloud delete web --yes" in cell.text
    assert book.run("%cloud delete web --yes").reply["status"] == "ok"


def test_help_is_read_from_the_catalogue(book: Notebook) -> None:
    """In the notebook's own pane."""
    payload = book.run("%cloud?").reply["payload"]

    assert "scale NAME REPLICAS" in payload[0]["data"]["text/plain"]


@pytest.mark.parametrize("code", ["%cloud top --count 3 --interval 0.1", "web.watch(count=3, interval=0.1)"])
def test_looks_are_drawn_in_one_place(book: Notebook, code: str) -> None:
    """The last one stays, as a table."""
    cell = book.run(code)

    assert sum("RESTARTS" in html for html in cell.drawn) == 3
    assert cell.html.count("RESTARTS") == 1


def test_a_stream_is_drawn_as_the_value_of_a_cell(book: Notebook) -> None:
    """Without a loop of one's own."""
    assert "start" in book.run("web.events()").text
