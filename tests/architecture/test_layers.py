"""Imports go down only; a heavy library is loaded by the one part that needs it, when it needs it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from architecture.source import Module, modules

LIBRARIES = {
    "IPython": ("cloudkit.shell.prompt",),
    "cedarpy": ("cloudkit_bot.policy",),
    "click": ("cloudkit.command", "cloudkit.shell", "cloudkit_bot"),
    "docker": ("cloudkit.engine", "cloudkit.backends.docker"),
    "httpcore": ("cloudkit.registry",),
    "httpx": ("cloudkit.registry",),
    "kubernetes": ("cloudkit.backends.kubernetes",),
    "matplotlib": ("cloudkit_bot.blocks.picture",),
    "msgspec": (
        "cloudkit.backends.kubernetes",
        "cloudkit.config.kubeconfig",
        "cloudkit_bot.alerts.alertmanager",
        "cloudkit_bot.store.incidents",
    ),
    "psycopg": ("cloudkit.journal",),
    "prometheus_client": ("cloudkit.telemetry", "cloudkit_bot"),
    "rich": ("cloudkit.command", "cloudkit.shell", "cloudkit_bot.console"),
    "slack_bolt": ("cloudkit_bot",),
    "slack_sdk": ("cloudkit_bot",),
    "slackblocks": ("cloudkit_bot",),
    "structlog": ("cloudkit.telemetry",),
    "waitress": ("cloudkit_bot.serving",),
    "watchfiles": ("cloudkit.syncing",),
    "websocket": ("cloudkit.backends.kubernetes",),
    "websockets": ("cloudkit_bot.testing",),
    "yaml": ("cloudkit.declared",),
}
CONFIG = Path(__file__).parents[2] / "pyproject.toml"


def test_the_layers_hold() -> None:
    """The contracts in pyproject.toml are kept by the package under test."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]

    done = subprocess.run(command, cwd=CONFIG.parent, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_used_by_its_own_part_alone(library: str) -> None:
    """Whoever wants another library changes one part, and nobody meets its types elsewhere."""
    users = {module.name for module in modules() if library in imported(module)}

    strangers = {user for user in users if not f"{user}.".startswith(tuple(f"{part}." for part in LIBRARIES[library]))}

    assert users, f"nothing uses {library}: drop it here and from the dependencies"
    assert strangers == set()


def test_importing_the_package_loads_no_heavy_library() -> None:
    """A prompt and a completion start fast."""
    code = "import cloudkit, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    heavy = {*LIBRARIES, "sqlite3", "requests", "tenacity", "urllib3"}
    assert heavy & set(loaded) == set()


def imported(module: Module) -> set[str]:
    """Return the libraries that a module imports at run time, at its head or later."""
    return {name.partition(".")[0] for name in names(module.tree.body)}


def names(body: list[ast.stmt]) -> Iterator[str]:
    """Yield what the statements import, but for what only a type checker reads."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from names(statement.orelse)
            continue
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        if isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module
        for field in ("body", "orelse", "finalbody"):
            yield from names(getattr(statement, field, []))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from names(part.body)
