"""What was wanted, generation by generation, as a cluster keeps it."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from unit.backends.kubernetes.causes.patients import app
from unit.backends.kubernetes.served import served

from cloudkit.backends.kubernetes.labels import GENERATION, SPEC
from cloudkit.backends.kubernetes.records import kept_revisions, newest_revision, read_record, revisions
from cloudkit.errors import ConfigError
from cloudkit.model.secret import LostSecret, Secret


def test_each_revision_can_come_back_with_its_own_secret() -> None:
    """Newest first; the present one is told apart."""
    specs = [app(env={"TOKEN": Secret(f"value {number}")}) for number in (1, 2, 3)]
    there = served(*specs)

    kept = revisions(there.record, there.history, there.secrets)

    assert [(one.number, one.spec, one.current) for one in kept] == [
        (3, specs[2], True),
        (2, specs[1], False),
        (1, specs[0], False),
    ]


def test_equal_templates_are_one_revision() -> None:
    """After a rollback the old number is no second choice."""
    there = served(app(), app(command=("serve",)), app())

    assert [one.number for one in revisions(there.record, there.history)] == [3, 2]


def test_the_present_revision_is_there_before_its_replica_set() -> None:
    """The controller takes a moment."""
    there = served(app(), app(command=("serve",)))

    kept = revisions(there.record, there.history[:1])

    assert [(one.number, one.current) for one in kept] == [(2, True), (1, False)]
    assert newest_revision(there.owner, there.history[:1]) == 2


def test_a_revision_without_its_secret_cannot_come_back() -> None:
    """The others can."""
    there = served(app(env={"TOKEN": Secret("old")}), app())

    assert [one.number for one in revisions(there.record, there.history, ())] == [2]


def test_a_lost_secret_of_the_present_revision_is_a_lost_value() -> None:
    """The app is seen all the same; the value is none, never an empty one."""
    there = served(app(env={"TOKEN": Secret("x"), "MODE": "fast"}))

    record = read_record(there.owner, ())

    assert record is not None
    assert record.spec.env == {"TOKEN": LostSecret("Secret 'web-env-1' of namespace 'ns'"), "MODE": "fast"}
    assert record.spec != there.record.spec


@pytest.mark.parametrize("data", [{}, {"OTHER": "eA=="}, {"TOKEN": "/w=="}], ids=["empty", "another", "no text"])
def test_a_secret_that_a_hand_has_made_anew_gives_what_it_has(data: dict[str, str]) -> None:
    """A variable that it lacks is lost."""
    there = served(app(env={"TOKEN": Secret("x")}))
    changed = [msgspec.structs.replace(one, data=data) for one in there.secrets]

    record = read_record(there.owner, changed)

    assert record is not None
    assert isinstance(record.spec.env["TOKEN"], LostSecret)


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "web", "unheard": 1}'])
def test_a_spec_that_nobody_can_read_is_told(text: str) -> None:
    """It is never taken for an app that is not there."""
    there = served(app())
    annotations = {**there.owner.metadata.annotations, SPEC: text}
    metadata = msgspec.structs.replace(there.owner.metadata, annotations=annotations)

    with pytest.raises(ConfigError):
        read_record(msgspec.structs.replace(there.owner, metadata=metadata))


def test_at_most_ten_revisions_come_back() -> None:
    """As on an engine."""
    there = served(*(app(command=(f"serve {number}",)) for number in range(15)))

    kept = revisions(there.record, there.history)

    assert [one.number for one in kept] == list(range(15, 5, -1))


def test_what_has_pods_or_may_have_them_keeps_its_secret() -> None:
    """The present revision, and each that is kept."""
    there = served(app(), app(command=("serve",)), app(command=("run",)))
    there = dataclasses.replace(there, history=there.history[1:2])

    assert kept_revisions(there.owner, there.history) == {2, 3}
    assert kept_revisions(None, ()) == frozenset()


def test_a_revision_that_was_given_up_is_none_to_go_back_to() -> None:
    """Whoever went back may have been interrupted before it could remove it; its number is not given again."""
    there = served(app(), app(command=("broken",)))
    back = served(app()).owner
    annotations = {**back.metadata.annotations, GENERATION: "3"}
    gone_back = msgspec.structs.replace(back, metadata=msgspec.structs.replace(back.metadata, annotations=annotations))
    record = read_record(gone_back)
    assert record is not None

    kept = revisions(record, there.history)

    assert [one.number for one in kept] == [1]
    assert newest_revision(gone_back, there.history) == 2


def test_what_kubectl_has_gone_back_from_can_come_back() -> None:
    """``kubectl rollout undo`` brings the old generation back, too: nobody has given the newer one up."""
    there = served(app(), app(command=("fine",)))
    undone = read_record(served(app()).owner)
    assert undone is not None

    assert [one.number for one in revisions(undone, there.history)] == [2, 1]
