"""The one place where the errors of an API server and of what lies below it become cloudkit's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cloudkit.backends.kubernetes.refusal import RefusedError
from cloudkit.backends.kubernetes.refused import refused
from cloudkit.backends.kubernetes.unreachable import unreachable
from cloudkit.config.cluster import Cluster
from cloudkit.errors import BackendError, CloudkitError

__all__ = ["translate"]


@contextmanager
def translate(what: str, cluster: Cluster | None = None) -> Iterator[None]:
    """Turn an error of the API server or of the way there inside the block into one of cloudkit's.

    Args:
        what: What is being done, and to what: ``follow the log of pod web-1``.
        cluster: Where, for the text of an error; None when the caller does not know.

    Raises:
        NotFoundError: There is no such object.
        ConflictError: Somebody else was faster, owns a field, or the name is taken.
        AccessError: The credentials are not accepted, or do not allow it.
        UsageError: A field is refused.
        BackendError: The API server failed, is busy, or does not answer.

    >>> with translate("read pods/web"):
    ...     raise ConnectionResetError(104, "Connection reset by peer")
    Traceback (most recent call last):
        ...
    cloudkit.errors.BackendError: cannot read pods/web: the API server dropped the connection
      | Connection reset by peer
      try: cloudkit doctor
    """
    try:
        yield
    except CloudkitError:
        raise
    except Exception as error:
        translated = _translated(what, error, cluster)
        if translated is None:
            raise
        raise translated from error


def _translated(what: str, error: Exception, cluster: Cluster | None) -> CloudkitError | None:
    """Return cloudkit's error for one of the libraries', None for any other, which is a fault of the caller."""
    import msgspec
    from urllib3.exceptions import HTTPError

    if isinstance(error, RefusedError):
        return refused(what, error, cluster)
    if isinstance(error, msgspec.DecodeError):
        return BackendError(f"cannot {what}: the API server's answer is not understood", evidence=[str(error)[:300]])
    if isinstance(error, HTTPError | OSError) or _is_of_websocket(error):
        return unreachable(what, error, cluster)
    return None


def _is_of_websocket(error: Exception) -> bool:
    """Tell whether it comes of that library, which is not loaded for a call that failed without it."""
    library = sys.modules.get("websocket")
    return library is not None and isinstance(error, library.WebSocketException)
