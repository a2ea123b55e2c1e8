"""Compose files as declarations: each service is an app; what is not used is named.

Source: https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cloudkit.declared.compose.interpolation import interpolated
from cloudkit.declared.compose.parts import (
    command_of,
    environment_of,
    limits_of,
    named_secrets,
    pairs_of,
    ports_of,
    probe_of,
    stop_of,
    volumes_of,
)
from cloudkit.declared.declaration import DEFAULT, Declaration, Declared
from cloudkit.declared.fields import Fields
from cloudkit.declared.secrets import name_of_secret, secret
from cloudkit.errors import ConfigError
from cloudkit.model.convert import flag, integer
from cloudkit.model.files import SECRETS
from cloudkit.model.given import PREFIX
from cloudkit.model.secret import Secret

__all__ = ["read_compose"]

_OTHER = re.compile(r"[^a-z0-9-]+")
_RESTARTS = {"always": "always", "unless-stopped": "always", "on-failure": "on-failure", "no": "never"}
_MODES = {"replicated": None, "global": "daemon", "replicated-job": "job"}


def read_compose(data: Mapping[str, Any], folder: Path, environ: Mapping[str, str]) -> Declaration:
    """Return what a compose file declares.

    Args:
        data: What is in the file.
        folder: What its paths are relative to.
        environ: The variables that it may name.

    Raises:
        ConfigError: A service has no image, or a field is wrong.
    """
    project = Fields(interpolated(named_secrets(data), environ), "")
    for key in ("version", *(one for one in map(str, data) if one.startswith("x-"))):
        project.take(key)  # the one says nothing any more, the others are for other programs
    reader = _Reader(project, folder, environ)
    apps = tuple(reader.app(name, one) for name, one in project.named("services").items())
    name = _OTHER.sub("-", (project.text("name") or DEFAULT).lower()).strip("-") or DEFAULT
    return Declaration(name=name, apps=apps, notes=(*reader.notes, *project.unused()))


class _Reader:
    """Reads the services of one project."""

    def __init__(self, project: Fields, folder: Path, environ: Mapping[str, str]) -> None:
        self._project, self._folder, self._environ = project, folder, environ
        self.notes = list[str]()
        for kind in ("volumes", "networks", "configs", "secrets"):  # there, though it may say no more than that
            project.named(kind)

    def app(self, name: str, service: Fields) -> Declared:
        """Return the app that a service is."""
        image = service.text("image")
        if image is None:
            hint = f"cloudkit build --tag {name}:1, and image: {name}:1 in the file"
            raise ConfigError(f"{service.where} has no image", hint=hint)
        deploy = service.part("deploy")
        found = {
            **self._process(service),
            **self._work(service, deploy),
            **ports_of(service, self.notes),
            **limits_of(service, deploy),
            **self._surroundings(service),
            **self._files(service),
            **dict(probe_of(service)),
        }
        emptied: dict[str, object] = {key: [] for key in ("command", "entrypoint") if found[key] == []}
        options = {key: value for key, value in found.items() if value not in (None, {}, [], ())} | emptied
        return Declared(_name(name), image, options)

    def _process(self, service: Fields) -> dict[str, object]:
        entrypoint = command_of(service, "entrypoint")
        return {
            "command": command_of(service, "command"),
            "entrypoint": entrypoint,
            "env": environment_of(service, self._folder, self._environ),
            "user": service.text("user"),
            "workdir": service.text("working_dir"),
            "read_only": _flag(service, "read_only"),
            "init": _flag(service, "init"),
            "drop": [str(one).upper().removeprefix("CAP_") for one in service.items("cap_drop")],
            **stop_of(service),
        }

    def _work(self, service: Fields, deploy: Fields) -> dict[str, object]:
        """Return how many there are, of which kind, and when they are started again."""
        mode = deploy.text("mode")
        if mode is not None and mode not in _MODES:
            deploy.leave("mode")
        kind = _MODES.get(mode or "replicated")
        count = deploy.take("replicas") if "replicas" in deploy else service.take("scale")
        number = None if count is None else integer(f"{service.where}.replicas", count)
        counted = {"completions": number} if kind == "job" else {} if kind == "daemon" else {"replicas": number}
        restart = service.text("restart")
        if restart is not None and restart.partition(":")[0] not in _RESTARTS:
            raise ConfigError(
                f"{service.where}.restart is {restart!r}", hint="always, on-failure, unless-stopped or no"
            )
        told = None if restart is None else _RESTARTS[restart.partition(":")[0]]
        if restart is not None and (":" in restart or restart == "unless-stopped"):
            self.notes.append(f"{service.where}.restart: {restart} is {told} here")
        labels = pairs_of(service, "labels")
        return {"kind": kind, "restart": told, "labels": labels, **counted, **self._update(deploy), **_nodes(deploy)}

    def _update(self, deploy: Fields) -> dict[str, object]:
        """Return how a new revision takes over: one after the other, before or after the old ones go."""
        update = deploy.part("update_config")
        order, parallel = update.text("order"), update.take("parallelism")
        if order is None:
            return {} if parallel is None else {"max_surge": integer("parallelism", parallel)}
        number = 1 if parallel is None else integer("parallelism", parallel)
        first = order == "start-first"
        return {"max_surge": number if first else 0, "max_unavailable": 0 if first else number}

    def _surroundings(self, service: Fields) -> dict[str, object]:
        networks = service.take("networks")
        if isinstance(networks, Mapping):
            service.named("networks")
        declared = self._project.named("networks")
        names = [_name(str(one)) for one in networks or ()]
        for one in declared.values():
            one.take("name")
        return {
            "networks": [] if names == ["default"] else names,
            "volumes": volumes_of(service, self._folder, self._project.named("volumes"), self.notes),
        }

    def _files(self, service: Fields) -> dict[str, object]:
        """Return the files that a service is given."""
        config: dict[str, object] = {}
        for one, target in _grants(service, "configs", "/", self.notes):
            config[target] = self._content(self._project.named("configs"), one, service.where)
        secrets: dict[str, object] = {}
        for one, target in _grants(service, "secrets", f"{SECRETS}/", self.notes):
            source = self._project.named("secrets").get(one, Fields({}, f"secrets.{one}"))
            file, variable = source.text("file"), source.text("environment")
            source.take("external")
            value = self._environ.get(variable or "")
            secrets[target] = self._folder / file if file else secret(name_of_secret(target))
            if file is None and value is not None and not (variable or "").startswith(PREFIX):
                secrets[target] = Secret(value)
        return {"config": config, "secrets": secrets}

    def _content(self, configs: Mapping[str, Fields], name: str, where: str) -> object:
        if name not in configs:
            raise ConfigError(f"{where} takes the config {name!r}, which is not there")
        one = configs[name]
        file, variable, content = (one.text(key) for key in ("file", "environment", "content"))
        if file is not None:
            return self._folder / file
        found = content if content is not None else self._environ.get(variable or "")
        if found is None:
            raise ConfigError(f"{one.where} has no content", hint="file: PATH, or content: TEXT")
        return found


def _grants(service: Fields, kind: str, folder: str, notes: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the source and the target of each file that a service is given."""
    whole = service.take(kind) or []
    if all(isinstance(one, str) for one in whole):
        yield from ((one, f"{folder}{one}") for one in whole)
        return
    for each in whole:
        one = Fields({"source": each} if isinstance(each, str) else each, service.place(kind))
        source = one.text("source") or ""
        target = one.text("target") or source
        notes += one.unused()
        yield source, target if target.startswith("/") else f"{folder}{target}"


def _nodes(deploy: Fields) -> dict[str, object]:
    """Return the labels that a node must have, of the constraints that say such."""
    placement = deploy.part("placement")
    nodes = {}
    for one in placement.items("constraints"):
        key, equal, value = str(one).partition("==")
        if equal and key.strip().startswith("node.labels."):
            nodes[key.strip().removeprefix("node.labels.")] = value.strip()
        else:
            placement.leave("constraints")
    return {"node": nodes}


def _flag(service: Fields, name: str) -> bool | None:
    value = service.take(name)
    return None if value is None else flag(service.place(name), value)


def _name(name: str) -> str:
    """Return an app's name for a service's, which may have signs that a host name has not."""
    return _OTHER.sub("-", name.lower()).strip("-")
