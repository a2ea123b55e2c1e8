"""Requests by HTTP are Slack's, or are not read: the proof is looked at before anything takes the body apart."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from slack_sdk.signature import SignatureVerifier

__all__ = ["proved"]


def proved(environ: dict[str, Any], secret: str) -> bool:
    """Tell whether a request is Slack's; its body can be read again then.

    Args:
        environ: The request, as WSGI has it.
        secret: What Slack signs with.
    """
    body = environ["wsgi.input"].read(length(environ))
    environ["wsgi.input"] = BytesIO(body)
    stamp, signature = (str(environ.get(f"HTTP_X_SLACK_{name}", "")) for name in ("REQUEST_TIMESTAMP", "SIGNATURE"))
    try:
        return SignatureVerifier(secret).is_valid(body, stamp, signature)
    except (UnicodeError, TypeError, ValueError):  # the body is no text, the time no number, or the proof not ASCII
        return False


def length(environ: Mapping[str, Any]) -> int:
    """Return how long the body is; the server has refused what is too long."""
    given = str(environ.get("CONTENT_LENGTH") or "")
    return int(given) if given.isdecimal() else 0
