"""Plans as a value, over the twin: for any verbs on any apps they say what then happens, and once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudkit import AppState, Cloud, ConfigError, ConflictError, NotFoundError, Plan, Plans, Secret, UsageError
from cloudkit.backends.protocol import Backend
from cloudkit.model.given import GivenSecrets, variable_of
from cloudkit.testing import World, cloud, world_of

APPS = ("web", "api", "db")
Act = Callable[[Cloud], object]


def told(name: str, act: str, number: int) -> Act:
    """Return a verb on an app: it deploys it where it is not there."""

    def done(cloud: Cloud) -> object:
        if act == "delete":
            return cloud.app(name).delete()
        options = {"env": {"N": str(number), "S": Secret(f"hunter{number}")}, "config": {"/etc/n": str(number)}}
        if act == "deploy" or name not in there(cloud):
            return cloud.deploy(name, "web:1", replicas=number, **options)
        verbs: dict[str, Callable[[], object]] = {
            "scale": lambda: cloud.app(name).scale(number),
            "restart": lambda: cloud.app(name).restart(),
            "stop": lambda: cloud.app(name).stop(),
            "start": lambda: cloud.app(name).start(),
            "roll": lambda: cloud.app(name).deploy(env={"N": str(number)}),
        }
        return verbs[act]()

    return done


def there(cloud: Cloud) -> set[str]:
    """Return the apps that are there, counting what is only planned."""
    planned = {plan.app: plan.after is not None for plan in cloud._session.plans or ()}
    names = {one.name for one in cloud.apps()}
    return {name for name in {*names, *planned} if planned.get(name, name in names)}


verbs = st.builds(
    told,
    st.sampled_from(APPS),
    st.sampled_from(["deploy", "scale", "restart", "stop", "start", "roll", "delete"]),
    st.integers(0, 4),
)


def seen(cloud: Cloud) -> dict[str, object]:
    """Return what is wanted and what runs of each app."""
    return {one.name: (one.spec, one.generation, [each.id for each in one.replicas]) for one in cloud.apps()}


def started(world: World) -> Cloud:
    """Return a cloud in which an image is here."""
    made = cloud(world=world)
    made.image("web:1").pull()
    return made


@settings(max_examples=60, deadline=None)
@given(st.lists(verbs, max_size=4), st.lists(verbs, max_size=6))
def test_plans_say_what_then_happens_and_happen_once(before: list[Act], acts: list[Act]) -> None:
    """Planning changes nothing; applying makes exactly what was planned; the same again, and a new plan, are empty."""
    memory = started(World())
    for act in before:
        act(memory)
    first = seen(memory)
    with memory.planning() as plans:
        for act in acts:
            act(memory)
    assert seen(memory) == first

    states = plans.apply()

    present = {one.name: one for one in memory.apps()}
    assert {plan.app: plan.after for plan in plans} == {
        plan.app: present[plan.app].spec if plan.app in present else None for plan in plans
    }
    assert {name: first[name] for name in first.keys() - {plan.app for plan in plans}} == {
        name: value for name, value in seen(memory).items() if name not in {plan.app for plan in plans}
    }
    assert all(one.settled for one in states)
    for plan in plans:
        if plan.after is not None:
            assert memory.backend.plan(plan.after).empty
    done = seen(memory)
    plans.apply()
    assert seen(memory) == done


@settings(max_examples=40, deadline=None)
@given(st.lists(verbs, max_size=3), st.lists(verbs, min_size=1, max_size=5), verbs)
def test_plans_that_are_stale_change_nothing(before: list[Act], acts: list[Act], other: Act) -> None:
    """Whatever another writer has done in between: all is made, or nothing is."""
    memory = started(World())
    for act in before:
        act(memory)
    with memory.planning() as plans:
        for act in acts:
            act(memory)
    other(cloud(world=world_of(memory)))
    first = seen(memory)

    refused = False
    try:
        plans.apply()
    except ConflictError as error:
        refused = bool(error.evidence)
    if refused:
        assert seen(memory) == first
    else:
        present = {one.name: one.spec for one in memory.apps()}
        assert [present.get(plan.app) for plan in plans] == [plan.after for plan in plans]


@settings(max_examples=40, deadline=None)
@given(st.lists(verbs, max_size=3), st.lists(verbs, min_size=1, max_size=5))
def test_plans_out_of_a_file_do_the_same(
    tmp_path_factory: pytest.TempPathFactory, before: list[Act], acts: list[Act]
) -> None:
    """In another process, with the new secrets given again; no value of a secret stands in the file."""
    memory = started(World())
    for act in before:
        act(memory)
    with memory.planning() as plans:
        for act in acts:
            act(memory)
    file = plans.save(tmp_path_factory.mktemp("plans") / "plan.json")
    assert "hunter" not in file.read_text()
    new = {f"{plan.app}:{name}": plan.after.env[name] for plan in plans if plan.after for name in plan.given}

    loaded = cloud(world=world_of(memory)).load_plans(file)
    assert (loaded.digest, loaded.risks, loaded.diff()) == (plans.digest, plans.risks, plans.diff())
    loaded.apply(secrets=new)

    present = {one.name: one.spec for one in memory.apps()}
    assert [present.get(plan.app) for plan in plans] == [plan.after for plan in plans]


@pytest.fixture
def memory() -> Cloud:
    """A cloud with two apps."""
    made = started(World())
    made.deploy("web", "web:1", env={"TOKEN": Secret("hunter2")}, secrets={"key": Secret("hunter4")})
    made.deploy("api", "web:1")
    return made


@pytest.fixture
def plans(memory: Cloud) -> Plans:
    """Changes of both, with a new secret."""
    with memory.planning() as plans:
        memory.app("web").deploy(env={"TOKEN": Secret("hunter3")})
        memory.app("api").scale(3)
    return plans


def test_plans_are_a_sequence_and_a_value(memory: Cloud, plans: Plans) -> None:
    """By place, by length, by equality; one of some apps is one, too."""
    assert [plan.app for plan in plans] == ["web", "api"]
    assert (len(plans), plans[0].app, [one.app for one in plans[1:]]) == (2, "web", ["api"])
    assert plans.only("api") == plans[1:]
    assert hash(plans.only("web", "api")) == hash(plans)
    assert repr(plans) == "<Plans web, api>"
    assert repr(Plans(memory._session, ())) == "<Plans of nothing>"
    assert plans != list(plans)


def test_the_digest_names_what_is_done_and_where(memory: Cloud, plans: Plans) -> None:
    """Order, apps and namespace."""
    other = Plans(cloud(namespace="other")._session, tuple(plans))
    turned = Plans(memory._session, tuple(reversed(plans)))

    assert len({one.digest for one in (plans, other, turned, plans.only("web"), plans.only("api"))}) == 5
    assert plans.checked(plans.digest) is plans
    assert plans.checked(plans.digest[:12]) is plans
    for wrong in ("", plans.digest[:11], "0" * 64):
        with pytest.raises(ConflictError, match="nothing was done"):
            plans.checked(wrong)


def test_an_app_that_is_not_planned_cannot_be_chosen(plans: Plans) -> None:
    """The error names those that are."""
    with pytest.raises(NotFoundError, match="web, api"):
        plans.only("db")


def test_plans_are_not_applied_while_they_are_made(memory: Cloud) -> None:
    """The block ends first."""
    with memory.planning() as plans:
        memory.app("api").scale(2)
        with pytest.raises(UsageError, match="when they are made"):
            plans.apply()

    assert plans.apply()[0].ready == 2


def test_plans_applied_while_one_plans_are_planned(memory: Cloud, plans: Plans) -> None:
    """They join what is being recorded."""
    with memory.planning() as outer:
        assert plans.apply() == ()

    assert outer == plans
    assert memory.app("api").status().generation == 1

    plans.apply()
    with memory.planning() as done:
        plans.apply()
    assert ([plan.app for plan in done], done.empty) == (["web", "api"], True)


def test_what_two_threads_apply_at_once_is_done_once(memory: Cloud, plans: Plans) -> None:
    """However they meet."""
    start, errors = threading.Barrier(4), list[Exception]()

    def make() -> None:
        start.wait()
        try:
            plans.apply()
        except Exception as error:  # noqa: BLE001  # whatever it is, there should be none
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert {one.name: (one.generation, one.ready) for one in memory.apps()} == {"api": (2, 3), "web": (2, 1)}


class Lagging:
    """A backend on which another process makes the same plan first, and which lists that a while later."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._old: list[AppState] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._backend, name)

    def apply(self, plan: Plan, **options: Any) -> AppState | None:
        """Let the other one make it."""
        self._old = [self._backend.get(plan.app)] * 3
        self._backend.apply(plan, **options)
        raise ConflictError("generation 2 is there already")

    def get(self, name: str) -> AppState:
        """Show what was there, for a while."""
        return self._old.pop() if self._old else self._backend.get(name)


