"""How a command ended is read from what the node says last."""

from __future__ import annotations

import json

import pytest

from cloudkit.backends.kubernetes.operations.status import Ended, lacks, read_status
from cloudkit.errors import BackendError, ConflictError

NOT_FOUND = (
    'OCI runtime exec failed: unable to start container process: exec: "env": executable file not found in $PATH'
)


def status(**told: object) -> bytes:
    """Return a failure."""
    return json.dumps({"status": "Failure", **told}).encode()


def test_success_is_exit_code_0() -> None:
    """There is nothing else to say."""
    assert read_status(b'{"metadata":{},"status":"Success"}', "run", "web-1") == Ended(0)


def test_an_exit_code_is_read_from_the_causes() -> None:
    """Others may stand beside it."""
    causes = [{"reason": "Other", "message": "x"}, {"reason": "ExitCode", "message": "255"}]

    assert read_status(status(reason="NonZeroExitCode", details={"causes": causes}), "run", "web-1") == Ended(255)


def test_a_command_that_could_not_be_started_ends_as_in_a_shell() -> None:
    """And it is told which tool is missing."""
    ended = read_status(status(message=NOT_FOUND), "run", "web-1")

    assert ended == Ended(127, NOT_FOUND)
    assert (lacks(ended, "env"), lacks(ended, "sh")) == (True, False)


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        (b"", BackendError, "ended before the command did"),
        (b"nonsense", BackendError, "not understood"),
        (status(message="container not found (app)"), ConflictError, "web-1 does not run"),
        (status(message="disk on fire"), BackendError, "disk on fire"),
    ],
)
def test_what_is_no_end_of_a_command_is_an_error(told: bytes, error: type[Exception], words: str) -> None:
    """It says what was done, and what the node said."""
    with pytest.raises(error, match=words) as raised:
        read_status(told, "run 'ls' in web-1", "web-1")

    assert "cannot run 'ls' in web-1" in str(raised.value)
