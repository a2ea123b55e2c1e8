"""How long Tab takes where 5,000 apps are there."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from bench.table import Table
from cloudkit import Cloud
from cloudkit.model.offer import Offer
from cloudkit.shell.names import kept
from cloudkit.shell.prompt.extension import load, unload
from cloudkit.testing import world_of

pytestmark = pytest.mark.bench
APPS = 5_000
ROUNDS = 30


@pytest.fixture
def prompt() -> Iterator[InteractiveShell]:
    """An IPython whose ``cloud`` has 5,000 apps, each asked for once."""
    shell = InteractiveShell.instance()
    shell.Completer.use_jedi = False  # IPython's own, which is not measured
    load(shell)
    shell.user_ns["cloud"] = cloud = Cloud("memory")
    cloud.deploy("app-0", "web:1")
    crowd(cloud)
    shell.user_ns["names"] = {app.name: app for app in cloud.apps()}
    offered(shell, 'cloud.app("app-49')
    yield shell
    unload(shell)
    InteractiveShell.clear_instance()


def crowd(cloud: Cloud) -> None:
    """Let the one app stand there under 5,000 names, without running what nobody looks at."""
    records = world_of(cloud).records
    ((key, first),) = records.items()
    for number in range(1, APPS):
        shown = copy(first)
        shown.app = (key[0], f"app-{number}")
        shown.spec = first.spec.replace(name=shown.app[1])
        records[shown.app] = shown


def test_live_names_against_a_dictionarys_keys(prompt: InteractiveShell, table: Table) -> None:
    """The same names, offered by cloudkit from what it knows, and by IPython as the keys of a dictionary."""
    for what, typed, peer in (
        ("all 5,000 names", 'cloud.app("', 'names["'),
        ("111 names of 5,000", 'cloud.app("app-49', 'names["app-49'),
        ("111 names of 5,000, in a line of words", "%cloud scale app-49", 'names["app-49'),
    ):
        assert offered(prompt, typed)
        ours, theirs = (median(lambda code=code: offered(prompt, code)) for code in (typed, peer))
        table.add(f"Tab, {what}", ours=ours, peer=theirs, peer_name="IPython, a dictionary's keys", unit="s")


def test_the_shells_completion_against_a_bare_interpreter(table: Table, tmp_path: Path) -> None:
    """A process of its own for each Tab, whose names are kept in a file."""
    names = tmp_path / "names"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {
        "XDG_CACHE_HOME": str(names), "CLOUDKIT_BACKEND": "memory", "_CLOUDKIT_COMPLETE": "bash_complete",
        "COMP_WORDS": "cloudkit scale app-49", "COMP_CWORD": "2",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(names))
        patch.setenv("CLOUDKIT_BACKEND", "memory")
        kept(f"{Cloud()!r} AppState", [Offer(f"app-{number}", "1/1 ready") for number in range(APPS)])
    program = [str(Path(sys.executable).with_name("cloudkit"))]

    completed = subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stdout
    ours = median(lambda: subprocess.run(program, env=environment, capture_output=True, check=True))
    bare = median(lambda: subprocess.run([sys.executable, "-c", "pass"], env=environment, check=True))

    assert completed.count("app-49") == 111
    table.add("Tab in bash, 111 names of 5,000", ours=ours, peer=bare, peer_name="a bare interpreter", unit="s")


def offered(shell: InteractiveShell, code: str) -> list[str]:
    """Return what Tab offers."""
    with provisionalcompleter():
        return [one.text for one in shell.Completer.completions(code, len(code))]


def median(act: Callable[[], object]) -> float:
    """The middle of several times, in seconds."""

    def timed() -> float:
        started = time.perf_counter()
        act()
        return time.perf_counter() - started

    return statistics.median(timed() for _ in range(ROUNDS))
