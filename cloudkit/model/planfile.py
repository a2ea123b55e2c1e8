"""Plans as the text of a file, with nothing of a secret in it, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from cloudkit.errors import CloudkitError, ConfigError
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import canonical, decode, encode
from cloudkit.model.files import LostText, digest_of
from cloudkit.model.plan import Action, ActionKind, Plan
from cloudkit.model.secret import LostSecret, Secret

__all__ = ["NEW", "Place", "digest_of_plans", "is_plan", "plans_from", "plans_text"]

VERSION = 1
KIND = "plan"
AGAIN = "make the plan again, with --plan-out or save()"
KEPT = "the plan, which keeps what is there"
NEW = "the plan, which holds no value that is new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where plans were made, which is where they may be applied.

    Args:
        backend: Its kind, such as ``docker``.
        endpoint: Where it is.
        namespace: What keeps its apps apart.
    """

    backend: str
    endpoint: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.backend} at {self.endpoint}, namespace {self.namespace}"


def digest_of_plans(namespace: str, plans: Iterable[Plan]) -> str:
    """Return what names these changes, in this order: sha256 over their own digests, in hexadecimal."""
    content = {"namespace": namespace, "plans": [plan.digest for plan in plans]}
    return sha256(canonical(content).encode()).hexdigest()


def plans_text(place: Place, plans: Sequence[Plan]) -> str:
    """Return the text of a file that holds plans.

    A secret is there by its name alone: whether it stays as it is, or its value has to be given again.
    """
    document = {
        "cloudkit": KIND,
        "version": VERSION,
        **asdict(place),
        "digest": digest_of_plans(place.namespace, plans),
        "plans": [_written(plan) for plan in plans],
    }
    return json.dumps(document | {"checksum": _checksum(document)}, indent=1) + "\n"


def is_plan(text: str) -> bool:
    """Say whether a text is meant to be plans, whole or not."""
    return text.lstrip().startswith("{") and f'"cloudkit": "{KIND}"' in text[:200]


def plans_from(text: str, name: str) -> tuple[Place, tuple[Plan, ...]]:
    """Return what a file of plans holds; its secrets are *lost*, and say whether they stay or are new.

    Args:
        text: What is in the file.
        name: What it is called, for errors.

    Raises:
        ConfigError: It is no such file, not whole, changed since it was written, or written by a newer version.
    """
    document = _document(text, name)
    try:
        place = Place(**{key: str(document[key]) for key in ("backend", "endpoint", "namespace")})
        plans = tuple(_read(one, place.backend) for one in document["plans"])
        known = document["digest"] == digest_of_plans(place.namespace, plans)
    except (CloudkitError, KeyError, TypeError, ValueError, AttributeError) as error:
        told = error.summary if isinstance(error, CloudkitError) else type(error).__name__
        raise _refused(name, "cannot be read", evidence=(told,)) from error
    if not known:
        raise _refused(name, "is not what its digest names")
    return place, plans


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _refused(name, "is no whole plan", evidence=(str(error),)) from None
    if not isinstance(document, dict) or document.get("cloudkit") != KIND:
        raise _refused(name, "is no plan")
    if document.get("version") != VERSION:
        hint = f"the cloudkit that wrote it; or {AGAIN}"
        version = str(document.get("version"))[:20]
        raise ConfigError(f"{name} is a plan of version {version}, and this cloudkit reads {VERSION}", hint=hint)
    checksum = document.pop("checksum", None)
    if checksum != _checksum(document):
        raise _refused(name, "was changed after it was written, or is not whole")
    return document


def _refused(name: str, what: str, evidence: Sequence[str] = ()) -> ConfigError:
    return ConfigError(f"{name} {what}: nothing was done", evidence=evidence, hint=AGAIN)


def _checksum(document: Mapping[str, object]) -> str:
    return sha256(canonical(document).encode()).hexdigest()


def _written(plan: Plan) -> dict[str, object]:
    contents = [content for spec in (plan.before, plan.after) if spec for content in spec.config.values()]
    return {
        "app": plan.app,
        "generation": plan.generation,
        "before": encode(plan.before) if plan.before else None,
        "after": encode(plan.after) if plan.after else None,
        "actions": [asdict(action) for action in plan.actions],
        "given": list(plan.given),
        "files": {digest_of(one): one for one in contents if not isinstance(one, LostText)},
        **({"adopts": plan.adopts} if plan.adopts else {}),
    }


def _read(written: Mapping[str, Any], backend: str) -> Plan:
    files, given = written["files"], written["given"]
    before, after = _spec(written["before"], files, ()), _spec(written["after"], files, given)
    if any(spec.name != written["app"] for spec in (before, after) if spec):
        raise ConfigError("a plan is of another app than it says")
    return Plan(
        app=written["app"],
        backend=backend,
        generation=written["generation"],
        before=before,
        after=after,
        actions=tuple(Action(**{**one, "kind": ActionKind(one["kind"])}) for one in written["actions"]),
        adopts=written.get("adopts", ""),
    )


def _spec(written: Mapping[str, Any] | None, files: Mapping[str, str], given: Sequence[str]) -> AppSpec | None:
    if written is None:
        return None
    config = written.get("config", {})
    kept = {path: files[marker["file"]] for path, marker in config.items() if marker["file"] in files}
    spec = decode(written, kept, lost=KEPT, lost_config="the plan")
    return spec.replace(
        env={name: _marked(name, value, given) for name, value in spec.env.items()},
        secrets={path: _marked(path, value, given) for path, value in spec.secrets.items()},
    )


def _marked(name: str, value: object, given: Sequence[str]) -> object:
    return LostSecret(NEW) if isinstance(value, Secret) and name in given else value
