"""What Slack hands out for a short time: a trigger for one view, an address for five answers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from threading import Lock

from cloudkit_bot import limits
from cloudkit_bot.testing.clock import Clock
from cloudkit_bot.testing.refusal import Refusal

__all__ = ["Addresses", "Place", "Triggers"]


class Triggers:
    """The ``trigger_id`` of each interaction: good for one view within three seconds."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._made: dict[str, tuple[str, float]] = {}
        self._used: set[str] = set()
        self._lock = Lock()

    def make(self, user: str) -> str:
        """Return a new one for an interaction of a user."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        with self._lock:
            self._made[trigger] = (user, self.clock())
        return trigger

    def use(self, trigger: str) -> str:
        """Exchange one for the user whose it is.

        Raises:
            Refusal: It is unknown, too old or used.
        """
        with self._lock:
            if trigger not in self._made:
                raise Refusal("invalid_trigger_id")
            user, made = self._made[trigger]
            if trigger in self._used:
                raise Refusal("exchanged_trigger_id")
            if self.clock() - made > limits.TRIGGER_SECONDS:
                raise Refusal("expired_trigger_id")
            self._used.add(trigger)
            return user


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an answer goes: a channel, seen by one user unless it says otherwise, or over a message that is there."""

    channel: str
    user: str
    message: str = ""


@dataclass(slots=True)
class Given:
    """One address, and what is left of it."""

    place: Place
    made: float
    uses: int = 0


class Addresses:
    """The ``response_url`` of each interaction: five answers within thirty minutes."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._given: dict[str, Given] = {}
        self._lock = Lock()

    def make(self, place: Place) -> str:
        """Return a new one, without the host."""
        token = secrets.token_hex(12)
        with self._lock:
            self._given[token] = Given(place, self.clock())
        return token

    def use(self, token: str) -> Place:
        """Use one once more.

        Raises:
            Refusal: It is unknown, too old or used up.
        """
        with self._lock:
            given = self._given.get(token)
            if given is None:
                raise Refusal("no_url", status=404)
            if self.clock() - given.made > limits.RESPONSE_SECONDS:
                raise Refusal("expired_url", status=404)
            if given.uses >= limits.RESPONSES:
                raise Refusal("used_url", status=404)
            given.uses += 1
            return given.place

    def __contains__(self, token: str) -> bool:
        return token in self._given

    def uses(self, token: str) -> int:
        """Return how often one was used."""
        return self._given[token].uses
