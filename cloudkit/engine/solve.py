"""Read BuildKit's machine-readable progress, one line of ``--progress=rawjson`` after another.

Source: https://docs.docker.com/reference/cli/docker/buildx/build/#progress, and BuildKit's ``client.SolveStatus``,
which each line is: vertexes (steps), statuses (bytes of a step), logs and warnings.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cloudkit.model.progress import Phase, Progress

__all__ = ["LINE_LIMIT", "LOG_TAIL", "Solve", "Step", "plain"]

LOG_TAIL = 20
LINE_LIMIT = 4096
_NUMBERED = re.compile(r"\[(?P<item>[^\]]*\d+/\d+)\]\s+(?P<command>.*)", re.DOTALL)
_EXCERPT = re.compile(r"\s*(?P<line>\d+) \| >>> ?(?P<text>.*)")
_STEERING = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_RULE = re.compile(r"/rule/([a-z-]+)/?")
_TOLD_BY_LINT = frozenset({"json-args-recommended", "secrets-used-in-arg-or-env", "multiple-instructions-disallowed"})


@dataclass(slots=True)
class Step:
    """One vertex: a step of the build, or something that the builder does around them.

    Args:
        item: Its number, such as ``2/3`` or ``build 2/3``; its name when it has none.
        command: The instruction, or the name.
        tail: The last lines that it printed.
        error: Why it failed; empty when it did not.
        done: True once it was told that it is over; the builder runs some again, which is nobody's concern.
        partial: What it printed after its last whole line.
    """

    item: str
    command: str
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_TAIL))
    error: str = ""
    done: bool = False
    partial: str = ""


class Solve:
    """Turns lines into progress, and keeps what a failure is explained by.

    Args:
        mask: Takes secrets out of a text.
    """

    def __init__(self, mask: Callable[[str], str] = str) -> None:
        self._mask = mask
        self.steps: dict[str, Step] = {}
        self.plain: deque[str] = deque(maxlen=100)
        self.failed: Step | None = None

    def feed(self, line: bytes) -> Iterator[Progress]:
        """Yield what one line says; a line that is no JSON is kept, as it tells of a failure."""
        try:
            status: dict[str, Any] = json.loads(line) if line.startswith(b"{") else {}
        except ValueError:
            status = {}
        if not status:
            self.plain.append(self._mask(line.decode(errors="replace").rstrip()[:LINE_LIMIT]))
            return
        for vertex in status.get("vertexes") or ():
            yield from self._vertex(vertex)
        for part in status.get("statuses") or ():
            yield self._bytes(part)
        for log in status.get("logs") or ():
            yield from self._log(log)
        for warning in status.get("warnings") or ():
            yield from self._warning(warning)

    def _step(self, digest: str, name: str = "") -> Step:
        """Return a known step, or remember a new one."""
        if digest not in self.steps:
            match = _NUMBERED.match(name)
            item, command = (match["item"], match["command"]) if match else (name or digest[:19], name)
            self.steps[digest] = Step(item=item, command=self._mask(" ".join(command.split())))
        return self.steps[digest]

    def _vertex(self, vertex: dict[str, Any]) -> Iterator[Progress]:
        step = self._step(vertex["digest"], vertex.get("name", ""))
        if vertex.get("error"):
            step.error = self._mask(vertex["error"])
            if "context canceled" not in step.error:
                self.failed = self.failed or step
        if not vertex.get("started") or step.done:
            return
        step.done = bool(vertex.get("completed"))
        if step.done and step.partial:
            yield self._line(step, step.partial)
            step.partial = ""
        message = f"{step.command} (cached)" if vertex.get("cached") else step.command
        yield Progress(phase=Phase.BUILD, item=step.item, message=message, done=step.done)

    def _bytes(self, part: dict[str, Any]) -> Progress:
        step = self._step(part["vertex"])
        identity = str(part.get("id", "")).rstrip(":")
        current, total = part.get("current") or 0, part.get("total") or None
        return Progress(
            phase=Phase.BUILD,
            item=f"{step.item} {identity}",
            message=str(part.get("name") or identity),
            current=current if current or total else None,
            total=total,
            unit="bytes" if current or total else "",
            done=bool(part.get("completed")),
        )

    def _log(self, log: dict[str, Any]) -> Iterator[Progress]:
        """Yield whole lines; what has no end yet waits for it, in bounded memory."""
        step = self._step(log["vertex"])
        text = step.partial + _decoded(log.get("data"))
        *lines, step.partial = text.split("\n")
        for line in lines:
            yield self._line(step, line)
        if len(step.partial) > LINE_LIMIT:
            yield self._line(step, step.partial)
            step.partial = ""

    def _line(self, step: Step, line: str) -> Progress:
        text = self._mask(plain(line.rstrip("\r").rpartition("\r")[2]))[:LINE_LIMIT]
        step.tail.append(text)
        return Progress(phase=Phase.BUILD, item=step.item, message=step.command, log=text)

    def _warning(self, warning: dict[str, Any]) -> Iterator[Progress]:
        """Yield what the builder warns of, unless cloudkit's own lint says it."""
        rule = _RULE.search(warning.get("url") or "")
        if rule is None or rule[1] not in _TOLD_BY_LINT:
            text = self._mask(_decoded(warning.get("short")))
            yield Progress(phase=Phase.NOTICE, item=rule[1] if rule else "builder", message=text, done=True)

    @property
    def error(self) -> str:
        """What the builder said at the end; empty when it said nothing."""
        said = [line for line in self.plain if line.startswith("ERROR: ")]
        return said[-1].removeprefix("ERROR: ") if said else "\n".join(line for line in self.plain if line)[-2000:]

    @property
    def excerpt(self) -> tuple[int | None, str]:
        """The line of the Dockerfile that failed, and the instruction as written; None and empty when not said."""
        marked = [match for line in self.plain if (match := _EXCERPT.match(line))]
        text = " ".join(match["text"].rstrip().removesuffix("\\").strip() for match in marked)
        return (int(marked[0]["line"]) if marked else None), text


def plain(line: str) -> str:
    r"""Return a line without what would steer a terminal: colours, cursor moves, controls.

    >>> plain("\x1b[91mnot found\x1b[0m\a")
    'not found'
    """
    return _STEERING.sub("", line)


def _decoded(data: str | None) -> str:
    try:
        return base64.b64decode(data or "").decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""