def test_who_is_outrun_by_the_same_plan_has_it_made(memory: Cloud) -> None:
    """Though the engine has not listed it yet when it says that somebody was faster."""
    lagging = Cloud(cast("Backend", Lagging(memory.backend)))
    with lagging.planning() as plans:
        lagging.app("api").scale(3)

    (state,) = plans.apply()

    assert (state.generation, state.ready) == (2, 3)


def test_a_namesake_elsewhere_is_not_touched(plans: Plans) -> None:
    """Of the same generation, but not what the plan was made from."""
    other = started(World())
    other.deploy("web", "web:1", env={"THEIRS": "1"})
    other.deploy("api", "web:1")

    with pytest.raises(ConflictError, match="'web' is no longer"):
        Plans(other._session, tuple(plans)).apply()


@pytest.mark.parametrize(
    ("write", "match"),
    [
        pytest.param(lambda path, _: path.write_bytes(b"\xff\xfe"), "no text", id="no text"),
        pytest.param(lambda path, _: path.mkdir(), "cannot be read", id="a folder"),
        pytest.param(lambda path, plans: plans.save(path), "made elsewhere", id="elsewhere"),
    ],
)
def test_a_file_that_is_none_or_from_elsewhere_is_refused(
    tmp_path: Path, plans: Plans, write: Callable[[Path, Plans], object], match: str
) -> None:
    """Before anything is looked at."""
    write(tmp_path / "plan.json", plans)

    with pytest.raises(ConfigError, match=match):
        cloud(namespace="other").load_plans(tmp_path / "plan.json")


