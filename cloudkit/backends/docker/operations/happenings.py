"""Read the engine's events in words; a stop that was asked for is no crash. Pure."""

from __future__ import annotations

import signal
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from cloudkit.backends.docker.labels import COMPONENT, NAME, Component
from cloudkit.backends.docker.names import shown
from cloudkit.backends.exits import exit_words
from cloudkit.backends.replicalogs.stamps import moment
from cloudkit.model.log import Event

__all__ = ["ACTIONS", "Happenings"]

ACTIONS = (
    "create",
    "start",
    "health_status",
    "pause",
    "unpause",
    "kill",
    "stop",
    "restart",
    "oom",
    "die",
    "update",
    "destroy",
)
_ENDINGS = frozenset({signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGQUIT})
_WORDS = {"oom": "ran out of memory", "restart": "was restarted as asked", "stop": "was stopped as asked"}


class Happenings:
    """Turns events into words, in the order in which they happened, and keeps in mind what was asked for."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._asked: dict[str, set[int]] = defaultdict(set)  # the signals sent, by container
        self._starved: set[str] = set()

    def read(self, raw: Mapping[str, Any]) -> Event | None:
        """Return the event in words; None for one that is none of a user's concern."""
        actor: Mapping[str, Any] = raw.get("Actor") or {}
        labels: Mapping[str, str] = actor.get("Attributes") or {}
        action, _, detail = str(raw.get("Action", "")).partition(": ")
        message = self._message(str(actor.get("ID", "")), action, labels) or detail.strip()
        if action not in ACTIONS or labels.get(COMPONENT) == Component.RECORD:
            return None
        return Event(
            time=moment(int(raw.get("timeNano") or 0)),
            app=labels.get(NAME, ""),
            object=shown(self._namespace, labels.get("name", "")),
            action=action,
            message=message,
        )

    def _message(self, container: str, action: str, attributes: Mapping[str, str]) -> str:
        match action:
            case "kill":
                number = int(attributes.get("signal") or 0)
                self._asked[container].add(number)
                return f"was sent {_signal_name(number)}"
            case "oom":
                self._starved.add(container)
            case "die":
                crashed = "failed" if attributes.get(COMPONENT) == Component.TASK else "crashed"
                return self._death(container, int(attributes.get("exitCode") or 0), crashed)
            case "start" | "destroy":
                self._asked.pop(container, None)
                self._starved.discard(container)
        return _WORDS.get(action, "")

    def _death(self, container: str, code: int, crashed: str) -> str:
        asked = self._asked.get(container, set())
        if container in self._starved:
            return f"ran out of memory, exit code {exit_words(code)}"
        if asked & _ENDINGS or code - 128 in asked:
            return f"stopped as asked, exit code {exit_words(code)}"
        return f"{'ended' if code == 0 else crashed}, exit code {exit_words(code)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
