"""Which verb tells what is there of a kind."""

from __future__ import annotations

import pytest

from cloudkit import App, Cloud
from cloudkit.model.image import ImageState
from cloudkit.model.port import Port
from cloudkit.model.secret import Secret
from cloudkit.model.state import AppState, Replica, Revision
from cloudkit.verbs import Catalogue, source_of

CATALOGUE = Catalogue(Cloud, App)


@pytest.mark.parametrize(
    ("kind", "verb", "path"),
    [
        (AppState, "apps", ()),
        (ImageState, "images", ()),
        (Revision, "revisions", ()),
        (Replica, "status", ("replicas",)),
        (Port, "status", ("spec", "ports")),
    ],
)
def test_a_kind_is_listed_or_a_part_of_a_state(kind: type, verb: str, path: tuple[str, ...]) -> None:
    """By the root, by a handle, or inside of what a handle shows."""
    source = source_of(CATALOGUE, kind, target=True)

    assert source is not None
    assert (source.verb.name, source.path) == (verb, path)


def test_what_nobody_lists_has_no_source() -> None:
    """Nothing is offered then."""
    assert source_of(CATALOGUE, Secret, target=True) is None


def test_a_handles_own_kinds_need_its_name() -> None:
    """Without one there is nobody to ask."""
    assert source_of(CATALOGUE, Replica, target=False) is None


def test_the_states_are_found_inside_of_the_result() -> None:
    """Also those of what is wanted."""
    web = Cloud("memory").deploy("web", "web:1", port=3000)
    source = source_of(CATALOGUE, Port, target=True)

    assert source is not None
    assert [port.number for port in source.states(web.status())] == [3000]
