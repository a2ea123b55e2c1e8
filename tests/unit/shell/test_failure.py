"""Every end has its text and its exit code."""

from __future__ import annotations

import json

import pytest

from cloudkit.errors import BuildError, CloudkitError, NotFoundError, RolloutError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import Phase, Progress
from cloudkit.shell.failure import explain, interrupted
from cloudkit.shell.settings import Settings

CAUSE = Cause(code=CauseCode.EXITED, summary="web-1 exited with 1", evidence=("boom",), fix="cloudkit logs web")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("no"), 4),
        (BuildError("no", step="RUN npm ci"), 7),
        (RolloutError("no", cause=CAUSE), 8),
        (KeyError("x"), 70),
    ],
)
def test_an_error_gives_its_exit_code(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody foresaw has one of its own; nothing goes to standard output."""
    found = explain(error, Settings(), colour=False)

    assert found == code
    assert capsys.readouterr().out == ""


def test_an_error_shows_evidence_and_the_next_command(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback."""
    explain(RolloutError("app 'web' is not ready", cause=CAUSE), Settings(), colour=False)

    assert capsys.readouterr().err == "error: app 'web' is not ready\n  | boom\n  try: cloudkit logs web\n"


def test_a_defect_has_a_traceback_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """``--verbose`` shows where it comes from."""
    explain(KeyError("x"), Settings(), colour=False)
    silent = capsys.readouterr().err
    explain(KeyError("x"), Settings(verbose=True), colour=False)

    assert "cloudkit failed: KeyError: 'x'" in silent
    assert "--verbose" in silent
    assert "KeyError" in capsys.readouterr().err.splitlines()[0]


def test_an_error_in_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Code, summary, evidence, hint and cause."""
    explain(RolloutError("no", cause=CAUSE), Settings(json=True), colour=False)

    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["code"], error["cause"]["code"], error["hint"]) == ("rollout", "exited", "cloudkit logs web")


def test_evidence_does_not_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """The last lines of a log are a program's own."""
    explain(CloudkitError("no", evidence=("\x1b]0;owned\x07",)), Settings(), colour=False)

    assert "\x1b" not in capsys.readouterr().err


def test_colours_mark_what_failed_and_what_helps(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal."""
    explain(CloudkitError("no", hint="cloudkit apps"), Settings(), colour=True)

    assert capsys.readouterr().err == "\x1b[31merror:\x1b[0m no\n\x1b[32m  try: cloudkit apps\x1b[0m\n"


def test_an_interrupted_change_says_what_stands_and_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    """The last that was seen, and the same line again, without what may be secret."""
    last = Progress(phase=Phase.ROLL, item="web", message="2/3 ready")

    code = interrupted(["deploy", "web", "--env", "TOKEN=hunter2"], changes=True, last=last)

    text = capsys.readouterr().err
    assert code == 130
    assert "roll web: 2/3 ready" in text
    assert "cloudkit deploy web --env TOKEN=..." in text
    assert "hunter2" not in text


def test_an_interrupted_look_changed_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """And says so."""
    code = interrupted(["apps"], changes=False, last=None)

    assert (code, capsys.readouterr().err.strip()) == (130, "interrupted; nothing was changed")
