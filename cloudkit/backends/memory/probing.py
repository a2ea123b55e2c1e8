"""Probes asked on the clock: how often, and how many answers decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cloudkit.backends.memory.program import Response
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe

__all__ = ["Prober", "Subject", "failing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What can be asked about: the port meant by default, and how a replica answers."""

    port: int | None
    listens_on: Callable[[int], bool]
    respond: Callable[[str], Response]
    execute: Callable[[tuple[str, ...]], tuple[int, str]]


def failing(probe: Probe, subject: Subject) -> str:
    """Ask once; return why it fails, an empty text when it passes."""
    if isinstance(probe, ExecProbe):
        code, output = subject.execute(probe.command)
        return f"{' '.join(probe.command)} exited with {code}: {output.strip()}".rstrip(": ") if code else ""
    port = probe.port or subject.port
    if port is None:
        return "there is no port to ask"
    if not subject.listens_on(port):
        return f"nothing listens on port {port}"
    if not isinstance(probe, HttpProbe):
        return ""
    status = subject.respond(probe.path).status
    return "" if 200 <= status < 400 else f"GET {probe.path} on port {port} answered {status}"


@dataclass(slots=True, kw_only=True)
class Prober:
    """One probe of one process, asked again and again.

    Args:
        probe: What is asked, and how often.
        subject: Who is asked.
        passed: Called each time that enough answers in a row have passed.
        failed: Called each time that enough have failed, with the last reason.
        later: Schedules the next question; its scheduler forgets it when the process ends.
        once: True ends the questions with the first that passes.
    """

    probe: Probe
    subject: Subject
    passed: Callable[[], None]
    failed: Callable[[str], None]
    later: Callable[[float, Callable[[], None]], None]
    once: bool = False
    _good: int = 0
    _bad: int = 0

    def begin(self) -> None:
        """Ask for the first time after the initial delay."""
        if self.probe.initial_delay:
            self.later(self.probe.initial_delay, self._ask)
        else:
            self._ask()

    def _ask(self) -> None:
        reason = failing(self.probe, self.subject)
        self._good, self._bad = (0, self._bad + 1) if reason else (self._good + 1, 0)
        if self.once and self._good >= self.probe.success_threshold:
            self.passed()
            return
        self.later(self.probe.period, self._ask)
        if self._good >= self.probe.success_threshold:
            self.passed()
        elif self._bad >= self.probe.failure_threshold:
            self.failed(reason)
