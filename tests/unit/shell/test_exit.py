"""The exit code of a look that finds something missing."""

from __future__ import annotations

import pytest

from cloudkit.model.check import Check
from cloudkit.model.rows import Rows
from cloudkit.shell.run import exit_code_of


@pytest.mark.parametrize(
    ("needed", "ok", "code"), [(True, False, 1), (True, True, 0), (False, False, 0), (False, True, 0)]
)
def test_what_is_needed_and_missing_is_a_failure(needed: bool, ok: bool, code: int) -> None:  # noqa: FBT001 # a table
    """So that a script stops before a deployment would; what one can do without is only told."""
    checks = [Check(name="metrics", ok=True), Check(name="permissions", ok=ok, needed=needed)]

    assert exit_code_of(Rows(checks, Check)) == code
