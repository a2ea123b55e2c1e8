"""The words that a container of an app and one of a task share: its command and its limits."""

from __future__ import annotations

from collections.abc import Mapping

from cloudkit.backends.kubernetes.manifests.variables import literal
from cloudkit.errors import UnsupportedError
from cloudkit.model.resources import Resources

__all__ = ["container_resources", "program"]


def program(entrypoint: tuple[str, ...] | None, command: tuple[str, ...] | None) -> dict[str, list[str]]:
    """Return what a container runs; an empty result leaves it to the image.

    Kubernetes calls the entrypoint ``command`` and the command ``args``. An entrypoint that is taken away makes the
    command the program.

    >>> program(("serve",), ("--port", "3000"))
    {'command': ['serve'], 'args': ['--port', '3000']}
    >>> program((), ("serve", "$HOME"))
    {'command': ['serve', '$$HOME']}
    """
    words = [literal(word) for word in command or ()]
    if entrypoint == ():
        if not words:
            message = "an image's entrypoint cannot be taken away on Kubernetes without a command in its place"
            raise UnsupportedError(message, capability="entrypoint", hint="give the command, too")
        return {"command": words}
    whole = {"command": [literal(word) for word in entrypoint or ()], "args": words}
    return {name: part for name, part in whole.items() if part}


def container_resources(resources: Resources, devices: Mapping[str, int] | None = None) -> dict[str, dict[str, str]]:
    """Return requests and limits; one form for each amount, so that writing it otherwise makes no new revision.

    Args:
        resources: How much processor time and memory.
        devices: How many of each device; a cluster lends them whole, so that a limit is its request, too.

    >>> container_resources(Resources(cpu="0.5", memory="64Mi", cpu_request="100m"))
    {'limits': {'cpu': '500m', 'memory': '67108864'}, 'requests': {'cpu': '100m', 'memory': '67108864'}}
    """
    if resources.pids is not None:
        message = "a cluster bounds processes for all pods of a node alike, never for one app"
        raise UnsupportedError(message, capability="pids", hint="leave pids out; podPidsLimit of the kubelet is it")
    amounts = resources.canonical
    limits = {"cpu": amounts.cpu, "memory": amounts.memory}
    requests = {"cpu": amounts.cpu_request or amounts.cpu, "memory": amounts.memory_request or amounts.memory}
    lent = {name: str(count) for name, count in (devices or {}).items()}
    given = {"limits": _given(limits) | lent, "requests": _given(requests) | lent}
    return {name: part for name, part in given.items() if part}


def _given(amounts: dict[str, str | None]) -> dict[str, str]:
    return {name: amount for name, amount in amounts.items() if amount is not None}
