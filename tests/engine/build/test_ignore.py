"""What ``.dockerignore`` keeps out is the same for the engine's own builder as for BuildKit, on a real engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from engine.build.conftest import BASE, Built

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]

PATHS = (
    "a/1.txt",
    "a/b/2.txt",
    "a/b/keep.md",
    "d/e/f.log",
    "d/keep.log",
    "root.log",
    "root.md",
    "x y/s p.txt",
    "node_modules/m/i.js",
    "deep/node_modules/n.txt",
    "#hash",
    "temp1",
    "tempa",
)
PATTERNS = (
    "**/*.txt\n!**/2.txt",
    "*\n!a/**/*.md",
    "node_modules",
    "**/node_modules\n*.log\n!root.log",
    "temp[^0-9]\n\\#hash",
    "**\n!d/**",
    "x y\na/../root.md",
)


@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.usefixtures("buildx")
def test_both_builders_send_the_same_files(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patterns: str
) -> None:
    """BuildKit reads the file itself; for the other builder cloudkit does."""
    context = tmp_path / "context"
    for path in PATHS:
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        (context / path).write_text("")
    (context / "Dockerfile").write_text(f"FROM {BASE}\nCOPY . /c\n")
    (context / ".dockerignore").write_text(patterns)
    find = ("find", "/c", "-type", "f", "-printf", "%P\\n")

    by_buildkit = set(built.run(built(context), *find).splitlines())
    monkeypatch.setenv("PATH", os.devnull)
    by_engine = set(built.run(built(context), *find).splitlines())

    kept = {"Dockerfile", ".dockerignore"}
    assert by_engine - kept == by_buildkit - kept
