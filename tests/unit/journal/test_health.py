"""Which revision a rollback chooses, as a table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cloudkit.journal.health import Health, health_of, healthy
from cloudkit.journal.row import Row
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference
from cloudkit.model.state import Revision

SPEC = AppSpec(name="web", image=Reference.parse("web:1"))


def revisions(*numbers: int) -> list[Revision]:
    """Earlier revisions, newest first."""
    return [Revision(number=number, spec=SPEC, created_at=datetime(2026, 1, 1, tzinfo=UTC)) for number in numbers]


def row(number: int, **columns: object) -> Row:
    """A change."""
    base: dict[str, object] = {
        "backend": "docker", "endpoint": "e", "namespace": "n", "verb": "deploy", "app": "web", "identity": "a",
        "origin": "shell", "host": "h", "pid": 1, "plan": "p", "settled": 1, "begun": number, "before": "x",
    }  # fmt: skip
    return Row(number=number, **base | columns)  # type: ignore[arg-type]  # columns


@pytest.mark.parametrize(
    ("known", "chosen", "why"),
    [
        ({3: True, 2: True}, 3, "revision 3, which was ready at"),
        ({3: False, 2: True}, 2, "revision 3 was not ready at"),
        ({2: True}, 2, "revision 3 has no entry that tells whether it was ready"),
        ({3: False, 2: False}, 1, "no other is known to have been ready"),
        ({}, 3, "revision 3, which has no entry"),
        ({3: False, 2: False, 1: False}, 3, "none is known to have been ready"),
    ],
)
def test_the_last_one_that_was_healthy_is_chosen(known: dict[int, bool], chosen: int, why: str) -> None:
    """Then one of which nothing is known, then the one before."""
    health = {number: Health(ready=ready, at=0, entry=1) for number, ready in known.items()}

    revision, said = healthy(revisions(3, 2, 1), health)

    assert revision.number == chosen
    assert why in said


def test_what_was_seen_last_of_a_revision_counts() -> None:
    """At the end of its own change, and when the next one began."""
    rows = [
        row(1, before=None, revision=1, ready=1),
        row(2, found_revision=1, found_ready=1, revision=2, ready=1),
        row(3, found_revision=2, found_ready=0, revision=3, ready=None),
    ]

    assert {number: health.ready for number, health in health_of(rows).items()} == {1: True, 2: False}


def test_an_app_that_was_made_anew_has_a_past_of_its_own() -> None:
    """Its revisions count from 1 again."""
    rows = [row(1, before=None, revision=1, ready=1), row(2, wanted=None), row(3, before=None, revision=1, ready=0)]

    assert [health.ready for health in health_of(rows).values()] == [False]


def test_a_refused_change_says_nothing() -> None:
    """What it found was another's."""
    assert health_of([row(1, outcome="conflict", revision=1, ready=1)]) == {}
