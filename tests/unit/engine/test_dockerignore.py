"""Patterns keep out of a build what BuildKit keeps out: the table is what BuildKit 0.33 did with the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.engine.dockerignore import Ignore, ignore_file
from cloudkit.errors import BuildError

FILES = (
    "!bang",
    "#hash",
    ".dotfile",
    ".env",
    ".git/HEAD",
    "Makefile",
    "README.md",
    "a/1.txt",
    "a/b/2.txt",
    "a/b/c/3.txt",
    "a/b/c/keep.md",
    "a[1].txt",
    "d/e/f.log",
    "d/keep.log",
    "deep/er/n.txt",
    "deep/node_modules",
    "node_modules/m/i.js",
    "root.log",
    "root.md",
    "temp1",
    "tempa",
    "x y/s p.txt",
)
"""What was in the context."""

KEPT_OUT = [
    ("a\n!a/b/c/keep.md", {"a/1.txt", "a/b/2.txt", "a/b/c/3.txt"}),
    ("**/*.txt", {"a/1.txt", "a/b/2.txt", "a/b/c/3.txt", "a[1].txt", "deep/er/n.txt", "x y/s p.txt"}),
    ("**/*.txt\n!**/3.txt", {"a/1.txt", "a/b/2.txt", "a[1].txt", "deep/er/n.txt", "x y/s p.txt"}),
    ("*.log", {"root.log"}),
    ("**/*.log\n!d/keep.log", {"d/e/f.log", "root.log"}),
    ("node_modules", {"node_modules/m/i.js"}),
    ("**/node_modules", {"deep/node_modules", "node_modules/m/i.js"}),
    ("/root.md", {"root.md"}),
    ("./root.md", {"root.md"}),
    ("a/*\n!a/b", {"a/1.txt"}),
    ("*\n!a/**/*.md", set(FILES) - {"a/b/c/keep.md"}),
    ("*\n!**/*.md", set(FILES) - {"README.md", "a/b/c/keep.md", "root.md"}),
    ("# c\n\n  *.md  \n!README.md", {"root.md"}),
    ("\\#hash", {"#hash"}),
    ("\\!bang", {"!bang"}),
    ("a/../root.log", {"root.log"}),
    ("a\\[1\\].txt", {"a[1].txt"}),
    ("a[[]1].txt", {"a[1].txt"}),
    ("temp?", {"temp1", "tempa"}),
    ("**", set(FILES)),
    ("**\n!d/**", set(FILES) - {"d/e/f.log", "d/keep.log"}),
    ("d/**/f.log", {"d/e/f.log"}),
    ("x y", {"x y/s p.txt"}),
    ("a/b/", {"a/b/2.txt", "a/b/c/3.txt", "a/b/c/keep.md"}),
    ("!root.md\n*.md", {"README.md", "root.md"}),
    (".*", {".dotfile", ".env", ".git/HEAD"}),
    ("*/*/*.txt", {"a/b/2.txt", "deep/er/n.txt"}),
    ("temp[0-9]", {"temp1"}),
    ("temp[^0-9]", {"tempa"}),
    ("a/**/c", {"a/b/c/3.txt", "a/b/c/keep.md"}),
    ("**/b", {"a/b/2.txt", "a/b/c/3.txt", "a/b/c/keep.md"}),
    ("b", set()),
    ("a*", {"a/1.txt", "a/b/2.txt", "a/b/c/3.txt", "a/b/c/keep.md", "a[1].txt"}),
    ("!**/keep.log\n**/*.log", {"d/e/f.log", "d/keep.log", "root.log"}),
    ("root.md/", {"root.md"}),
    ("a/b/*\n!a/b/c", {"a/b/2.txt"}),
    ("*\n!*.md\nREADME.md", set(FILES) - {"root.md"}),
    ("**/c/**", {"a/b/c/3.txt", "a/b/c/keep.md"}),
    ("temp[a-z1]", {"temp1", "tempa"}),
    ("*.{md,log}", set()),
    ("!a", set()),
]


@pytest.mark.parametrize(("text", "gone"), KEPT_OUT)
def test_the_same_files_stay_out_as_with_buildkit(text: str, gone: set[str]) -> None:
    """Whatever the mixture of wildcards, exceptions, escapes and folders."""
    ignore = Ignore.parse(text)

    assert {path for path in FILES if ignore.excludes(path)} == gone


@pytest.mark.parametrize("text", [text for text, _ in KEPT_OUT])
def test_a_folder_that_is_skipped_holds_nothing_that_is_kept(text: str) -> None:
    """Skipping saves the walk, and changes nothing."""
    ignore = Ignore.parse(text)
    folders = {path.rsplit("/", 1)[0] for path in FILES if "/" in path}
    skipped = {folder for folder in folders if ignore.excludes(folder) and ignore.hides(folder)}

    assert [path for path in FILES if path.rsplit("/", 1)[0] in skipped and not ignore.excludes(path)] == []


@pytest.mark.parametrize("text", ["!", "[", "a[", "a\\"])
def test_what_is_no_pattern_is_refused_with_its_line(text: str) -> None:
    """As the builder refuses it."""
    with pytest.raises(BuildError) as error:
        Ignore.parse(f"ok\n{text}")

    assert error.value.line == 2


def test_the_dockerfiles_own_file_counts_first(tmp_path: Path) -> None:
    """``<Dockerfile>.dockerignore`` beside it, else the context's."""
    (tmp_path / ".dockerignore").write_text("a")
    assert ignore_file(tmp_path, tmp_path / "Dockerfile") == tmp_path / ".dockerignore"

    (tmp_path / "Dockerfile.dockerignore").write_text("b")
    assert ignore_file(tmp_path, tmp_path / "Dockerfile") == tmp_path / "Dockerfile.dockerignore"
