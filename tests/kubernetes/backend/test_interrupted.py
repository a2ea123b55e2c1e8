"""Who leaves a roll in the middle leaves it to the cluster; who comes back goes on with it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from testbed.cluster.given import Given

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.model.state import AppPhase

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

SLOWLY = ("sh", "-c", "sleep 6; exec python -m http.server 8080")
ROLL = """
import sys
from cloudkit.cloud import Cloud
Cloud("kubernetes", namespace=sys.argv[1]).app("web").deploy(command=("sh", "-c", sys.argv[2]))
"""


def test_ctrl_c_leaves_at_once_and_the_cluster_goes_on(cluster: Given, space: str, web: App, cloud: Cloud) -> None:
    """No thread and no connection holds the process; the same verb afterwards waits for the rest."""
    before = {one.id for one in web.status().replicas}
    with subprocess.Popen(
        [sys.executable, "-c", ROLL, space, SLOWLY[2]], env={"KUBECONFIG": str(cluster.kubeconfig), "PATH": "/bin"},
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        while web.status().revision == 1:
            assert process.poll() is None
            time.sleep(0.1)
        time.sleep(1)

        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        told = process.communicate(timeout=30)[1].decode()
        took = time.monotonic() - asked

    assert "KeyboardInterrupt" in told
    assert took < 5
    web.deploy(command=SLOWLY)
    state = web.status()
    assert (state.phase, state.revision, state.generation) == (AppPhase.READY, 2, 2)
    assert before.isdisjoint(one.id for one in state.replicas)
    assert cloud.backend.plan(state.spec).empty


def test_what_is_not_waited_for_is_brought_there_by_the_cluster(web: App) -> None:
    """The record says what is wanted, and its controllers do it."""
    web.deploy(command=SLOWLY, wait=False)
    at_once = web.status()

    web.wait(timeout=60)

    assert (at_once.revision, at_once.phase) == (2, AppPhase.PROGRESSING)
    assert web.status().phase is AppPhase.READY
