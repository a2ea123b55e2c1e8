"""The files that are kept the same, and what has become of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.errors import NotFoundError, UsageError
from cloudkit.model.sync import Sync
from cloudkit.syncing.tree import Tree, difference

NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
LOOKS = st.dictionaries(NAMES, st.tuples(st.integers(0, 1)), max_size=8).filter(
    lambda look: not any(other.startswith(f"{name}/") for name in look for other in look)  # a file is no folder
)


def tree(folder: Path, *ignored: str) -> Tree:
    """A folder that is kept the same."""
    return Tree(Sync(source=folder, target="/app"), ignored)


@given(LOOKS, LOOKS)
def test_a_difference_makes_one_of_the_other(before: dict[str, tuple[int]], after: dict[str, tuple[int]]) -> None:
    """Removing what is gone and laying what is there leaves what is wanted, and nothing else."""
    change = difference(before, after)

    copy = {
        name: seen
        for name, seen in before.items()
        if not any(name == gone or name.startswith(f"{gone}/") for gone in change.gone)
    }
    copy |= {name: after[name] for name in change.there}
    assert copy == after


@given(LOOKS)
def test_what_is_the_same_is_no_change(look: dict[str, tuple[int]]) -> None:
    """Nothing is copied for nothing."""
    assert not difference(look, look)


def test_a_folder_that_is_gone_is_removed_as_one() -> None:
    """Not file by file."""
    assert difference({"a/b/1": (1,), "a/b/2": (1,), "a/c": (1,)}, {"a/c": (1,)}).gone == ("a/b",)


@pytest.mark.parametrize("name", [".git/HEAD", "node_modules/x/index.js", "a/__pycache__/b.pyc", ".a.py.swp", "a.py~"])
def test_what_editors_and_this_machine_leave_is_left_out(tmp_path: Path, name: str) -> None:
    """Without being told."""
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")

    assert dict(tree(tmp_path).look()) == {}


def test_the_dockerignore_of_the_folder_that_builds_counts(tmp_path: Path) -> None:
    """Its patterns are relative to it, and one may take back."""
    (tmp_path / ".dockerignore").write_text("src/*.log\n!src/keep.log\n")
    (tmp_path / "src").mkdir()
    for name in ("a.log", "keep.log", "a.py"):
        (tmp_path / "src" / name).write_text("x")

    assert sorted(tree(tmp_path / "src").look()) == ["a.py", "keep.log"]


def test_more_can_be_left_out(tmp_path: Path) -> None:
    """By the caller."""
    (tmp_path / "a.md").write_text("x")

    assert dict(tree(tmp_path, "*.md").look()) == {}


def test_a_file_that_is_a_link_is_its_content(tmp_path: Path) -> None:
    """A link to a folder is not entered, and a broken one is nothing."""
    (tmp_path / "here").mkdir()
    (tmp_path / "real").write_text("x")
    (tmp_path / "here" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "here" / "broken").symlink_to("nothing")
    (tmp_path / "here" / "around").symlink_to(tmp_path)
    here = tree(tmp_path / "here")

    here.stage(difference({}, here.look()), tmp_path / "staged")

    assert sorted(here.look()) == ["link"]
    assert (tmp_path / "staged" / "link").read_text() == "x"
    assert not (tmp_path / "staged" / "link").is_symlink()


@pytest.mark.parametrize("text", ["src", ":/app", "src:app", "src:/", "src:/a/../..", ""])
def test_what_is_no_sync_is_refused(text: str) -> None:
    """With the form."""
    with pytest.raises(UsageError, match="SOURCE:/TARGET"):
        Sync.parse(text)


def test_a_source_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """Before anything is copied."""
    with pytest.raises(NotFoundError, match="nowhere"):
        tree(tmp_path / "nowhere")
