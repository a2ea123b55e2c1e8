"""A plan is a value: it names itself, says what changes, and hides every secret."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from unit.model.strategies import app_specs

from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.port import Port
from cloudkit.model.reference import Reference
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

WEB = AppSpec(name="web", image=Reference.parse("web:1"), ports=(Port(number=3000, publish=3000),), replicas=2)
DB = WEB.replace(kind="stateful", replicas=1)
NEW = WEB.replace(image=Reference.parse("web:2"))
START = Action(kind=ActionKind.START, object="replica", detail="revision 2")
DRAIN = Action(kind=ActionKind.DRAIN, object="replica", name="web-1")
PLAN = Plan(app="web", backend="docker", generation=1, before=WEB, after=NEW, actions=(START, DRAIN))


def _plan(before: AppSpec | None, after: AppSpec | None, *actions: Action) -> Plan:
    return replace(PLAN, before=before, after=after, actions=actions or PLAN.actions)


def test_a_plan_reads_as_a_list_of_steps() -> None:
    """One line a step, in order."""
    assert str(PLAN) == "web on docker: 2 steps\n  1. start replica revision 2\n  2. drain replica web-1"


def test_an_empty_plan_says_so() -> None:
    """Applying it does nothing."""
    empty = replace(PLAN, actions=())

    assert empty.empty
    assert str(empty) == "web on docker: nothing to do"


@pytest.mark.parametrize(
    "changes",
    [
        {"app": "api"},
        {"backend": "kubernetes"},
        {"generation": 2},
        {"after": NEW.replace(replicas=3)},
        {"after": None},
        {"actions": (DRAIN, START)},
        {"actions": (START,)},
        {"actions": (START, replace(DRAIN, name="web-2"))},
    ],
)
def test_a_digest_names_one_change_only(changes: dict[str, Any]) -> None:
    """Another app, start, end or step is another digest; the same content is the same."""
    assert replace(PLAN, **changes).digest != PLAN.digest
    assert replace(PLAN).digest == PLAN.digest
    assert len(PLAN.digest) == 64


def test_the_digest_is_that_of_the_canonical_text() -> None:
    """An approval is given in one process and applied in another, so the digest depends on neither."""
    text = (
        '{"actions":[{"detail":"revision 2","kind":"start","name":"","object":"replica"},'
        '{"detail":"","kind":"drain","name":"web-1","object":"replica"}],'
        '"after":{"image":"docker.io/library/web:2","name":"web","ports":[{"number":3000,"publish":3000}],"replicas":2},'
        '"app":"web","backend":"docker","generation":1}'
    )

    assert PLAN.digest == hashlib.sha256(text.encode()).hexdigest()


DOWNTIME: list[tuple[str, AppSpec | None, AppSpec | None, tuple[Action, ...], bool]] = [
    ("a roll", WEB, NEW, (), False),
    ("a first deployment", None, NEW, (), False),
    ("more replicas", WEB, WEB.replace(replicas=3), (), False),
    ("a deletion", WEB, None, (), True),
    ("a stop", WEB, WEB.replace(stopped=True), (), True),
    ("no replica", WEB, WEB.replace(replicas=0), (), True),
    ("the deletion of what was stopped", WEB.replace(stopped=True), None, (), False),
    ("the deletion of what had no replica", WEB.replace(replicas=0), None, (), False),
    ("a roll that spares none", WEB, NEW.replace(rollout=Rollout(max_surge=0, max_unavailable=2)), (), True),
    ("a roll that spares one", WEB, NEW.replace(rollout=Rollout(max_surge=0, max_unavailable=1)), (), False),
    ("a scale that would spare none", WEB, WEB.replace(replicas=1, rollout=Rollout(max_unavailable=1)), (), False),
    ("a stateful roll of one", DB, DB.replace(user="node"), (), True),
    ("a stateful roll of two", DB.replace(replicas=2), DB.replace(replicas=2, user="node"), (), False),
    ("another balancer", WEB, NEW, (Action(kind=ActionKind.REPLACE, object="balancer"),), True),
    ("no balancer any more", WEB, NEW, (Action(kind=ActionKind.REMOVE, object="balancer"),), True),
    ("a balancer told otherwise", WEB, NEW, (Action(kind=ActionKind.UPDATE, object="balancer"),), False),
    ("a first balancer", WEB, NEW, (Action(kind=ActionKind.CREATE, object="balancer"),), False),
]


@pytest.mark.parametrize(
    ("before", "after", "actions", "downtime"), [pytest.param(*case[1:], id=case[0]) for case in DOWNTIME]
)
def test_downtime_is_told_before_it_happens(
    before: AppSpec | None, after: AppSpec | None, actions: tuple[Action, ...], *, downtime: bool
) -> None:
    """True when nobody answers at some moment though somebody did before."""
    plan = _plan(before, after, *actions)

    assert plan.downtime is downtime
    assert (", with downtime" in str(plan)) is downtime


def test_a_plan_without_steps_has_no_downtime() -> None:
    """What does nothing breaks nothing."""
    assert not replace(PLAN, after=None, actions=()).downtime


def test_a_diff_shows_what_changes() -> None:
    """Both sides of each field that differs, defaults written out."""
    diff = _plan(WEB, WEB.replace(replicas=3, user="node", ports=(Port(number=3000),))).diff()

    assert diff.splitlines() == [
        "--- web, generation 1",
        "+++ web, generation 2",
        "-ports[0].publish: 3000",
        "+ports[0].publish: null",
        "-replicas: 2",
        "+replicas: 3",
        "-user: null",
        '+user: "node"',
    ]


def test_a_diff_of_what_was_not_there_shows_what_was_chosen() -> None:
    """A new app is shown by what it has, one that goes by what it had; defaults are left out."""
    made, gone = _plan(None, WEB).diff().splitlines(), _plan(WEB, None).diff().splitlines()

    assert made[:4] == ["--- nothing", "+++ web, generation 2", '+name: "web"', '+image: "docker.io/library/web:1"']
    assert gone[:2] == ["--- web, generation 1", "+++ nothing"]
    assert [line[1:] for line in made[2:]] == [line[1:] for line in gone[2:]]


def test_a_diff_of_nothing_is_empty() -> None:
    """No field, no line."""
    assert _plan(WEB, WEB).diff() == ""


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({"T": Secret("one")}, {"T": Secret("two")}, ["-env.T: ***", "+env.T: *** (another value)"]),
        ({"T": Secret("one")}, {"T": Secret("one")}, []),
        ({"T": "one"}, {"T": Secret("one")}, ["-env.T: ***", "+env.T: ***"]),
        ({"T": Secret("one")}, {"T": "two"}, ["-env.T: ***", "+env.T: *** (another value)"]),
        ({}, {"T": Secret("one")}, ["+env.T: ***"]),
        ({"A.B": Secret("one")}, {}, ["-env.A.B: ***"]),
        ({"T": "one"}, {"T": "two"}, ['-env.T: "one"', '+env.T: "two"']),
    ],
    ids=["changed", "same", "hidden now", "shown now", "new", "gone", "no secret"],
)
def test_a_diff_tells_that_a_secret_changes_and_never_what_it_is(
    old: dict[str, Any], new: dict[str, Any], lines: list[str]
) -> None:
    """A variable that is secret on one side is hidden on both, as the value may be the same."""
    diff = _plan(WEB.replace(env=old), WEB.replace(env=new)).diff()

    assert diff.splitlines()[2:] == lines


def test_a_diff_cannot_steer_a_terminal() -> None:
    """Values are written as JSON, so control characters show as escapes."""
    diff = _plan(WEB, WEB.replace(env={"A": "\x1b[2J\u202e\n"})).diff()

    assert diff.splitlines()[2:] == [r'+env.A: "\u001b[2J\u202e\n"']


def test_no_form_of_a_plan_shows_a_secret() -> None:
    """Neither text, repr, diff nor the error of a comparison."""
    plan = _plan(WEB.replace(env={"T": Secret("hunter2")}), NEW.replace(env={"T": Secret("hunter3")}))

    assert "hunter" not in f"{plan}{plan!r}{plan.diff()}{plan.digest}"


@settings(max_examples=50)
@given(app_specs(), app_specs())
def test_a_diff_is_empty_exactly_when_nothing_changes(old: AppSpec, new: AppSpec) -> None:
    """Every difference has a line."""
    assert bool(_plan(old, new).diff()) == (old != new)
    assert _plan(old, old).diff() == ""
