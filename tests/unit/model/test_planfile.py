"""A file of plans holds all that they are and nothing of a secret; one that is not as it was written is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.model.strategies import app_specs

from cloudkit.errors import ConfigError
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import canonical
from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.planfile import Place, digest_of_plans, plans_from, plans_text
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

PLACE = Place(backend="docker", endpoint="unix:///var/run/docker.sock", namespace="shop")
WEB = AppSpec(name="web", image=Reference.parse("web:1"), env={"TOKEN": Secret("hunter2"), "MODE": "a"})
START = Action(kind=ActionKind.START, object="replica", detail="revision 2")
PLAN = Plan(app="web", backend="docker", generation=4, before=WEB, after=WEB.replace(replicas=3), actions=(START,))
NEW = replace(PLAN, after=WEB.replace(env={"TOKEN": Secret("hunter3")}, config={"/etc/a": "one\ntwo\n"}))
GONE = replace(PLAN, after=None)
TEXT = plans_text(PLACE, (PLAN,))


def sealed(**changes: object) -> str:
    """Return the text with some fields changed by somebody who also makes the checksum anew."""
    document = json.loads(TEXT) | changes
    del document["checksum"]
    return json.dumps(document | {"checksum": sha256(canonical(document).encode()).hexdigest()})


@pytest.mark.parametrize(
    "plans", [(PLAN,), (NEW,), (GONE,), (NEW, replace(PLAN, app="api", before=None, after=None)), ()]
)
def test_what_is_read_shows_itself_as_what_was_written(plans: tuple[Plan, ...]) -> None:
    """The same digest, the same steps, the same differences, the same secrets to be given."""
    place, found = plans_from(plans_text(PLACE, plans), "plan")

    assert place == PLACE
    assert digest_of_plans("shop", found) == digest_of_plans("shop", plans)
    assert [(str(one), one.diff(), one.given, one.risks) for one in found] == [
        (str(one), one.diff(), one.given, one.risks) for one in plans
    ]


@pytest.mark.parametrize("plan", [PLAN, NEW])
def test_no_value_of_a_secret_stands_in_a_file(plan: Plan) -> None:
    """Neither in the clear nor as a digest, from which a short one is guessed."""
    text = plans_text(PLACE, (plan,))

    for value in ("hunter2", "hunter3"):
        assert value not in text
        assert sha256(value.encode()).hexdigest() not in text


def test_a_secret_of_a_file_is_kept_or_new() -> None:
    """What is kept is as what was there; what is new is not."""
    ((kept,), (new,)) = (plans_from(plans_text(PLACE, (plan,)), "plan")[1] for plan in (PLAN, NEW))

    assert kept.before is not None
    assert kept.after is not None
    assert kept.after.env["TOKEN"] == kept.before.env["TOKEN"]
    assert (kept.given, new.given) == ((), ("TOKEN",))


def test_another_value_of_a_secret_is_another_digest() -> None:
    """Who approves a change approves whether a secret changes, too."""
    same, other = (replace(PLAN, after=WEB.replace(user="node", env={"TOKEN": Secret(v)})) for v in ("hunter2", "x"))

    assert same.digest != other.digest


REFUSED = {
    "empty": ("", "no whole plan"),
    "half": (TEXT[: len(TEXT) // 2], "no whole plan"),
    "the end is missing": (TEXT[:-3], "no whole plan"),
    "another JSON": ("[1]", "is no plan"),
    "another document": ('{"cloudkit": "journal"}', "is no plan"),
    "a step more": (TEXT.replace("revision 2", "revision 3"), "was changed"),
    "another number": (TEXT.replace('"replicas": 3', '"replicas": 9'), "was changed"),
    "no checksum": (json.dumps({k: v for k, v in json.loads(TEXT).items() if k != "checksum"}), "was changed"),
    "changed and sealed": (sealed(namespace="other"), "digest"),
    "another digest": (sealed(digest="0" * 64), "digest"),
    "a field is missing": (sealed(plans=[{"app": "web"}]), "cannot be read"),
    "a wrong kind": (sealed(plans=[7]), "cannot be read"),
    "another app": (sealed(plans=[json.loads(TEXT)["plans"][0] | {"app": "api"}]), "cannot be read"),
    "a newer version": (sealed(version=2), "version 2"),
}


@pytest.mark.parametrize(("text", "match"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_as_it_was_written_is_refused(text: str, match: str) -> None:
    """With what is wrong with it and what to do."""
    with pytest.raises(ConfigError, match=match) as caught:
        plans_from(text, "plan 'x'")

    assert str(caught.value).startswith("plan 'x'")
    assert "make the plan again" in caught.value.hint


@settings(max_examples=40, deadline=None)
@given(st.none() | app_specs(), app_specs(), st.integers(0, 10**6))
def test_any_plan_comes_back(before: AppSpec | None, after: AppSpec, generation: int) -> None:
    """Whatever a spec says."""
    before = before and before.replace(name=after.name)
    plan = replace(PLAN, app=after.name, before=before, after=after, generation=generation)

    ((found,),) = (plans_from(plans_text(PLACE, (plan,)), "plan")[1:],)

    assert (found[0].digest, found[0].diff(), found[0].given) == (plan.digest, plan.diff(), plan.given)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(TEXT) - 2), st.characters(codec="ascii"))
def test_any_other_character_is_seen(place: int, character: str) -> None:
    """A file with one character changed is refused, or says the same."""
    text = TEXT[:place] + character + TEXT[place + 1 :]

    try:
        found = plans_from(text, "plan")
    except ConfigError:
        return
    assert found == plans_from(TEXT, "plan")
