"""Files as a pod is given them: configuration in a ConfigMap of the revision, secret ones in its Secret.

Each is mounted by itself, so that its folder keeps what the image has there. Both objects are of a revision and never
changed, so that a rollback brings back what there was.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.files import LostText
from cloudkit.model.task import TaskSpec

__all__ = [
    "check_size",
    "config_map",
    "config_name",
    "config_object",
    "file_key",
    "file_mounts",
    "file_volumes",
    "is_config_name",
]

LARGEST = 1024 * 1024  # bytes of a ConfigMap's or a Secret's data
FOR_ALL, FOR_OWNER = 0o444, 0o400
CONFIG, SECRETS = "config", "secrets"
_OTHER = re.compile(r"[^A-Za-z0-9_.-]+")


def config_name(app: str, revision: int) -> str:
    """Return the name of the ConfigMap with a revision's files.

    >>> config_name("web", 3)
    'web-config-3'
    """
    return f"{app}-config-{revision}"


def is_config_name(app: str, name: str) -> bool:
    """Tell whether a ConfigMap's name is that of one of an app's revisions.

    >>> is_config_name("web", "web-config-3"), is_config_name("web", "web-config-x")
    (True, False)
    """
    return re.fullmatch(re.escape(f"{app}-config-") + "[0-9]+", name) is not None


def file_key(path: str) -> str:
    """Return the key of a file in its object, which takes no slash: its name, and what tells its folder from others.

    >>> file_key("/etc/web.toml")
    'web.toml.9dd80a25ebbc'
    """
    return f"{_OTHER.sub('-', posixpath.basename(path))[:100]}.{sha256(path.encode()).hexdigest()[:12]}"


def config_map(spec: AppSpec, *, namespace: str, revision: int) -> Iterator[dict[str, Any]]:
    """Yield the ConfigMap of a revision, where the spec has files of configuration; none where a content is lost.

    Raises:
        UnsupportedError: They are more than one object takes.
    """
    if not spec.config or any(isinstance(content, LostText) for content in spec.config.values()):
        return
    name = config_name(spec.name, revision)
    yield config_object(name, spec.config, owner=f"app {spec.name!r}", namespace=namespace, labels=own_labels(spec))


def config_object(
    name: str, files: Mapping[str, str], *, owner: str, namespace: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return the ConfigMap of files.

    Raises:
        UnsupportedError: They are more than one object takes.
    """
    data = {file_key(path): content for path, content in sorted(files.items())}
    check_size(owner, "config", data)
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    return heading("v1", "ConfigMap", metadata) | {"data": data}


def check_size(owner: str, what: str, data: Mapping[str, str]) -> None:
    """Refuse more than an object of the cluster takes."""
    size = sum(len(key) + len(content.encode()) for key, content in data.items())
    if size > LARGEST:
        message = f"the {what} of {owner} have {size} bytes, and a cluster takes {LARGEST} of them"
        raise UnsupportedError(message, capability="files", hint="COPY what is large into the image, or use a volume")


def file_volumes(spec: AppSpec | TaskSpec, *, config: str, secret: str) -> list[dict[str, Any]]:
    """Return the volumes of a pod's files.

    A secret file is its user's alone: the node gives it to the pod's group. Who the image's own user is, is not known.

    Args:
        spec: What is wanted.
        config: The name of the ConfigMap.
        secret: The name of the Secret.
    """
    mode = FOR_ALL if spec.user is None else FOR_OWNER
    sources = (
        (CONFIG, spec.config, {"configMap": {"name": config, "defaultMode": FOR_ALL, "items": _items(spec.config)}}),
        (SECRETS, spec.secrets, {"secret": {"secretName": secret, "defaultMode": mode, "items": _items(spec.secrets)}}),
    )
    return [{"name": name, **source} for name, files, source in sources if files]


def file_mounts(spec: AppSpec | TaskSpec) -> list[dict[str, Any]]:
    """Return where a container sees its files, by path, so that their order makes no new revision."""
    named = dict.fromkeys(spec.config, CONFIG) | dict.fromkeys(spec.secrets, SECRETS)
    return [
        {"name": named[path], "mountPath": path, "subPath": file_key(path), "readOnly": True} for path in sorted(named)
    ]


def _items(paths: Iterable[str]) -> list[dict[str, str]]:
    return [{"key": file_key(path), "path": file_key(path)} for path in sorted(paths)]
