"""A Secret of an app that a hand has removed: the app is seen, stopped and deleted, and mended by a deployment."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConfigError
from cloudkit.model.cause import CauseCode
from cloudkit.model.secret import Secret

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
VALUE = "correct-horse"


@pytest.fixture
def web(api: Any, space: str, cloud: Cloud, image: str) -> App:
    """An app that runs, and whose Secret is gone."""
    env = {"TOKEN": Secret(VALUE), "MODE": "fast"}
    web = cloud.deploy("web", image, command=("sh", "-c", "trap exit TERM; sleep 600 & wait"), env=env)
    client.CoreV1Api(api).delete_namespaced_secret("web-env-1", space)
    return web


def test_it_is_seen_with_its_cause(web: App, cloud: Cloud) -> None:
    """Its replica runs on."""
    listed, state = cloud.apps()[0], web.status()

    assert (listed.ready, state.ready) == (1, 1)
    for one in (listed, state):
        assert one.cause is not None
        assert one.cause.code is CauseCode.SECRET_MISSING
        assert "'web-env-1'" in one.cause.summary


def test_a_deployment_that_gives_the_values_anew_mends_it(web: App, cloud: Cloud) -> None:
    """With a revision of its own, and no word of the lost one afterwards."""
    web.deploy(env={"TOKEN": Secret(VALUE), "MODE": "fast"})

    state = web.status()
    assert (state.settled, state.revision, state.cause) == (True, 2, None)
    assert web.exec("sh", "-c", "echo $TOKEN $MODE").output == f"{VALUE} fast\n"
    assert cloud.backend.plan(state.spec).empty
    assert [one.number for one in web.revisions()] == [2]


def test_a_change_that_needs_the_value_says_so(web: App) -> None:
    """Before anything is changed; one that needs none goes through."""
    before = web.status()

    for change in (lambda: web.scale(2), web.restart, lambda: web.deploy(command=("sleep", "600"))):
        with pytest.raises(ConfigError, match="'web-env-1'") as caught:
            change()
        assert "Secret(...)" in caught.value.hint

    assert web.status().generation == before.generation
    assert web.stop().status().replicas == ()
    with pytest.raises(ConfigError, match="'web-env-1'"):
        web.start()


def test_a_failed_mending_goes_back_to_what_runs(web: App) -> None:
    """The replica that has the value in its memory goes on."""
    before = web.status().replicas

    with pytest.raises(Exception, match="revision 1 runs again"):
        web.deploy(env={"TOKEN": Secret(VALUE)}, command=("no-such-program",))

    assert web.status().replicas == before
    assert web.status().settled


def test_it_is_deleted(api: Any, space: str, web: App, cloud: Cloud) -> None:
    """With all that is left of it."""
    web.delete()

    assert cloud.apps() == ()
    assert client.CoreV1Api(api).list_namespaced_secret(space).items == []
