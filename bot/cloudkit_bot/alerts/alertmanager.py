"""What an Alertmanager tells by its webhook: who may tell it, and what it says.

Source: prometheus.io/docs/alerting/latest/configuration, webhook_config, version 4.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import msgspec

from cloudkit_bot.alerts.incident import Sign

__all__ = ["Alert", "Notice", "proved", "read", "sign_of"]

GRAVE = frozenset({"critical", "emergency", "error", "page"})
LABELS = ("app", "app_kubernetes_io_name", "label_app_kubernetes_io_name", "container", "deployment", "service", "job")
FIRING = "firing"
SHOWN = 12  # alerts of a group that are named


class Alert(msgspec.Struct, frozen=True, rename="camel"):
    """One alert of a group."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    fingerprint: str = ""


class Notice(msgspec.Struct, frozen=True, rename="camel"):
    """What is sent: a group of alerts, those that are resolved among them."""

    version: Literal["4"]
    group_key: str
    status: Literal["firing", "resolved"]
    alerts: list[Alert]
    group_labels: dict[str, str] = {}
    common_labels: dict[str, str] = {}
    common_annotations: dict[str, str] = {}
    receiver: str = ""


def read(body: bytes) -> Notice:
    """Read a body.

    Raises:
        ValueError: It is none that an Alertmanager sends.
    """
    try:
        return msgspec.json.decode(body, type=Notice)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def proved(header: str, user: str, secret: str) -> bool:
    """Say whether an ``Authorization`` header proves who sends: a bearer token, or a user with it as the password.

    >>> proved("Bearer s3cret", "alertmanager", "s3cret"), proved("Bearer S3CRET", "alertmanager", "s3cret")
    (True, False)
    """
    scheme, _, given = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return same(given.strip().encode(), secret.encode())
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return same(pair, f"{user}:{secret}".encode())
    return False


def same(given: bytes, wanted: bytes) -> bool:
    """Compare in a time that says nothing of where they differ, and nothing of how long they are."""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(wanted).digest())


def sign_of(notice: Notice, apps: Collection[str]) -> Sign:
    """Return the sign that a group of alerts is.

    Args:
        notice: The group.
        apps: The apps that there are, so that what names one is about it.
    """
    labels, notes = notice.common_labels or first(notice).labels, notice.common_annotations or first(notice).annotations
    firing = [alert for alert in notice.alerts if alert.status == FIRING] or notice.alerts
    kind = notice.group_labels.get("alertname") or labels.get("alertname") or "alert"
    words = (notes.get(name) for name in ("summary", "description", "message"))
    summary = next(filter(None, words), "") or ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
    runbook = [f"runbook: {notes['runbook_url']}"] if notes.get("runbook_url") else []
    return Sign(
        key=f"alert:{hashlib.sha256(notice.group_key.encode()).hexdigest()[:32]}",
        kind=kind[:100],
        summary=(summary or f"{len(firing)} alerts")[:1_000],
        app=next((labels[name] for name in LABELS if labels.get(name) in apps), ""),
        grave=any(alert.labels.get("severity", "").lower() in GRAVE for alert in firing),
        evidence=(*told(firing, labels), *runbook),
    )


def first(notice: Notice) -> Alert:
    return notice.alerts[0] if notice.alerts else Alert(status="firing")


def told(alerts: list[Alert], common: Mapping[str, str]) -> Iterator[str]:
    """Yield for each alert what tells it from the others."""
    for alert in alerts[:SHOWN]:
        own = {key: value for key, value in sorted(alert.labels.items()) if common.get(key) != value}
        words = alert.annotations.get("description") or alert.annotations.get("summary") or ""
        named = ", ".join(f"{key}={value}" for key, value in own.items())
        line = ": ".join(filter(None, (named, words)))
        if line and len(alerts) > 1:
            yield line[:300]
    if len(alerts) > SHOWN:
        yield f"and {len(alerts) - SHOWN} more"
