"""A container as an app's spec: each field is carried, has no meaning of its own, or is named as lost; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloudkit.backends.adopting.fields import Fields
from cloudkit.backends.adopting.saying import hidden
from cloudkit.backends.docker.adopting.candidate import Container
from cloudkit.backends.docker.adopting.host import host_fields
from cloudkit.engine.inspect import image_state
from cloudkit.errors import UnsupportedError, UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.names import check_label
from cloudkit.model.probe import ExecProbe
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

__all__ = ["Said", "said"]

_NANOSECONDS = 1_000_000_000
_USUAL = {"Interval": 30, "Timeout": 30, "StartPeriod": 0}  # seconds of a health check that says nothing
_RETRIES = 3
_ENGINES_OWN = ("com.docker.", "desktop.docker.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A container in the words of a spec.

    Args:
        spec: The spec.
        lost: The fields that no spec can say.
    """

    spec: AppSpec
    lost: tuple[str, ...]


def said(container: Container, name: str) -> Said:
    """Return a container in the words of a spec.

    Args:
        container: The container.
        name: The app's name.

    Raises:
        UnsupportedError: No spec says anything like it.
    """
    lost: list[str] = []
    config = Fields(container.detail["Config"], "Config", lost)
    image: Mapping[str, Any] = container.image.get("Config") or {}
    fields: dict[str, Any] = {
        "image": _image(config, container.image),
        "env": _variables(config, image),
        "labels": _labels(config, image),
        "readiness": _probe(config),
        "stop_grace": float(config.take("StopTimeout") or 10),
        "stop_signal": _signal(config.take("StopSignal"), image.get("StopSignal")),
        "user": _own(config, image, "User"),
        "workdir": _own(config, image, "WorkingDir"),
        **_program(config, image),
        **host_fields(container, config, lost),
    }
    config.ignore("AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce", "Volumes", "ExposedPorts", "OnBuild")
    config.ignore("Shell", "ArgsEscaped", Hostname=container.id[:12])
    config.close()
    try:
        spec = AppSpec(name=name, kind="service" if fields["ports"] else "worker", **fields)
    except UsageError as error:
        message = f"container {container.name} cannot be said of an app: {error.summary}"
        raise UnsupportedError(message, capability="adopt", hint=f"cloudkit deploy {name} beside it") from error
    return Said(spec=spec, lost=tuple(lost))


def _image(config: Fields, image: Mapping[str, Any]) -> Reference:
    """Return what it runs, pinned: by the name that it was asked for, while that leads there."""
    asked = str(config.take("Image"))
    known = asked in {*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())}
    return image_state(image, Reference.parse(asked) if known else None).reference


def _variables(config: Fields, image: Mapping[str, Any]) -> dict[str, str | Secret]:
    """Return the variables that are not the image's own."""
    inherited = frozenset(image.get("Env") or ())
    pairs = (one.partition("=") for one in config.take("Env") or () if one not in inherited)
    return {name: hidden(name, value) for name, _, value in pairs}


def _labels(config: Fields, image: Mapping[str, Any]) -> dict[str, str]:
    inherited = (image.get("Labels") or {}).items()
    given = {key: value for key, value in (config.take("Labels") or {}).items() if (key, value) not in inherited}
    own = {key: value for key, value in given.items() if not key.startswith(_ENGINES_OWN)}
    for key in sorted(own):
        try:
            check_label(key, own[key])
        except UsageError:
            config.lose(f"Labels.{key}")
            del own[key]
    return own


def _program(config: Fields, image: Mapping[str, Any]) -> dict[str, tuple[str, ...] | None]:
    """Return what it runs, where that is not what its image runs."""
    entrypoint, command = config.take("Entrypoint") or None, config.take("Cmd") or None
    same = entrypoint == (image.get("Entrypoint") or None)
    return {
        "entrypoint": None if same else tuple(entrypoint or ()),
        "command": None if same and command == (image.get("Cmd") or None) else tuple(command or ()),
    }


def _own(config: Fields, image: Mapping[str, Any], name: str) -> str | None:
    """Return a text that is not the image's own."""
    text = config.take(name) or ""
    return None if text in {"", image.get(name) or ""} else str(text)


def _signal(signal: str | None, inherited: str | None) -> str | None:
    if not signal or signal == inherited:
        return None
    return signal if signal.startswith("SIG") or signal.isdigit() else f"SIG{signal}"


def _probe(config: Fields) -> ExecProbe | None:
    """Return the engine's own health check as what makes a replica ready."""
    check = config.take("Healthcheck") or {}
    test = check.get("Test") or ["NONE"]
    if test[0] == "NONE":
        return None
    command = ("sh", "-c", test[1]) if test[0] == "CMD-SHELL" else tuple(test[1:])
    times = {name: (check.get(name) or usual * _NANOSECONDS) / _NANOSECONDS for name, usual in _USUAL.items()}
    return ExecProbe(
        command=command,
        initial_delay=times["StartPeriod"],
        period=times["Interval"],
        timeout=times["Timeout"],
        failure_threshold=check.get("Retries") or _RETRIES,
    )
