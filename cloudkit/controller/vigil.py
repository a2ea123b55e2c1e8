"""Who lives: the probes of every replica, asked when they are due, several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from cloudkit.backends.healing import Healer
from cloudkit.controller.pulse import Pulse
from cloudkit.errors import CloudkitError, UnsupportedError
from cloudkit.model.state import AppState, Replica, ReplicaPhase

__all__ = ["Vigil"]

AT_ONCE = 16  # replicas that are asked at the same time
RUNNING = frozenset({ReplicaPhase.STARTING, ReplicaPhase.READY, ReplicaPhase.UNREADY})


@dataclass(slots=True)
class Patient:
    """A replica that is asked."""

    state: AppState
    replica: Replica
    pulse: Pulse
    answer: Future[str] | None = None


class Vigil:
    """Asks the replicas of all apps whether they live.

    Args:
        healer: Asks one of them once.
        dead: Hears of a replica that only a restart helps: its app, its identifier, its name, and why.
        tell: Hears of what cannot be asked: the app, the replica, what happened, in which words.
    """

    def __init__(
        self,
        healer: Healer,
        dead: Callable[[AppState, str, str, str], None],
        tell: Callable[[str, str, str, str], None],
    ) -> None:
        self._healer = healer
        self._dead = dead
        self._tell = tell
        self._patients: dict[tuple[str, object], Patient] = {}
        self._mute: dict[str, str] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="cloudkit-probe")

    def watch(self, states: Sequence[AppState]) -> None:
        """Ask these from now on, and no others; one that was started again is asked from its beginning."""
        if not self._healer.asks:
            return
        now, wanted = self._healer.seconds, dict[tuple[str, object], Patient]()
        for state in states:
            if state.spec.stopped or not (state.spec.liveness or state.spec.startup):
                continue
            for one in state.replicas:
                if one.revision == state.revision and one.phase in RUNNING:
                    key = (one.id, one.started_at)
                    wanted[key] = self._patients.get(key) or Patient(state, one, Pulse(state.spec, now))
        self._patients = wanted

    @property
    def asking(self) -> bool:
        """True while an answer is awaited."""
        return any(one.answer for one in self._patients.values())

    def next(self) -> float:
        """Return when the next question is due."""
        return min((one.pulse.next() for one in self._patients.values()), default=float("inf"))

    def ask(self) -> None:
        """Hear the answers that have come, and ask what is due."""
        for patient in list(self._patients.values()):
            self._hear(patient)
            probe = patient.pulse.due(self._healer.seconds)
            if probe is not None:
                patient.pulse.asking = True
                patient.answer = self._pool.submit(self._healer.probe, patient.state, patient.replica, probe)

    def close(self) -> None:
        """Ask nobody any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hear(self, patient: Patient) -> None:
        answer, probe = patient.answer, patient.pulse.probe
        if answer is None or not answer.done():
            return
        patient.answer = None
        reason = self._reason(patient, answer)
        if patient.pulse.heard(self._healer.seconds, reason) and reason:
            which = "startup" if probe is patient.state.spec.startup else "liveness"
            self._forget(patient)
            self._dead(patient.state, patient.replica.id, patient.replica.name, f"{which} probe failed: {reason}")

    def _reason(self, patient: Patient, answer: Future[str]) -> str | None:
        """Return why a replica failed; None where that is not known, which is told once where it will stay so."""
        try:
            return answer.result()
        except UnsupportedError as error:
            if self._mute.get(patient.state.name) != error.summary:
                self._mute[patient.state.name] = error.summary
                self._tell(patient.state.name, patient.replica.name, "unknown", error.summary)
        except CloudkitError:
            pass
        return None

    def _forget(self, patient: Patient) -> None:
        """Count anew: a replica that could not be replaced is asked again."""
        patient.pulse = Pulse(patient.state.spec, self._healer.seconds)
