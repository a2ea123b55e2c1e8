"""Whether a replica lives, asked from here and from inside its balancer; and what happens to one that does not."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from contract.drivers.controlling import Controller
from contract.drivers.sending import load

from cloudkit.app import App
from cloudkit.backends.docker.backend import DockerBackend
from cloudkit.backends.docker.healing.asking import Asking
from cloudkit.cloud import Cloud
from cloudkit.errors import CloudkitError
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]

SICKEN = ("curl", "http://127.0.0.1:8080/sicken")


@pytest.fixture(params=["unix", "ssh"])
def asking(request: pytest.FixtureRequest, cloud: Cloud) -> Asking:
    """Asks the replicas of the test's namespace: by their address, or as if the engine were on another machine."""
    backend = cloud.backend
    assert isinstance(backend, DockerBackend)
    engine = backend.engine
    return Asking(engine if request.param == "unix" else replace(engine, endpoint="ssh://far"), backend.namespace)


def test_probes_pass_and_fail_with_their_reason(asking: Asking, cloud: Cloud, image: str) -> None:
    """The same ones from wherever they are asked."""
    web = cloud.deploy("web", image, port=8080, publish=False)

    def ask(probe: Probe) -> str:
        state = web.status()
        return asking.probe(state.spec, state.replicas[0], probe)

    assert ask(HttpProbe(path="/live")) == ""
    assert ask(TcpProbe()) == ""
    assert ask(ExecProbe(command=("true",))) == ""
    assert "9999" in ask(TcpProbe(port=9999))
    assert ask(ExecProbe(command=("sh", "-c", "echo no; exit 3"))) == "sh -c echo no; exit 3 exited with 3: no"
    web.exec(*SICKEN)
    assert ask(HttpProbe(path="/live")) == "GET /live on port 8080 answered 500"


def test_one_that_does_not_answer_in_time_fails(asking: Asking, cloud: Cloud, image: str) -> None:
    """Nobody waits longer than the probe says."""
    web = cloud.deploy("web", image, port=8080, publish=False, env={"LATENCY": "8"})
    state, began = web.status(), time.monotonic()

    reason = asking.probe(state.spec, state.replicas[0], HttpProbe(timeout=1.0))

    assert reason
    assert time.monotonic() - began < 7


def test_one_that_is_gone_is_not_judged(asking: Asking, cloud: Cloud, image: str) -> None:
    """A command cannot be run in it, which says nothing of its life."""
    web = cloud.deploy("web", image, port=8080, publish=False)
    state = web.status()
    web.delete()

    with pytest.raises(CloudkitError):
        asking.probe(state.spec, state.replicas[0], ExecProbe(command=("true",)))


def test_the_only_replica_is_replaced_and_no_request_fails(cloud: Cloud, image: str, namespace: str) -> None:
    """Its successor is ready before it is drained."""
    web = cloud.deploy("web", image, port=8080, publish=0, liveness="http:8080/live every 500ms failures 2")
    (sick,) = web.status().replicas

    with Controller(namespace) as controller, load(web.url) as met:
        controller.until("heals")
        web.exec(*SICKEN)
        controller.until("web app healed")

        said = controller.said

    assert "liveness probe failed: GET /live on port 8080 answered 500" in said
    assert sick.id not in _ids(web)
    assert web.status().ready == 1
    assert met.count
    assert met.failures == []


def _ids(web: App) -> set[str]:
    return {one.id for one in web.status().replicas}