def test_a_file_that_is_not_there_or_cannot_be_written_says_so(tmp_path: Path, memory: Cloud, plans: Plans) -> None:
    """With its name."""
    with pytest.raises(NotFoundError, match=r"no\.json"):
        memory.load_plans(tmp_path / "no.json")
    with pytest.raises(ConfigError, match="cannot be written"):
        plans.save(tmp_path / "no" / "plan.json")
    assert plans.save(tmp_path / "plan.json").stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


def test_a_new_secret_is_given_again_by_any_of_its_names(memory: Cloud, plans: Plans, tmp_path: Path) -> None:
    """By app and name, by name, by a file, or by the environment."""
    (tmp_path / "secret").write_text("hunter3\n")
    for secrets in ({"web:TOKEN": "hunter3"}, {"TOKEN": Secret("hunter3")}, {"TOKEN": tmp_path / "secret"}):
        assert GivenSecrets(secrets).value("web", "TOKEN") == Secret("hunter3")
    for variable in (variable_of("web", "TOKEN"), variable_of("", "TOKEN")):
        assert GivenSecrets(environ={variable: "hunter3"}).value("web", "TOKEN") == Secret("hunter3")
    assert variable_of("", "TOKEN") == "CLOUDKIT_SECRET_TOKEN"
    assert GivenSecrets({"key": "hunter4"}).value("web", "/run/secrets/key") == Secret("hunter4")
    assert GivenSecrets({"other": "x"}).value("web", "TOKEN") is None
    loaded = memory.load_plans(plans.save(tmp_path / "plan.json"))

    with pytest.raises(UsageError, match="'TOKN'; there are: web:TOKEN"):
        loaded.apply(secrets={"TOKN": "hunter3"})
    with pytest.raises(UsageError, match="'key'"):
        loaded.apply(secrets={"TOKEN": "hunter3", "key": "it is kept as it is"})
    loaded.apply(secrets={"TOKEN": tmp_path / "secret"})

    spec = memory.app("web").status().spec
    assert isinstance(token := spec.env["TOKEN"], Secret)
    assert (token.reveal(), spec.secrets["/run/secrets/key"].reveal()) == ("hunter3", "hunter4")


def test_a_number_that_an_autoscaler_has_changed_makes_no_plan_stale(memory: Cloud) -> None:
    """It is the autoscaler's, so nobody has changed what is wanted."""
    memory.app("api").autoscale(min=1, max=5, memory="200Mi")
    with memory.planning() as plans:
        memory.app("api").deploy(env={"A": "1"})
    (plan,) = plans
    assert plan.before is not None
    moved = replace(plan, before=plan.before.replace(replicas=4))

    assert Plans(memory._session, (moved,)).apply()[0].spec.env["A"] == "1"


def test_a_plan_in_a_notebook_and_at_a_prompt(plans: Plans) -> None:
    """HTML there, text here; both with the risks and the digest, and without a secret."""
    shown = plans._repr_mimebundle_()

    assert shown.keys() == {"text/plain", "text/html"}
    for text in shown.values():
        assert plans.digest in text
        assert "replaces" in text
        assert "+env.TOKEN: *** (another value)" in text
        assert "hunter" not in text
    assert shown["text/html"].startswith("<pre>")


def test_plans_of_nothing_are_nothing_to_do(memory: Cloud) -> None:
    """To show and to apply."""
    with memory.planning() as plans:
        pass

    assert plans.empty
    assert (str(plans), plans.diff(), plans.risks, plans.apply()) == ("nothing to do", "", (), ())
    assert plans._repr_mimebundle_()["text/plain"] == "nothing to do"
    assert all(isinstance(plan, Plan) for plan in plans)
