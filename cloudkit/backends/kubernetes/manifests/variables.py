"""Environment variables: plain ones in the pod, secret ones in a Secret of their revision, as secret files are."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from cloudkit.backends.kubernetes.manifests.files import check_size, file_key
from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.secret import LostSecret, Secret

__all__ = ["is_secret_name", "literal", "secret", "secret_name", "secret_object", "variables"]

LONGEST_KEY = 253


def secret_name(app: str, revision: int) -> str:
    """Return the name of the Secret with a revision's secret variables and files.

    >>> secret_name("web", 3)
    'web-env-3'
    """
    return f"{app}-env-{revision}"


def is_secret_name(app: str, name: str) -> bool:
    """Tell whether a Secret's name is that of one of an app's revisions.

    >>> is_secret_name("web", "web-env-3"), is_secret_name("web", "web-env-x")
    (True, False)
    """
    return re.fullmatch(re.escape(f"{app}-env-") + "[0-9]+", name) is not None


def literal(text: str) -> str:
    """Return a text that the node takes as it is: it would put variables in place of ``$(NAME)``.

    >>> literal("cost: $(PRICE)")
    'cost: $$(PRICE)'
    """
    return text.replace("$", "$$")


def variables(env: Mapping[str, str | Secret], source: str) -> list[dict[str, Any]]:
    """Return variables as a container takes them, by name, so that their order makes no new revision.

    Args:
        env: The variables.
        source: The name of the Secret that has the secret ones.

    >>> variables({"TOKEN": Secret("hunter2"), "COLOR": "blue"}, "web-env-1")
    [{'name': 'COLOR', 'value': 'blue'},
     {'name': 'TOKEN', 'valueFrom': {'secretKeyRef': {'name': 'web-env-1', 'key': 'TOKEN'}}}]
    """
    return [_variable(name, env[name], source) for name in sorted(env)]


def secret(spec: AppSpec, *, namespace: str, revision: int) -> Iterator[dict[str, Any]]:
    """Yield the Secret of a revision, where the spec has secrets; it is never changed, as a revision is not.

    There is none to write where a value is lost.
    """
    values = {name: value for name, value in spec.env.items() if isinstance(value, Secret)}
    values |= {file_key(path): value for path, value in spec.secrets.items()}
    if values and not any(isinstance(value, LostSecret) for value in values.values()):
        check_size(f"app {spec.name!r}", "secrets", {key: value.reveal() for key, value in values.items()})
        name = secret_name(spec.name, revision)
        yield secret_object(name, values, namespace=namespace, labels=own_labels(spec))


def secret_object(
    name: str, values: Mapping[str, Secret], *, namespace: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return a Secret: the only object that a value stands in."""
    for key in values:
        if len(key) > LONGEST_KEY:
            message = f"the name of a secret variable has {len(key)} characters; Kubernetes takes {LONGEST_KEY}"
            raise UnsupportedError(message, capability="env", hint="give it a shorter name")
    data = {key: b64encode(value.reveal().encode()).decode() for key, value in sorted(values.items())}
    body = heading("v1", "Secret", {"name": name, "namespace": namespace, "labels": dict(labels)})
    return body | {"type": "Opaque", "data": data}


def _variable(name: str, value: str | Secret, source: str) -> dict[str, Any]:
    if isinstance(value, Secret):
        return {"name": name, "valueFrom": {"secretKeyRef": {"name": source, "key": name}}}
    return {"name": name, "value": literal(value)}
