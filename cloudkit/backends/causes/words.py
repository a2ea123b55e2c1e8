"""How causes are put: the evidence, bounded and safe to look at, and the calls that mend."""

from __future__ import annotations

from cloudkit.backends.causes.life import Life
from cloudkit.backends.exits import exit_words
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.plain import plain

__all__ = ["cause", "deploy", "logs"]

LINES = 8
WIDTH = 300


def cause(code: CauseCode, life: Life, what: str, *, fix: str, seen: str = "", certain: bool = True) -> Cause:
    """Return a cause that names the replica.

    Args:
        code: Which.
        life: The replica: its exit code, the engine's words and its last log lines are the evidence.
        what: What is wrong with it, read after its name.
        fix: The call that mends it.
        seen: What was seen besides.
        certain: True when waiting cannot help.
    """
    lines = [seen] if seen else []
    if life.exit_code is not None and life.status != "running":
        lines.append(f"exit code {exit_words(life.exit_code)}")
    if life.error:
        lines.append(life.error)
    shown = [_line(line) for line in (*lines, *life.log[-LINES:])]
    return Cause(code=code, summary=f"{life.name} {what}", evidence=tuple(shown), fix=fix, certain=certain)


def deploy(spec: AppSpec, options: str) -> str:
    """Return the call that deploys the same image otherwise."""
    return f"cloudkit deploy {spec.name} {spec.image.familiar} {options}"


def logs(spec: AppSpec) -> str:
    """Return the call that shows what the app printed."""
    return f"cloudkit logs {spec.name}"


def _line(text: str) -> str:
    line = plain(" ".join(text[: 4 * WIDTH].splitlines()))
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
