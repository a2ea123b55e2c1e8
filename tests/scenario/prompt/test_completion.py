"""Tab at real prompts: IPython on a terminal, a notebook's kernel, Python's own prompt."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from scenario.prompt.kernel import Notebook, notebook
from scenario.prompt.screen import Screen, ipython

pytestmark = pytest.mark.scenario

WORLD = (
    "from cloudkit import Cloud; cloud = Cloud('memory'); "
    "web = cloud.deploy('web-shop', 'web:1', port=3000, replicas=2); web"
)
DEAD = "dead = Cloud('docker')"


@pytest.fixture(scope="module")
def book() -> Iterator[Notebook]:
    """A kernel in whose world ``web-shop`` runs."""
    with notebook(DOCKER_HOST="tcp://10.255.255.1:2375") as made:
        made.run(WORLD)
        made.run(DEAD)
        yield made


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%cloud sca", ["scale"]),
        ("%cloud scale we", ["web-shop"]),
        ("%%cloud\napps\nscale we", ["web-shop"]),
        ("%cloud deploy api we", ["web:1"]),
        ('cloud.app("', ["web-shop"]),
        ('cloud.image("we', ["web:1"]),
        ('cloud.app("web-shop").rollback(', ["1"]),
        ("web.forward(", ["3000"]),
        ("web.scale(", ["2"]),
        ("%cloud scale web-shop ", ["2"]),
        ("web.scale(2, wait=", ["True", "False"]),
        ('cloud.deploy("x", "web:1", protocol="', ["http", "tcp"]),
    ],
)
def test_a_notebook_offers_what_is_there(book: Notebook, typed: str, offered: list[str]) -> None:
    """In words and in Python, also inside quotes."""
    book.until_offered(typed, offered)


def test_a_notebook_offers_the_replicas_of_the_app_that_is_named(book: Notebook) -> None:
    """In words and in Python."""
    replicas = book.run("[one.name for one in web.status().replicas]").text

    book.until_offered("%cloud logs web-shop --replica ", ast.literal_eval(replicas))
    book.until_offered('web.logs(replica="', ast.literal_eval(replicas))


def test_what_a_cell_has_made_is_offered_next(book: Notebook) -> None:
    """The cell that makes it renews what is known."""
    book.run("cloud.deploy('web-admin', 'web:1')")

    book.until_offered("%cloud status we", ["web-admin", "web-shop"])

    book.run("cloud.app('web-admin').delete()")


def test_an_engine_that_does_not_answer_is_not_waited_for(book: Notebook) -> None:
    """Nothing is offered, and the prompt stays free."""
    offered = book.offered('dead.app("')

    assert "web-shop" not in offered
    assert book.run("1 + 1").text == "2"


@pytest.fixture
def prompt(tmp_path: Path) -> Iterator[Screen]:
    """IPython in whose world ``web-shop`` runs."""
    screen = ipython(IPYTHONDIR=str(tmp_path))
    try:
        screen.enter(WORLD)
        yield screen
    finally:
        screen.close()


def test_tab_completes_in_ipython(prompt: Screen) -> None:
    """One that is left is typed, several are shown with what they are."""
    prompt.type("%cloud status we\t")
    prompt.until(lambda text: text.endswith("%cloud status web-shop"))
    prompt.type("\r")
    prompt.until(lambda text: "ready (2/2)" in text)

    prompt.type("web.logs(replica=\t")
    prompt.until(lambda text: text.count('"web-shop-1-') >= 2)


def test_tab_completes_in_python(tmp_path: Path) -> None:
    """With the start-up file that the how-to shows."""
    start = tmp_path / "start.py"
    start.write_text("from cloudkit.shell.prompt.python import install\n\ninstall()\n")
    screen = Screen([sys.executable, "-q"], PYTHONSTARTUP=str(start), HOME=str(tmp_path))
    try:
        screen.until(lambda text: text.endswith(">>>"))
        screen.type(f"{WORLD}\r")
        made = screen.until(lambda text: text.endswith(">>>") and "<App" in text)
        screen.type('cloud.app("we\t')
        screen.until(lambda text: 'cloud.app("web-shop' in text)
        screen.type(").rollback(9)\r")
        failed = screen.until(lambda text: text.endswith(">>>") and "error:" in text)
    finally:
        screen.close()

    assert made.index("roll web-shop: 2/2 ready in") < made.index("<App web-shop 2/2 ready")
    assert "error: app 'web-shop' has not got a revision 9" in failed
    assert "Traceback" not in failed
