"""The law of kill -9: whatever a verb leaves behind in the middle, the same verb again finishes the work."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from contract.drivers.driver import PORT, Driver, Verb

from cloudkit.cloud import Cloud
from cloudkit.model.state import AppPhase

OPTIONS: Mapping[str, object] = {"port": PORT, "publish": 0, "replicas": 2}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["deploy", "roll", "scale up", "scale down", "stop", "delete"])
def test_what_a_kill_leaves_is_repaired_by_the_same_verb(driver: Driver, cloud: Cloud, name: str) -> None:
    """In front of every change of the engine that the verb makes."""
    for step in driver.kill_points:
        cloud.app("web").delete()
        verb = _prepared(driver, cloud, name)

        if not driver.kill(verb, step):
            break
        _again(cloud, verb)

        _check(driver, cloud, name, step)


def _prepared(driver: Driver, cloud: Cloud, name: str) -> Verb:
    """Bring the app where the verb begins."""
    if name == "deploy":
        return Verb(name="deploy", options={"name": "web", "image": driver.image, **OPTIONS})
    cloud.deploy("web", driver.image, port=PORT, publish=0, replicas=2)
    verbs = {
        "roll": Verb(name="deploy", app="web", options={"env": {"BODY": "new"}}),
        "scale up": Verb(name="scale", app="web", options={"replicas": 3}),
        "scale down": Verb(name="scale", app="web", options={"replicas": 1}),
        "stop": Verb(name="stop", app="web"),
        "delete": Verb(name="delete", app="web"),
    }
    return verbs[name]


def _again(cloud: Cloud, verb: Verb) -> None:
    getattr(cloud.app(verb.app) if verb.app else cloud, verb.name)(**verb.options)


def _check(driver: Driver, cloud: Cloud, name: str, step: int) -> None:
    where = f"{name}, killed in front of step {step}"
    if name == "delete":
        assert driver.leftovers("web") == [], where
        return
    state = cloud.app("web").status()
    replicas = {"scale up": 3, "scale down": 1, "stop": 2 if driver.keeps_stopped else 0}.get(name, 2)
    phase = AppPhase.STOPPED if name == "stop" else AppPhase.READY
    assert (state.phase, state.settled, len(state.replicas)) == (phase, True, replicas), where
    assert cloud.backend.plan(state.spec).empty, where
    if name != "stop":
        body = "new" if name == "roll" else "hello"
        assert driver.get(state.url).body.startswith(f"{body} from"), where
