"""Every verb that changes something passes the one path: while one plans, none of them acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from cloudkit import App, Cloud
from cloudkit.backends.protocol import Backend
from cloudkit.errors import UnsupportedError
from cloudkit.testing import World, twin
from cloudkit.verbs import Catalogue, Verb
from cloudkit.verbs.parameter import Kind

LOOKS = frozenset({"plan", "plan_adopt", "plan_delete", "get", "apps", "workloads", "revisions", "diagnose"})
IMAGE_LOOKS = frozenset({"find", "images", "holds"})
BESIDES: Mapping[str, Mapping[str, object]] = {"autoscale": {"max": 5, "memory": "200Mi"}}
CHANGING = [verb for verb in Catalogue(Cloud, App).values() if verb.mark.changes]


class Watched:
    """Passes all on, and notes what is called that does more than look."""

    def __init__(self, inner: object, looks: frozenset[str], acted: list[str]) -> None:
        self._inner, self._looks, self._acted = inner, looks, acted

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name == "images" and self._looks is LOOKS:
            return Watched(found, IMAGE_LOOKS, self._acted)
        return partial(self._call, name, found) if callable(found) and name not in self._looks else found

    def _call(self, name: str, method: Callable[..., object], *given: object, **options: object) -> object:
        if not (name == "publish" and options.get("push") is False):
            self._acted.append(name)
        return method(*given, **options)


@pytest.fixture
def acted() -> list[str]:
    """What was called on the backend that does more than look."""
    return []


@pytest.fixture
def cloud(acted: list[str]) -> Cloud:
    """A cloud in memory that has an app, a cron, and an image with two names."""
    world = World()
    cloud = Cloud(cast("Backend", Watched(twin(world=world), LOOKS, acted)))
    web = cloud.deploy("web", "web:1", port=3000, volumes="data:/data")
    web.deploy(env={"A": "1"})
    cloud.image("web:1").pull().tag("web:2")
    cloud.deploy("tick", "web:1", kind="cron", schedule="@daily")
    world.faults.lose(web.status().replicas[0].name)  # so that a controller has something to do
    acted.clear()
    return cloud


@pytest.fixture
def values(cloud: Cloud, acted: list[str], tmp_path: Path) -> Mapping[str, object]:
    """A value for each parameter that some verb needs."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    cloud.save("web:1", tmp_path / "image.tar")
    with cloud.planning() as plans:
        cloud.app("web").scale(4)
    plans.save(tmp_path / "plan.json")
    acted.clear()
    return {
        "name": "web",
        "image": "web:1",
        "reference": "web:1",
        "context": tmp_path,
        "path": tmp_path / "image.tar",
        "wanted": (tmp_path / "plan.json",),
        "replicas": 5,
        "before": "1h",
        "command": ("ls",),
        "source": tmp_path / "Dockerfile",
        "target": "/tmp/copied",
        "sync": (f"{tmp_path}:/tmp/site",),
        "workload": "app/web",
    }


@pytest.mark.parametrize("verb", CHANGING, ids=[verb.name for verb in CHANGING])
def test_no_verb_acts_while_one_plans(verb: Verb, cloud: Cloud, acted: list[str], values: Mapping[str, object]) -> None:
    """It is recorded, or refused since it would act at once; the backend is asked nothing but to look."""
    before = (cloud.apps(), cloud.images())
    refused = False

    with cloud.planning() as plans:
        try:
            called(verb, cloud, values)
        except UnsupportedError as error:
            refused = error.capability == "plan"

    assert acted == []
    assert [(one.spec, one.generation, one.replicas) for one in cloud.apps()] == [
        (one.spec, one.generation, one.replicas) for one in before[0]
    ]
    assert cloud.images() == before[1]
    assert refused is not bool(plans)


def test_the_watch_sees_what_acts(cloud: Cloud, acted: list[str]) -> None:
    """So that the test above can fail."""
    cloud.app("web").scale(2)
    cloud.tag("web:1", "web:3")

    assert acted == ["apply", "tag"]


def called(verb: Verb, cloud: Cloud, values: Mapping[str, object]) -> object:
    """Call a verb with a value for all that it needs, and read its result to the end."""
    positional = [values[one.name] for one in verb.of(Kind.POSITIONAL) if one.required]
    words = [word for one in verb.of(Kind.VARIADIC) for word in cast("tuple[object, ...]", values[one.name])]
    keywords = {one.name: values[one.name] for one in verb.of(Kind.KEYWORD) if one.required}
    keywords |= BESIDES.get(verb.name, {})
    target = "tick" if verb.name == "trigger" else "web"
    result = verb.bound_to(cloud, target if verb.target else None)(*positional, *words, **keywords)
    return list(result) if hasattr(result, "__next__") else result
