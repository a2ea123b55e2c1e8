"""How long Tab takes where 5,000 apps are there."""

from __future__ import annotations

import os
import shutil
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
from cloudkit.shell.completion.names import Question, kept
from cloudkit.shell.completion.places import OPTIONS, noted, where_of
from cloudkit.shell.prompt.extension import load, unload
from cloudkit.testing import world_of

pytestmark = pytest.mark.bench
APPS = 5_000
ROUNDS = 30
ASKED = {"_CLOUDKIT_COMPLETE": "offers"}


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


@pytest.mark.parametrize("typed", ["cloudkit rollb", "cloudkit scale app-49"])
def test_the_shells_tab_against_a_process(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """A bash that answers from the names in a file, and the program that it asks where there are none."""
    environment = shelled(tmp_path, monkeypatch)
    program = str(Path(sys.executable).with_name("cloudkit"))
    asking = [program, *typed.split()[1:]]

    ours, offers = keys(typed, environment)
    told = subprocess.run(asking, env=environment | ASKED, capture_output=True, text=True, check=True).stdout
    theirs = median(lambda: subprocess.run(asking, env=environment | ASKED, capture_output=True, check=True))

    assert offers == len(told.splitlines())
    what = "a verb" if offers == 1 else f"{offers} names of 5,000"
    table.add(f"Tab in bash, {what}", ours=ours, peer=theirs, peer_name="a process for each key", unit="s")


@pytest.mark.parametrize(("peer", "words"), [("kubectl", ["__complete", "rollo"]), ("docker", ["__complete", "res"])])
def test_the_shells_tab_against_a_peers(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peer: str, words: list[str]
) -> None:
    """A verb in bash; a peer's script runs its program for each key, which asks nobody for a verb."""
    program = shutil.which(peer)
    if program is None:
        pytest.skip(f"no {peer} on PATH")

    ours, _ = keys("cloudkit rollb", shelled(tmp_path, monkeypatch))
    theirs = median(lambda: subprocess.run([program, *words], capture_output=True, check=True))

    table.add(f"Tab in bash, a verb, as {peer}", ours=ours, peer=theirs, peer_name=f"{peer} __complete", unit="s")


def shelled(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return an environment in whose folder 5,000 names are known."""
    patch.chdir(folder)
    patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    own = {"HOME": str(folder), "PWD": str(folder), "XDG_CACHE_HOME": str(folder), "CLOUDKIT_BACKEND": "memory"}
    for name, value in own.items():
        patch.setenv(name, value)
    cloud = Cloud()
    noted(cloud, [None] * len(OPTIONS))
    kept(Question(where_of(cloud), "AppState"), [Offer(f"app-{number}", "1/1 ready") for number in range(APPS)])
    return dict(os.environ)


def keys(typed: str, environment: dict[str, str]) -> tuple[float, int]:
    """Return how long a real bash takes for a key, and how many offers there are; names are kept fresh meanwhile."""
    program = Path(sys.executable).with_name("cloudkit")
    script = subprocess.run(
        [program, "completion", "bash"], env=environment, capture_output=True, text=True, check=True
    )
    lines = [script.stdout, "t=()", f"COMP_LINE='{typed}' COMP_POINT={len(typed)}", f"for i in {{1..{ROUNDS}}}; do"]
    lines += ["for f in cloudkit/names/*/AppState; do { echo $EPOCHSECONDS; tail -n +2 $f; } >n; mv n $f; done"]
    lines += ["a=$EPOCHREALTIME; _cloudkit_completion; b=$EPOCHREALTIME; echo $((${b/./} - ${a/./})); done"]
    lines += ["echo ${#COMPREPLY[@]}"]
    told = subprocess.run(["bash", "-c", "\n".join(lines)], env=environment, capture_output=True, text=True, check=True)
    *taken, offers = map(int, told.stdout.split())
    return statistics.median(taken) / 1e6, offers


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
