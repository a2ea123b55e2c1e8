"""What a volume is made as."""

from __future__ import annotations

import pytest

from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import decode, encode
from cloudkit.model.mount import Mount
from cloudkit.model.reference import Reference
from cloudkit.model.shorthand import mount

MADE = Mount(target="/data", source="data", read_only=True, size="10Gi", storage_class="fast-ssd", shared=True)


def test_one_line_says_all_of_it() -> None:
    """In any order, after the path."""
    assert mount("volumes", "data:/data:shared,size=10Gi,ro,class=fast-ssd") == MADE


@pytest.mark.parametrize("words", ["", "size=", "size", "big", "size=10Gi,", "class", "ro=1", "=", ","])
def test_an_unknown_word_is_refused(words: str) -> None:
    """With the form that is meant."""
    with pytest.raises(UsageError, match="size=10Gi,class=fast,shared"):
        mount("volumes", f"data:/data:{words}")


@pytest.mark.parametrize(
    "text",
    ["data:/data:size=10GB", "data:/data:size=1", "data:/data:size=-1Gi", "data:/data:class=Not_One",
     "tmpfs:/tmp:size=1Gi", "/srv:/srv:shared", "/srv:/srv:class=fast"],
)  # fmt: skip
def test_what_no_volume_is_made_as_is_refused(text: str) -> None:
    """A size that is none, a class that no cluster has, and both of what is no volume."""
    with pytest.raises(UsageError):
        mount("volumes", text)


def test_it_is_stored_and_makes_no_revision() -> None:
    """A running replica sees no difference."""
    spec = AppSpec(name="db", image=Reference.parse("db:1"), mounts=(MADE,))

    assert decode(encode(spec), {}) == spec
    assert spec.template == spec.replace(mounts=(MADE.plain,)).template
    assert spec != spec.replace(mounts=(MADE.plain,))
