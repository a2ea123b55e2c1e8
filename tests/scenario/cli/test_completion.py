"""Tab in real shells: names come from files, without a process, of the cloud that is meant, and are never run."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from scenario.cli.conftest import PROGRAM, environment
from scenario.prompt.screen import Screen

from cloudkit import Cloud
from cloudkit.model.offer import Offer
from cloudkit.shell.completion.names import Question, kept
from cloudkit.shell.completion.places import noted, where_of

pytestmark = pytest.mark.scenario

SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], 'PS1="ready> "', "source"),
    "zsh": (["-f", "-i"], 'PS1="ready> "; autoload -U compinit; compinit -u', "source"),
    "fish": (["--no-config", "-i"], "function fish_prompt; echo 'ready> '; end", "source"),
}
STUB = """\
#!/bin/sh
if [ -n "$_CLOUDKIT_COMPLETE" ]; then echo "$*" >>asked; exit; fi
printf '%s\\n' "$@" >given.draft
mv given.draft given
"""
WORLDS = {
    None: ["web", "worker-1"],
    "shop": ["api", "checkout"],
}
IMAGES = [
    "registry.example:5000/web:1",
    "evil$(touch PWNED)",
    "tick`touch PWNED`",
    "semi;touch PWNED",
    "it's",
    "two words",
]


@dataclass
class Prompt:
    """A shell at its prompt, whose ``cloudkit`` only notes what it is given."""

    screen: Screen
    folder: Path

    def given(self, typed: str, seen: str, rest: str = "") -> list[str]:
        """Type, press Tab, wait until something is seen, press Return, and return the words that the program got."""
        self.screen.type(f"{typed}\t")
        self.screen.until(lambda text: seen in text.replace("\n", ""))
        self.screen.type(f"{rest}\r")
        return self.words()

    def words(self) -> list[str]:
        """Return what the program was given."""
        file = self.folder / "given"
        self.wait(file.exists)
        words = file.read_text().splitlines()
        file.unlink()
        return words

    @property
    def asked(self) -> list[str]:
        """What a process was asked."""
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    def wait(self, there: Callable[[], object]) -> None:
        """Wait for what the shell does."""
        ends = time.monotonic() + 30
        while not there():
            assert time.monotonic() < ends, self.screen.text
            self.screen.read()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which names are known of two namespaces of a world."""
    for name in [name for name in os.environ if name.startswith("CLOUDKIT_")]:
        monkeypatch.delenv(name)
    for name, value in own(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    for namespace, apps in WORLDS.items():
        cloud = Cloud(namespace=namespace)
        noted(cloud, [None, None, namespace, None, None])
        know(cloud, "AppState", apps)
        know(cloud, "ImageState", IMAGES)
        know(cloud, "Advice", ["2", "5"], "web")
    return tmp_path


def own(folder: Path) -> dict[str, str]:
    """Return the environment of a user who lives in a folder."""
    home = str(folder)
    return {
        "HOME": home,
        "PWD": home,
        "XDG_CACHE_HOME": f"{home}/cache",
        "XDG_CONFIG_HOME": home,
        "CLOUDKIT_BACKEND": "memory",
    }


def know(cloud: Cloud, kind: str, names: Sequence[str], target: str | None = None) -> None:
    """Keep names as the program itself does."""
    kept(Question(where_of(cloud), kind, target), [Offer(name, "a note") for name in names])


@pytest.fixture(params=sorted(SHELLS))
def prompt(request: pytest.FixtureRequest, folder: Path) -> Iterator[Prompt]:
    """An interactive shell that has read its completion script."""
    name = request.param
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"no {name}: apt-get install {name}")
    (folder / "bin").mkdir()
    (folder / "bin" / "cloudkit").write_text(STUB)
    (folder / "bin" / "cloudkit").chmod(0o755)
    path = f"{folder}/bin:{os.environ['PATH']}"
    script = subprocess.run(
        [PROGRAM, "completion", name], env=environment(PATH=path, **own(folder)), capture_output=True, check=True
    ).stdout
    (folder / "script").write_bytes(script)
    options, start, source = SHELLS[name]
    screen = Screen([program, *options], PATH=path, **own(folder))
    screen.type(f"{start}; {source} {folder}/script; echo in''stalled\r")
    screen.until(lambda text: "\ninstalled" in text)
    yield Prompt(screen, folder)
    screen.close()


