"""What every operation leaves behind: structured events and metrics.

Events are structlog's, ``verb.started``, ``verb.finished`` and ``verb.failed``. They go through the program's own
structlog configuration where it has one, else to the standard logger ``cloudkit``; nothing is configured here, and
nothing is loaded while nobody listens. Arguments of a verb are never part of an event.

Metrics are ``cloudkit_operations_total{verb,backend,outcome}`` and
``cloudkit_operation_duration_seconds{verb,backend}`` in the collector registry that the program hands over.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from cloudkit.errors import CloudkitError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

__all__ = ["LOGGER", "EventLogger", "Telemetry", "outcome_of"]

LOGGER = "cloudkit"
DEBUG, INFO, WARNING = 10, 20, 30  # of logging, which takes a while to load and may never be asked
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class EventLogger(Protocol):
    """What takes events: any logger of structlog."""

    def log(self, level: int, event: str, **values: object) -> object:
        """Take one event at a level of the standard library."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Telemetry:
    """Says what operations do, to a log and to a collector registry.

    Args:
        registry: Where the metrics are kept; None keeps none.
        logger: A logger of structlog; None finds the program's own.

    >>> from prometheus_client import CollectorRegistry
    >>> registry = CollectorRegistry()
    >>> with Telemetry(registry).operation("scale", "docker", app="web"):
    ...     pass
    >>> registry.get_sample_value(
    ...     "cloudkit_operations_total", {"verb": "scale", "backend": "docker", "outcome": "ok"}
    ... )
    1.0
    """

    registry: CollectorRegistry | None = None
    logger: EventLogger | None = None

    @contextmanager
    def operation(self, verb: str, backend: str, *, app: str = "", namespace: str = "") -> Iterator[None]:
        """Tell of one operation from its start to its end, however it ends."""
        bound: dict[str, object] = {"verb": verb, "backend": backend}
        bound |= {key: value for key, value in (("app", app), ("namespace", namespace)) if value}
        self._tell(DEBUG, "verb.started", bound)
        started, failure = time.perf_counter(), None
        try:
            yield
        except BaseException as error:
            failure = error
            raise
        finally:
            duration, outcome = time.perf_counter() - started, outcome_of(failure)
            self._count(verb, backend, outcome, duration)
            bound |= {"duration": round(duration, 6), "outcome": outcome}
            self._tell(*ending(failure), bound | details(failure))

    def _tell(self, level: int, event: str, values: dict[str, object]) -> None:
        logger = self.logger or listening(level)
        if logger is not None:
            logger.log(level, event, **values)

    def _count(self, verb: str, backend: str, outcome: str, duration: float) -> None:
        if self.registry is not None:
            operations, durations = instruments(self.registry)
            operations.labels(verb, backend, outcome).inc()
            durations.labels(verb, backend).observe(duration)


def outcome_of(failure: BaseException | None) -> str:
    """Return the metric's word for how an operation ended: one of a small, fixed set.

    >>> outcome_of(None), outcome_of(KeyboardInterrupt()), outcome_of(CloudkitError("no"))
    ('ok', 'interrupted', 'error')
    """
    if failure is None:
        return "ok"
    if isinstance(failure, KeyboardInterrupt | GeneratorExit):
        return "interrupted"
    return failure.code if isinstance(failure, CloudkitError) else "error"


def ending(failure: BaseException | None) -> tuple[int, str]:
    return (INFO, "verb.finished") if failure is None else (WARNING, "verb.failed")


def details(failure: BaseException | None) -> dict[str, object]:
    """The type of what was raised; its text only where the text is cloudkit's own, which holds no secret."""
    if failure is None:
        return {}
    own = {"error": failure.summary} if isinstance(failure, CloudkitError) else {}
    return {"error_type": type(failure).__name__, **own}


def listening(level: int) -> EventLogger | None:
    """Return the program's logger, None when nobody would see an event of that level."""
    loaded = sys.modules.get("structlog")
    if loaded is not None and loaded.is_configured():
        configured: EventLogger = loaded.get_logger(LOGGER)
        return configured
    if "logging" not in sys.modules:
        return None
    import logging

    standard = logging.getLogger(LOGGER)
    return standard_logger() if standard.isEnabledFor(level) and standard.hasHandlers() else None


def standard_logger() -> EventLogger:
    """Return structlog's way into the standard logger: the event as message, its values as attributes."""
    import logging

    import structlog

    render: list[Callable[..., object]] = [structlog.stdlib.render_to_log_kwargs]
    logger: EventLogger = structlog.wrap_logger(
        logging.getLogger(LOGGER),
        processors=render,  # type: ignore[arg-type]  # structlog's alias names the mutable mapping, not what it returns
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return logger


_kept: WeakKeyDictionary[CollectorRegistry, tuple[Counter, Histogram]] = WeakKeyDictionary()
_keeping = threading.Lock()


def instruments(registry: CollectorRegistry) -> tuple[Counter, Histogram]:
    """Return a registry's counter and histogram; the same ones for all who share the registry."""
    with _keeping:
        if registry not in _kept:
            _kept[registry] = made(registry)
        return _kept[registry]


def made(registry: CollectorRegistry) -> tuple[Counter, Histogram]:
    from prometheus_client import Counter, Histogram

    operations = Counter(
        "cloudkit_operations", "Operations by their outcome.", ("verb", "backend", "outcome"), registry=registry
    )
    durations = Histogram(
        "cloudkit_operation_duration_seconds",
        "Time from an operation's start to its end.",
        ("verb", "backend"),
        registry=registry,
        buckets=BUCKETS,
    )
    return operations, durations
