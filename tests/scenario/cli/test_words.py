"""What the command line answers without an engine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from scenario.cli.conftest import PROGRAM, Run, environment

pytestmark = pytest.mark.scenario

MEMORY = ("--backend", "memory")


def test_help_lists_the_verbs(cloudkit: Run) -> None:
    """On standard output, with success."""
    done = cloudkit("--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert "deploy NAME IMAGE" in done.stdout
    assert "scale NAME REPLICAS" in done.stdout


def test_no_words_are_a_question_for_help(cloudkit: Run) -> None:
    """As with ``docker``."""
    assert cloudkit().stdout == cloudkit("--help").stdout


def test_the_version_is_told(cloudkit: Run) -> None:
    """The distribution's own."""
    assert cloudkit("--version").stdout.startswith("cloudkit 0.")


def test_a_verb_has_help(cloudkit: Run) -> None:
    """Read from its signature and docstring."""
    assert "--replicas NUMBER" in cloudkit("deploy", "--help").stdout


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("scael", "web", "3"), 2, "did you mean 'scale'?\n  try: cloudkit scale web 3"),
        (("scale", "web"), 2, "cloudkit scale needs REPLICAS"),
        (("scale", "web", "many"), 2, "replicas is 'many'"),
        (("--backend", "cloud", "apps"), 3, "known are: docker, kubernetes, memory"),
        (("--context", "nowhere", "apps"), 3, "nowhere"),
        ((*MEMORY, "scale", "web", "3"), 4, "web"),
        ((*MEMORY, "deploy", "Bad Name", "web:1"), 2, "bad-name"),
    ],
)
def test_an_error_has_its_exit_code_and_its_text_on_standard_error(
    cloudkit: Run, words: tuple[str, ...], code: int, text: str
) -> None:
    """No traceback, nothing on standard output."""
    done = cloudkit(*words)

    assert (done.returncode, done.stdout) == (code, "")
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_an_engine_that_is_not_there_is_an_error_in_a_few_lines(cloudkit: Run, tmp_path: Path) -> None:
    """What was tried, and what to run."""
    done = cloudkit("apps", DOCKER_HOST=f"unix://{tmp_path}/none.sock")

    assert done.returncode == 9
    assert "none.sock" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_app_in_memory_from_deploy_to_json(cloudkit: Run) -> None:
    """Progress on standard error, the result alone on standard output."""
    done = cloudkit(*MEMORY, "deploy", "web", "web:1", "--port", "3000", "--replicas", "2", "--json")

    assert done.returncode == 0
    app = json.loads(done.stdout)
    assert (app["name"], app["phase"], app["ready"], app["url"]) == ("web", "ready", 2, "http://localhost:3000")
    assert "roll web" in done.stderr


def test_quiet_writes_nothing_but_errors(cloudkit: Run) -> None:
    """For scripts that want silence."""
    done = cloudkit(*MEMORY, "deploy", "web", "web:1", "--quiet")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verbose_tells_what_is_done(cloudkit: Run) -> None:
    """Each operation with its outcome."""
    done = cloudkit(*MEMORY, "deploy", "web", "web:1", "--verbose")

    assert "verb.started verb=deploy app=web backend=memory" in done.stderr
    assert "outcome=ok" in done.stderr


def test_what_loses_something_asks_first(cloudkit: Run) -> None:
    """Without anybody to ask it is refused, with the line that means it."""
    done = cloudkit(*MEMORY, "delete", "web")

    assert done.returncode == 2
    assert "try: cloudkit --backend memory delete web --yes" in done.stderr


def test_yes_answers_beforehand(cloudkit: Run) -> None:
    """An app that is not there is no error."""
    assert cloudkit(*MEMORY, "delete", "web", "--yes").returncode == 0


def test_a_plan_does_nothing_that_would_act_at_once(cloudkit: Run) -> None:
    """An image that is not here would be pulled: refused."""
    done = cloudkit(*MEMORY, "deploy", "web", "web:1", "--plan")

    assert (done.returncode, done.stdout) == (11, "")
    assert "nothing was done" in done.stderr


def test_errors_are_json_where_results_are(cloudkit: Run) -> None:
    """One object on standard error."""
    done = cloudkit(*MEMORY, "--json", "status", "web")

    assert json.loads(done.stderr)["error"]["code"] == "not_found"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """``| head -1`` sees a line and no complaint."""
    done = subprocess.run(
        ["bash", "-c", f"{PROGRAM} --help | head -1; echo ${{PIPESTATUS[0]}}"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.splitlines()[0].startswith("Usage: cloudkit")
    assert done.stdout.splitlines()[1] in ("0", "141")
    assert done.stderr == ""


def test_output_that_cannot_show_a_character_still_comes(cloudkit: Run) -> None:
    """A terminal of another encoding is no reason to fail."""
    done = cloudkit(*MEMORY, "deploy", "web", "wéb:1", PYTHONIOENCODING="ascii")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