@pytest.mark.parametrize(
    ("typed", "seen", "words"),
    [
        ("cloudkit rollb", "rollback", ["rollback"]),
        ("cloudkit scale we", "scale web", ["scale", "web"]),
        ("cloudkit --namespace shop scale ap", "scale api", ["--namespace", "shop", "scale", "api"]),
        ("cloudkit scale --namespace=shop ap", "=shop api", ["scale", "--namespace=shop", "api"]),
        ("cloudkit logs --follow wor", "worker-1", ["logs", "--follow", "worker-1"]),
        ("cloudkit scale web --tim", "--timeout", ["scale", "web", "--timeout"]),
        ("cloudkit deploy x y --protocol=h", "=http", ["deploy", "x", "y", "--protocol=http"]),
        ("cloudkit deploy x y --protocol h", "protocol http", ["deploy", "x", "y", "--protocol", "http"]),
        ("cloudkit deploy x registry.example:50", ":5000/web:1", ["deploy", "x", IMAGES[0]]),
        ("cloudkit deploy 'x' \"registry.example:50", ":5000/web:1", ["deploy", "x", IMAGES[0]]),
        ("cloudkit deploy x ev", "PWNED", ["deploy", "x", IMAGES[1]]),
        ("cloudkit deploy x 'ev", "PWNED", ["deploy", "x", IMAGES[1]]),
        ('cloudkit deploy x "ti', "PWNED", ["deploy", "x", IMAGES[2]]),
        ("cloudkit deploy x se", "PWNED", ["deploy", "x", IMAGES[3]]),
        ("cloudkit deploy x it", "'s", ["deploy", "x", IMAGES[4]]),
        ("cloudkit deploy x two\\ w", "words", ["deploy", "x", IMAGES[5]]),
        ("cloudkit apply scr", "script", ["apply", "script"]),
    ],
)
def test_a_key_is_answered_without_a_process(prompt: Prompt, typed: str, seen: str, words: list[str]) -> None:
    """The program, which answers nothing here, gets the very name, whatever it is made of; nothing of it is run."""
    assert prompt.given(typed, seen) == words
    assert not (prompt.folder / "PWNED").exists()


@pytest.mark.parametrize("where", ["an option", "a file", "a folder"])
def test_names_of_another_namespace_are_never_offered(prompt: Prompt, where: str) -> None:
    """Not after an option, a file or a folder has changed what is meant; then the program is asked."""
    option = ""
    if where == "an option":
        option = "--namespace elsewhere "
    elif where == "a file":
        (prompt.folder / "cloudkit.toml").write_text('namespace = "elsewhere"\n')
    else:
        prompt.screen.type("mkdir below; cd below\r")
        prompt.wait((prompt.folder / "below").exists)
    here = prompt.folder / "below" if where == "a folder" else prompt.folder

    prompt.screen.type(f"cloudkit {option}scale we\t")
    prompt.wait((here / "asked").exists)
    prompt.screen.type("X\r")

    assert Prompt(prompt.screen, here).words() == [*option.split(), "scale", "weX"]


def test_fresh_names_are_not_asked_for(prompt: Prompt) -> None:
    """No process is started."""
    aged(prompt.folder, 0)

    assert prompt.given("cloudkit scale we", "scale web") == ["scale", "web"]
    assert prompt.asked == []


def aged(folder: Path, seconds: int) -> None:
    """Let all names be of so many seconds ago."""
    for file in (folder / "cache" / "cloudkit" / "names").glob("*/*"):
        _, _, names = file.read_text().partition("\n")
        file.write_text(f"{int(time.time()) - seconds}\n{names}")


def test_old_names_are_offered_at_once_and_asked_for_again(prompt: Prompt) -> None:
    """Once, however often the key is pressed."""
    aged(prompt.folder, 60)

    for _ in range(2):
        assert prompt.given("cloudkit scale we", "scale web") == ["scale", "web"]
        prompt.wait(lambda: prompt.asked)

    assert prompt.asked[0] == "scale we"
    assert len(prompt.asked) == 1


def test_the_program_answers_what_no_file_knows(prompt: Prompt) -> None:
    """As it always did."""
    (prompt.folder / "bin" / "cloudkit").write_text(STUB.replace("exit;", "printf 'pod-7\\trunning\\n'; exit;"))

    assert prompt.given("cloudkit logs web --replica po", "pod-7") == ["logs", "web", "--replica", "pod-7"]
    assert prompt.asked == ["logs web --replica po"]
