"""Slack's rate limits: tiers of methods by the minute, and about one message a second in a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from threading import Lock

from cloudkit_bot.testing.clock import Clock
from cloudkit_bot.testing.refusal import Refusal

__all__ = ["Rates"]

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}  # calls a minute
METHODS: Mapping[str, int] = {
    "apps.connections.open": 1,
    "chat.appendStream": 4,
    "chat.delete": 3,
    "chat.startStream": 2,
    "chat.stopStream": 2,
    "chat.update": 3,
    "chat.postEphemeral": 4,
    "conversations.info": 3,
    "conversations.open": 3,
    "files.completeUploadExternal": 4,
    "files.getUploadURLExternal": 4,
    "usergroups.users.list": 2,
    "users.info": 4,
    "views.open": 4,
    "views.publish": 4,
    "views.push": 4,
    "views.update": 4,
}
A_SECOND, BURST = 1.0, 5  # messages in a channel


@dataclass(slots=True)
class Bucket:
    """What may still be called, and when that was known."""

    left: float
    at: float


class Rates:
    """Counts calls and says when there are too many.

    Args:
        clock: The time.

    >>> rates = Rates(lambda: 0.0)
    >>> for _ in range(5):
    ...     rates.count("chat.postMessage", "C1")
    >>> rates.count("chat.postMessage", "C1")
    Traceback (most recent call last):
    cloudkit_bot.testing.refusal.Refusal: ratelimited
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._lock = Lock()

    def count(self, method: str, channel: str = "") -> None:
        """Count a call.

        Raises:
            Refusal: It is one too many; ``retry_after`` says when it may be made.
        """
        if method == "chat.postMessage":
            self._take(f"{method} {channel}", A_SECOND, BURST)
        elif method in METHODS:
            tier = TIERS[METHODS[method]]
            self._take(method, tier / 60, max(tier, 5))

    def _take(self, key: str, rate: float, most: int) -> None:
        with self._lock:
            now = self.clock()
            bucket = self._buckets.setdefault(key, Bucket(most, now))
            bucket.left = min(most, bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            if bucket.left < 1:
                wait = max(1, ceil((1 - bucket.left) / rate))
                raise Refusal("ratelimited", status=429, retry_after=wait)
            bucket.left -= 1
