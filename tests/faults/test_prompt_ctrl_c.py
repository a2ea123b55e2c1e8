"""Ctrl-C at a prompt while a deploy waits: the wait ends, the change goes on, and a wait attaches to it again."""

from __future__ import annotations

import pytest
from contract.drivers.docker import DockerDriver
from contract.drivers.driver import PORT
from scenario.prompt.kernel import notebook
from scenario.prompt.screen import ipython

from cloudkit.model.state import AppPhase

pytestmark = [pytest.mark.engine]

HINT = "try: %cloud wait web"


def opening(driver: DockerDriver) -> str:
    """The line that connects a prompt."""
    namespace = driver.cloud.backend.namespace
    return f"from cloudkit import Cloud; cloud = Cloud('docker', namespace={namespace!r})"


def deploying(driver: DockerDriver) -> str:
    """A deploy of several replicas, each of which takes seconds to become ready."""
    return f"cloud.deploy('web', {driver.image!r}, port={PORT}, replicas=2, env={{'START_DELAY': '5'}})"


def test_ctrl_c_in_ipython_detaches(driver: DockerDriver) -> None:
    """No traceback, the way to attach again, and all replicas get ready though nobody waits."""
    prompt = ipython()
    try:
        prompt.enter(opening(driver))
        prompt.type(f"{deploying(driver)}\r")
        prompt.until(lambda text: "0/2 ready" in text)

        prompt.child.sendintr()
        shown = prompt.until(lambda text: HINT in text)
        waited = prompt.enter("%cloud wait web", seconds=90)
    finally:
        prompt.close()

    assert "Traceback" not in shown
    assert "detached: app 'web': the wait has ended" in shown
    assert "<App web 2/2 ready" in waited
    assert driver.cloud.app("web").status().phase is AppPhase.READY


def test_interrupting_a_notebooks_kernel_detaches(driver: DockerDriver) -> None:
    """The cell fails with that text alone; the next cell waits."""
    with notebook() as book:
        book.run(opening(driver))
        cell = book.start(deploying(driver))
        book.until(cell, lambda: any("0/2 ready" in html for html in cell.drawn))

        book.manager.interrupt_kernel()
        book.finish(cell)
        waited = book.run("%cloud wait web")

    assert cell.reply["ename"] == "Detached"
    assert HINT in cell.text
    assert "Traceback" not in cell.text
    assert "<App web 2/2 ready" in waited.text
