"""Results as JSON with stable shapes, for programs.

Every state is an object of its fields: times in ISO 8601, references and digests as text, enumerations by their value,
secrets as ``***``. What a state computes stands beside its fields:

========== ===========================================
state      besides its fields
========== ===========================================
AppState   ``name``, ``phase``, ``ready``, ``wanted``, ``settled``
Replica    ``ready``
TaskResult ``ok``
Plan       ``empty``, ``digest``, ``downtime``, ``risks``
Plans      ``plans``, ``place``, ``empty``, ``digest``, ``risks``
========== ===========================================

A handle is its state as it is now. A stream is one object a line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import singledispatch
from pathlib import Path
from typing import Any

from cloudkit.errors import CloudkitError
from cloudkit.model.plan import Plan
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.secret import Secret
from cloudkit.model.state import AppState, Replica
from cloudkit.model.task import TaskResult
from cloudkit.plans import Plans

__all__ = ["json_text", "to_json"]


def json_text(result: object, *, indent: int | None = 2) -> str:
    r"""Return a result as JSON text in ASCII, so that no terminal is driven by it.

    >>> json_text({"name": "\x9b31m"}, indent=None)
    '{"name": "\\u009b31m"}'
    """
    return json.dumps(to_json(result), indent=indent, allow_nan=False)


@singledispatch
def to_json(value: Any) -> Any:  # noqa: ANN401 # JSON has no type of its own
    """Return a value as what JSON can hold."""
    state = getattr(value, "state", None)
    if is_dataclass(state):
        return to_json(state)
    return fields_of(value) if is_dataclass(value) else {"name": getattr(value, "name", repr(value))}


@to_json.register(type(None))
@to_json.register(bool)
@to_json.register(int)
@to_json.register(float)
@to_json.register(str)
def _plain(value: Any) -> Any:  # noqa: ANN401 # as it is
    return value.value if isinstance(value, Enum) else value


@to_json.register(Reference)
@to_json.register(Digest)
@to_json.register(Path)
@to_json.register(Secret)
def _as_text(value: object) -> str:
    return str(value)


@to_json.register
def _enum(value: Enum) -> Any:  # noqa: ANN401 # any value
    return to_json(value.value)


@to_json.register
def _time(value: datetime) -> str:
    return value.isoformat()


@to_json.register(bytes)
def _bytes(value: bytes) -> str:
    return value.decode(errors="replace")


@to_json.register(Mapping)
def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): to_json(item) for key, item in value.items()}


@to_json.register(Sequence)
@to_json.register(frozenset)
def _several(value: Sequence[Any]) -> list[Any]:
    return [to_json(item) for item in value]


@to_json.register
def _app(app: AppState) -> dict[str, Any]:
    wanted = app.desired
    counted = {"ready": app.ready, "wanted": wanted, "settled": app.settled}
    return {"name": app.name, "phase": app.phase.value, **counted, **fields_of(app)} | counted


@to_json.register
def _replica(replica: Replica) -> dict[str, Any]:
    return fields_of(replica) | {"ready": replica.ready}


@to_json.register
def _task(result: TaskResult) -> dict[str, Any]:
    return fields_of(result) | {"ok": result.ok}


@to_json.register
def _plan(plan: Plan) -> dict[str, Any]:
    told = {"empty": plan.empty, "digest": plan.digest, "downtime": plan.downtime}
    return fields_of(plan) | told | {"risks": to_json(plan.risks)}


@to_json.register
def _plans(plans: Plans) -> dict[str, Any]:
    told = {"empty": plans.empty, "digest": plans.digest, "risks": to_json(plans.risks)}
    return {"place": fields_of(plans.place), **told, "plans": [to_json(plan) for plan in plans]}


@to_json.register
def _error(error: CloudkitError) -> dict[str, Any]:
    shown = {"code": error.code, "summary": error.summary, "evidence": error.evidence, "hint": error.hint}
    cause = getattr(error, "cause", None)
    return {"error": to_json(shown | ({"cause": cause} if cause else {}))}


def fields_of(value: Any) -> dict[str, Any]:  # noqa: ANN401 # any dataclass
    return {field.name: to_json(getattr(value, field.name)) for field in fields(value) if field.name[0] != "_"}
