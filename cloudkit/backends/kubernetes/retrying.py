"""When a call to an API server is made again, and after how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from cloudkit.backends.kubernetes.refusal import RefusedError

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["ATTEMPTS", "ATTEMPTS_AWAY", "PATIENCE", "retrying"]

T = TypeVar("T")
ATTEMPTS = 6
ATTEMPTS_AWAY = 11
"""While the server itself does not answer, as when it is restarted: some 15 seconds."""
SLOWEST = 5.0
"""Seconds between two tries, at the most, where the server does not say."""
LIMIT = 45.0
"""Seconds after which nothing is tried again."""
PATIENCE = 60.0
"""Seconds that a server may ask to wait, at the most; with more it is told at once."""


def retrying(once: Callable[[], T], *, repeatable: bool, patient: bool = True) -> T:
    """Do something again while that is safe and may help.

    What the server refused for its load, or never got, is done again always; what it may have done already is done
    again only where that makes no difference.

    Args:
        once: What is done.
        repeatable: True when doing it twice is the same as doing it once.
        patient: False to tell at once that no server listens, as when none has answered yet.
    """

    def worth_it(error: BaseException) -> bool:
        if isinstance(error, RefusedError):
            return _busy(error) or (repeatable and error.status >= 500)
        return patient and (_unsent(error) or (repeatable and _cut(error)))

    try:
        return once()
    except Exception as error:
        if not worth_it(error):
            raise
        return _again(once, error, worth_it)


def _again(once: Callable[[], T], failure: Exception, worth_it: Callable[[BaseException], bool]) -> T:
    """Go on after a first failure; only then is the library loaded, as most calls go well."""
    from tenacity import Retrying, retry_if_exception, stop_after_delay

    failures = [failure]

    def attempt() -> T:
        if failures:
            raise failures.pop()
        return once()

    def enough(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        return state.attempt_number >= (ATTEMPTS if isinstance(error, RefusedError) else ATTEMPTS_AWAY)

    late = stop_after_delay(LIMIT)
    again = retry_if_exception(worth_it)
    return Retrying(stop=lambda state: enough(state) or late(state), retry=again, wait=_pause, reraise=True)(attempt)


def _busy(refusal: RefusedError) -> bool:
    """True when the server did nothing, for its load, and does not ask for too much patience."""
    return refusal.status == 429 and (refusal.retry_after or 0) <= PATIENCE


def _unsent(error: BaseException) -> bool:
    """True when no connection came about, so that the server knows nothing of the call."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    return isinstance(error, ConnectTimeoutError | NewConnectionError)


def _cut(error: BaseException) -> bool:
    """True when a connection broke, also while it was being made, or its answer was late."""
    from ssl import SSLEOFError

    from urllib3.exceptions import ProtocolError, ReadTimeoutError, SSLError

    if isinstance(error, SSLError):
        return any(isinstance(reason, SSLEOFError) for reason in error.args)
    return isinstance(error, ProtocolError | ReadTimeoutError | ConnectionError | TimeoutError)


def _pause(state: RetryCallState) -> float:
    """Wait as long as the server asks, else a random time that doubles."""
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, RefusedError) else None
    return wait_random_exponential(multiplier=0.2, max=SLOWEST)(state) if asked is None else min(asked, PATIENCE)
