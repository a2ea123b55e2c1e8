"""What a call to the API server is about, in the words that errors and permissions use."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["Target"]

_VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}
_WORDS = {"get": "read", "watch": "watch", "list": "list", "create": "create", "patch": "change", "delete": "delete"}

_OPENED = frozenset({"attach", "exec", "portforward"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An object or a collection, and what is done to it.

    Args:
        verb: As permissions name it: ``get``, ``list``, ``watch``, ``create``, ``patch``, ``delete``.
        group: The API group; empty for the core.
        resource: The plural: ``deployments``; empty for what is no resource, such as ``/version``.
        namespace: Where it is; empty for all, and for what stands outside of namespaces.
        name: The object; empty for the collection.
        part: A subresource, such as ``log``.
        path: The path itself.
    """

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    part: str = ""
    path: str = ""

    @classmethod
    def of(cls, method: str, path: str, *, watch: bool = False) -> Target:
        """Read a path.

        >>> target = Target.of("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web")
        >>> str(target), target.question
        ("change deployments/web in namespace 'shop'", 'kubectl auth can-i patch deployments.apps/web -n shop')
        """
        verb = _VERBS.get(method, method.lower())
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts[0] not in {"api", "apis"} or len(parts) < (3 if parts[0] == "api" else 4):
            return cls(verb=verb, path=path)
        group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        resource, name, part = (*rest, "", "")[:3]
        if verb == "get" and not name:
            verb = "list"
        if watch:
            verb = "watch"
        return cls(verb=verb, group=group, resource=resource, namespace=namespace, name=name, part=part, path=path)

    def __str__(self) -> str:
        word = "open" if self.verb == "create" and self.part in _OPENED else _WORDS.get(self.verb, self.verb)
        if not self.resource:
            return f"{word} {self.path}"
        name = f"/{self.name}" if self.name else ""
        part = f"{self.part} of " if self.part else ""
        return f"{word} {part}{self.resource}{name}" + (f" in namespace {self.namespace!r}" if self.namespace else "")

    @property
    def permission(self) -> str:
        """What one has to be allowed, in the words of a role.

        >>> Target.of("GET", "/api/v1/namespaces/shop/pods/web-1/log").permission
        'get pods/log'
        """
        if not self.resource:
            return f"{self.verb} {self.path}"
        part = f"/{self.part}" if self.part else ""
        return f"{self.verb} {self.resource}{part}"

    @property
    def question(self) -> str:
        """The command that asks the API server whether one may."""
        if not self.resource:
            return f"kubectl auth can-i {self.verb} {self.path}"
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        what += f"/{self.name}" if self.name else ""
        part = f" --subresource={self.part}" if self.part else ""
        space = f" -n {self.namespace}" if self.namespace else ""
        return f"kubectl auth can-i {self.verb} {what}{part}{space}"
