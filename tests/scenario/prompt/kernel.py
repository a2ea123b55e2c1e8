"""A real Jupyter kernel, and what a notebook would show of a cell."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel
from scenario.cli.conftest import environment

__all__ = ["Cell", "Notebook", "notebook"]

SECONDS = 60


@dataclass
class Cell:
    """What a cell has shown.

    Args:
        id: The message that began it.
        outputs: Its outputs, as they are at its end.
        drawn: Each HTML that stood in its place meanwhile.
        reply: The kernel's answer.
        ended: True once there is no more to come.
    """

    id: str
    outputs: list[dict[str, Any]] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)
    ended: bool = False
    _places: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hear(self, message: dict[str, Any]) -> None:
        """Take one message of the kernel."""
        kind, content = message["msg_type"], message["content"]
        place = content.get("transient", {}).get("display_id", "")
        self.drawn += [content["data"]["text/html"]] if "text/html" in content.get("data", {}) else []
        if kind == "update_display_data":
            self._places[place].update(content["data"])
        elif kind in {"display_data", "execute_result"}:
            self.outputs.append(dict(content["data"]))
            self._places[place] = self.outputs[-1]
        elif kind == "stream":
            self.outputs.append({"text/plain": content["text"]})
        elif kind == "status":
            self.ended = content["execution_state"] == "idle"
        elif kind == "error":
            self.outputs.append({"error": "\n".join(content["traceback"])})

    @property
    def text(self) -> str:
        """Its outputs as text."""
        return "\n".join(str(next(iter(output.values()))) for output in self.outputs)

    @property
    def html(self) -> str:
        """Its outputs as HTML, where they are."""
        return "".join(output.get("text/html", "") for output in self.outputs)


class Notebook:
    """A kernel that runs cells.

    Args:
        client: Speaks with the kernel.
        manager: Has started it.
    """

    def __init__(self, client: BlockingKernelClient, manager: KernelManager) -> None:
        self.client = client
        self.manager = manager

    def run(self, code: str) -> Cell:
        """Run a cell, and return what it has shown."""
        return self.finish(self.start(code))

    def start(self, code: str) -> Cell:
        """Begin a cell."""
        return Cell(id=self.client.execute(code, allow_stdin=False))

    def until(self, cell: Cell, there: Callable[[], object]) -> None:
        """Hear what a cell shows until it is as wanted."""
        while not there():
            message = self.client.get_iopub_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") == cell.id:
                cell.hear(message)

    def finish(self, cell: Cell) -> Cell:
        """Hear what a cell shows until it has ended, and return it."""
        self.until(cell, lambda: cell.ended)
        while cell.reply.get("status") is None:
            message = self.client.get_shell_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") == cell.id:
                cell.reply = message["content"]
        return cell

    def offered(self, code: str) -> list[str]:
        """Return what Tab offers at the end of a code."""
        answer = self.client.complete(code, reply=True, timeout=SECONDS)
        return list(answer["content"]["matches"])

    def until_offered(self, code: str, offers: list[str]) -> None:
        """Press Tab at the end of a code until these are offered, as soon as the engine has told them."""
        ends = time.monotonic() + SECONDS
        while sorted(found := self.offered(code)) != sorted(offers):
            assert time.monotonic() < ends, found[:20]


@contextmanager
def notebook(**changes: str) -> Iterator[Notebook]:
    """Start a kernel that has loaded the extension."""
    env = environment(**changes) | {"PYDEVD_DISABLE_FILE_VALIDATION": "1", "PATH": os.environ["PATH"]}
    manager, client = start_new_kernel(kernel_name="python3", env=env, startup_timeout=SECONDS)
    try:
        made = Notebook(client, manager)
        made.run("%load_ext cloudkit")
        yield made
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
