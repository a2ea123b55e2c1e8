"""What the bot counts beside the operations of cloudkit, in the collector registry that it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["Counts"]

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0)


class Counts:
    """Counts deliveries and how long their acknowledgement took.

    Args:
        registry: Where they are kept; None keeps none.
        busy: Says how much is being worked on.
    """

    def __init__(self, registry: CollectorRegistry | None, busy: Callable[[], int]) -> None:
        self._deliveries: Counter | None = None
        self._seconds: Histogram | None = None
        if registry is not None:
            self._deliveries = Counter(
                "cloudkit_bot_deliveries", "Deliveries of Slack by what became of them.", ("kind", "outcome"),
                registry=registry,
            )  # fmt: skip
            self._seconds = Histogram(
                "cloudkit_bot_acknowledgement_seconds", "Time from a delivery to its acknowledgement.",
                registry=registry, buckets=BUCKETS,
            )  # fmt: skip
            gauge = Gauge("cloudkit_bot_running", "How much is being worked on.", registry=registry)
            gauge.set_function(lambda: float(busy()))

    def delivered(self, kind: str, outcome: str, seconds: float) -> None:
        """Count one delivery."""
        if self._deliveries is not None and self._seconds is not None:
            self._deliveries.labels(kind, outcome).inc()
            self._seconds.observe(seconds)
