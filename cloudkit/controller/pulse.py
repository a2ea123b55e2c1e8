"""When a replica is asked whether it lives, and what its answers come to: pure, as Kubernetes has it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudkit.model.app import AppSpec
from cloudkit.model.probe import Probe

__all__ = ["Pulse"]


@dataclass(slots=True)
class Pulse:
    """One start of one replica: its startup probe until that passes, its liveness probe from then on.

    Args:
        spec: What it runs; it has a liveness probe or a startup probe.
        begun: When it was first seen to run.

    >>> from cloudkit.model.probe import TcpProbe
    >>> from cloudkit.model.reference import Reference
    >>> image = Reference.parse("web@sha256:" + "0" * 64)
    >>> probe = TcpProbe(port=80, period=5, initial_delay=10, failure_threshold=2)
    >>> pulse = Pulse(AppSpec(name="web", image=image, liveness=probe), begun=100.0)
    >>> pulse.due(109.0), pulse.due(110.0) == probe
    (None, True)
    >>> pulse.heard(110.0, "refused"), pulse.due(114.0), pulse.heard(115.0, "refused")
    (False, None, True)
    """

    spec: AppSpec
    begun: float
    asking: bool = False
    _started: bool = False
    _failures: int = 0
    _next: float = field(default=0.0)

    def __post_init__(self) -> None:
        self._started = self.spec.startup is None
        self._next = self.begun + (self.probe.initial_delay if self.probe else 0.0)

    @property
    def probe(self) -> Probe | None:
        """What is asked now; None when nothing is."""
        return self.spec.liveness if self._started else self.spec.startup

    def due(self, now: float) -> Probe | None:
        """Return what is to be asked at this moment; None while an answer is awaited, and between two questions."""
        return self.probe if not self.asking and now >= self._next else None

    def next(self) -> float:
        """Return when the next question is due; never while one is asked."""
        return float("inf") if self.asking or self.probe is None else self._next

    def heard(self, now: float, reason: str | None) -> bool:
        """Take an answer; True when it is the last that was needed to know that only a restart helps.

        Args:
            now: When it came.
            reason: Why it failed; empty when it passed, None when there was no answer to judge by.
        """
        probe, self.asking = self.probe, False
        if probe is None:
            return False
        self._next = now + probe.period
        if reason is None:
            return False
        self._failures = self._failures + 1 if reason else 0
        if not reason and not self._started:
            self._started = True
            self._next = max(now, self.begun + (self.probe.initial_delay if self.probe else 0.0))
        return self._failures >= probe.failure_threshold
