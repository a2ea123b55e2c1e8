"""Why a program could not be executed, read from the words of a runtime, of an init process or of a shell: pure."""

from __future__ import annotations

import re

from cloudkit.backends.causes.life import Life
from cloudkit.backends.causes.words import cause, deploy
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["program_cause"]

_ARCHITECTURE = re.compile(r"exec format error|does not match the (?:specified|detected) platform")
_NOT_FOUND = re.compile(r"executable file not found|exec.*no such file or directory|\bnot found\b.*\$path")
_NO_INIT = re.compile(r"exec /\S*docker-init: no such file or directory")
_NOT_EXECUTABLE = re.compile(r"exec.*(?:permission denied|is a directory)")


def program_cause(spec: AppSpec, life: Life, text: str) -> Cause | None:
    """Return why a program could not be executed, from the engine's words or those of an init process or a shell."""
    if _ARCHITECTURE.search(text) or (_foreign(life) and _NOT_FOUND.search(text)):
        return _architecture(spec, life)
    if _NO_INIT.search(text):
        what = "cannot run the engine's init process, as its image lacks what that needs"
        return cause(CauseCode.COMMAND_NOT_FOUND, life, what, fix=deploy(spec, "--no-init"))
    if life.exit_code == 127 or _NOT_FOUND.search(text):
        return _not_found(spec, life)
    if life.exit_code == 126 or _NOT_EXECUTABLE.search(text):
        return _not_executable(spec, life)
    return None


def _architecture(spec: AppSpec, life: Life) -> Cause:
    image, engine = life.image_platform, life.engine_platform
    if _foreign(life):
        what = f"is made for {image}, and {life.host} is {engine}"
    else:
        what = f"has a program that is not for {engine or life.host}, or a script without a #! line"
    fix = f"cloudkit build . -t {spec.image.familiar} --platform {engine or 'linux/amd64'}"
    return cause(CauseCode.WRONG_ARCHITECTURE, life, what, fix=fix)


def _foreign(life: Life) -> bool:
    """True when the image says that it is for another machine."""
    image, engine = life.image_platform, life.engine_platform
    return bool(image and engine) and image != engine


def _not_found(spec: AppSpec, life: Life) -> Cause:
    shown = f" {spec.command[0]!r}" if spec.command else ""
    what = f"has no command{shown} in its image, or none that its #! line names"
    return cause(CauseCode.COMMAND_NOT_FOUND, life, what, fix=deploy(spec, "--command 'PROGRAM ARGUMENT'"))


def _not_executable(spec: AppSpec, life: Life) -> Cause:
    shown = f" {spec.command[0]!r}" if spec.command else ""
    fix = "RUN chmod +x on that file in the Dockerfile, then build and deploy again"
    return cause(CauseCode.COMMAND_NOT_EXECUTABLE, life, f"may not execute its command{shown}", fix=fix)
