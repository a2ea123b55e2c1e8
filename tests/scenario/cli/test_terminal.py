"""What a person sees: colours, live progress, questions and completion in real shells on a real terminal."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from scenario.cli.conftest import PROGRAM, environment

pytestmark = pytest.mark.scenario

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def spawned(program: str, *words: str, **changes: str) -> pexpect.spawn[str]:
    """Start a program on a terminal of 120 columns."""
    return pexpect.spawn(
        program, list(words), env=environment(**changes), encoding="utf-8", timeout=60, dimensions=(40, 120)
    )


def output(*words: str, **changes: str) -> str:
    """Return all that cloudkit writes to its terminal."""
    terminal = spawned(str(PROGRAM), "--backend", "memory", *words, **changes)
    terminal.expect(pexpect.EOF)
    terminal.close()
    return str(terminal.before)


def test_a_roll_is_live_and_collapses_into_one_line() -> None:
    """The cursor is hidden meanwhile and shown again; the last lines are the summary and the result."""
    text = output("deploy", "web", "web:1", "--port", "3000")

    assert text.index("\x1b[?25l") < text.rindex("\x1b[?25h")
    *_, rolled, result = [ESCAPE.sub("", line).strip() for line in text.splitlines()]
    assert rolled.startswith("roll web: 1/1 ready in ")
    assert result.startswith("App web 1/1 ready")


def test_headers_are_bold_and_errors_are_red() -> None:
    """On a terminal that knows colours."""
    assert "\x1b[1mNAME" in output("apps")
    assert "\x1b[31merror:\x1b[0m" in output("status", "web")


@pytest.mark.parametrize("changes", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_the_environment_says_no(changes: dict[str, str]) -> None:
    """Neither results nor errors nor progress have any."""
    assert "\x1b[3" not in output("status", "web", **changes) + output("deploy", "web", "web:1", **changes)


def test_no_color_is_also_a_word() -> None:
    """And keeps progress from moving."""
    assert "\x1b[" not in output("--no-color", "deploy", "web", "web:1", "--port", "3000").replace("\x1b[1m", "")


@pytest.mark.parametrize(("answer", "told", "code"), [("n", "nothing was changed", 1), ("y", "", 0)])
def test_what_loses_something_asks_on_a_terminal(answer: str, told: str, code: int) -> None:
    """Only a yes goes on."""
    terminal = spawned(str(PROGRAM), "--backend", "memory", "delete", "web")
    terminal.expect_exact("delete web: go on? [y/N]")

    terminal.sendline(answer)

    terminal.expect(pexpect.EOF)
    terminal.close()
    assert told in str(terminal.before)
    assert terminal.exitstatus == code


def test_ctrl_c_at_a_question_ends_quietly() -> None:
    """With 130 and no traceback."""
    terminal = spawned(str(PROGRAM), "--backend", "memory", "delete", "web")
    terminal.expect_exact("[y/N]")

    terminal.sendintr()

    terminal.expect(pexpect.EOF)
    terminal.close()
    assert (terminal.exitstatus, "Traceback" in str(terminal.before)) == (130, False)


SHELLS = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
STARTS = {
    "bash": f'PS1="ready> "; PATH={PROGRAM.parent}:$PATH; eval "$(cloudkit completion bash)"',
    "zsh": f'PS1="ready> "; path=({PROGRAM.parent} $path); autoload -U compinit; compinit -u; '
    'eval "$(cloudkit completion zsh)"',
    "fish": f"function fish_prompt; echo 'ready> '; end; set -gx PATH {PROGRAM.parent} $PATH; "
    "cloudkit completion fish | source",
}


@pytest.fixture(params=sorted(SHELLS))
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[pexpect.spawn[str]]:
    """An interactive shell that has read its completion script."""
    name = request.param
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"no {name}: apt-get install {name}")
    terminal = spawned(
        program, *SHELLS[name], CLOUDKIT_BACKEND="memory", HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path)
    )
    terminal.sendline(f"{STARTS[name]}; echo in''stalled")
    terminal.expect_exact("installed\r\n")
    yield terminal
    terminal.close(force=True)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("cloudkit rollb", "rollback"), ("cloudkit deploy web web:1 --prot", "--protocol")],
)
def test_the_tab_key_completes_verbs_and_options(shell: pexpect.spawn[str], typed: str, completed: str) -> None:
    """In bash, zsh and fish."""
    shell.send(f"{typed}\t")

    rest = completed.removeprefix(typed.rsplit(maxsplit=1)[-1])
    shell.expect(re.escape(rest) if len(rest) > 3 else re.escape(completed))


def test_the_tab_key_offers_choices(shell: pexpect.spawn[str]) -> None:
    """Of an option that has a few."""
    shell.send("cloudkit save web:1 web.tar --layout do\t")

    shell.expect("cker")
