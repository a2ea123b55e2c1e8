"""How Slack says no."""

from __future__ import annotations

__all__ = ["Refusal"]


class Refusal(Exception):  # noqa: N818 # Slack's answer, not a defect
    """An answer with ``ok: false``.

    Args:
        error: Slack's word for it, such as ``invalid_blocks``.
        details: What is wrong, as Slack lists it in ``response_metadata.messages``.
        status: The HTTP status.
        retry_after: Seconds that the caller must wait; None where that is not why.
    """

    def __init__(self, error: str, *details: str, status: int = 200, retry_after: int | None = None) -> None:
        super().__init__(error, *details)
        self.error = error
        self.details = details
        self.status = status
        self.retry_after = retry_after
