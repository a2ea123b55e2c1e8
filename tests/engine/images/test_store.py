"""Images on a real engine: found, tagged, removed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine.images.conftest import Make

from cloudkit.engine.images import EngineImages
from cloudkit.errors import ConflictError, NotFoundError, UsageError
from cloudkit.model.reference import Digest, Reference

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]


def other(reference: Reference, tag: str) -> Reference:
    """Return the same repository with another tag."""
    return replace(reference, tag=tag, digest=None)


def test_an_image_is_found_by_tag_and_by_digest(store: EngineImages, make: Make) -> None:
    """Both ways it is the same image, pinned by the same digest."""
    made = make()

    by_tag = store.find(other(made.reference, "1"))
    by_both = store.find(made.reference)
    by_digest = store.find(replace(made.reference, tag=None))

    assert by_tag.digest == by_both.digest == by_digest.digest == made.digest
    assert by_tag.reference == by_both.reference == made.reference


def test_a_pinned_image_is_found_though_its_tag_has_moved(store: EngineImages, make: Make) -> None:
    """The digest goes before the tag."""
    first, second = make(), make()

    store.tag(second, other(first.reference, "1"))

    assert store.find(first.reference).created == first.created
    assert store.find(first.reference).digest == first.digest
    assert store.find(other(first.reference, "1")).digest != first.digest


def test_what_is_not_here_is_not_found(store: EngineImages) -> None:
    """By tag and by digest; the hint is the command that fetches it."""
    absent = Reference.parse("cloudkit.test/nowhere:1")

    for reference in (absent, absent.pinned(Digest("sha256", "1" * 64))):
        with pytest.raises(NotFoundError, match="docker pull"):
            store.find(reference)


def test_a_second_name_is_one_more_tag(store: EngineImages, make: Make) -> None:
    """Both names are listed, on the one image."""
    made = make()

    again = store.tag(made, other(made.reference, "two"))

    assert (again.digest, again.reference.tag) == (made.digest, "two")
    listed = next(state for state in store.images() if state.digest == made.digest)
    assert {tag.tag for tag in listed.tags} >= {"1", "two"}


def test_a_digest_is_no_tag(store: EngineImages, make: Make) -> None:
    """A name that is only a digest cannot be given."""
    made = make()

    with pytest.raises(UsageError, match="no tag"):
        store.tag(made, replace(made.reference, tag=None))


def test_removing_takes_the_name_and_nothing_else(store: EngineImages, make: Make) -> None:
    """The image stays as long as it has a name; doing it twice is no error."""
    made = make()
    store.tag(made, other(made.reference, "two"))

    store.remove(other(made.reference, "1"))
    store.remove(other(made.reference, "1"))

    assert store.find(other(made.reference, "two")).digest == made.digest
    with pytest.raises(NotFoundError):
        store.find(other(made.reference, "1"))


def test_a_pinned_name_that_has_moved_is_not_taken_away(store: EngineImages, make: Make) -> None:
    """What the tag means now stays, though the one that is pinned is to go."""
    first, second = make(), make()
    store.tag(second, other(first.reference, "1"))

    store.remove(first.reference)

    assert store.find(other(first.reference, "1")).digest


def test_a_pinned_name_that_has_moved_is_not_pushed(store: EngineImages, make: Make) -> None:
    """The registry would get another image than the caller holds."""
    first, second = make(), make()
    store.tag(second, other(first.reference, "1"))

    with pytest.raises(ConflictError, match="is no longer"):
        store.push(first.reference)
