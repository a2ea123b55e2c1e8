"""A replica that listens elsewhere than it is asked: on another port, or on loopback only: pure."""

from __future__ import annotations

from cloudkit.backends.causes.life import Life, Listening
from cloudkit.backends.causes.words import cause, deploy
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["SETTLED", "elsewhere_cause"]

SETTLED = 4.0
"""Seconds after which a program that listens elsewhere is not expected to open the port meant as well."""


def elsewhere_cause(spec: AppSpec, life: Life, port: int, *, certain: bool) -> Cause | None:
    """Return why nobody reaches a port, from what is listened on; None where that does not say it.

    Args:
        spec: What is wanted.
        life: The replica, and what it listens on.
        port: Where it is expected to listen.
        certain: True when it had time enough to open that port as well.
    """
    there = [one for one in life.listening or () if one.port == port]
    if there and all(one.loopback for one in there):
        return _loopback(spec, life, port, certain=certain)
    if life.listening and not there:
        return _other_port(spec, life, port, certain=certain)
    return None


def _loopback(spec: AppSpec, life: Life, port: int, *, certain: bool) -> Cause:
    what = f"listens on port {port} of loopback only, which nobody else reaches"
    fix = f"let {spec.name} listen on 0.0.0.0 (often HOST=0.0.0.0), then build and deploy again"
    return cause(CauseCode.LOOPBACK_ONLY, life, what, fix=fix, seen=_where(life.listening), certain=certain)


def _other_port(spec: AppSpec, life: Life, port: int, *, certain: bool) -> Cause:
    listening = life.listening or ()
    open_ones = [one for one in listening if not one.loopback] or list(listening)
    ports = sorted({one.port for one in open_ones})
    numbers = " and ".join(str(one) for one in ports[:4])
    what = f"listens on port {numbers}, not on {port}"
    fix = deploy(spec, f"--port {ports[0]}")
    return cause(CauseCode.OTHER_PORT, life, what, fix=fix, seen=_where(listening), certain=certain)


def _where(listening: tuple[Listening, ...] | None) -> str:
    return "listens on " + ", ".join(_endpoint(one) for one in listening or ())


def _endpoint(one: Listening) -> str:
    return f"[{one.address}]:{one.port}" if one.address.version == 6 else f"{one.address}:{one.port}"
