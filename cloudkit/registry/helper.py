"""The protocol of docker's credential helpers: one process, one question."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress

from cloudkit.errors import ConfigError, RegistryError
from cloudkit.model.secret import Secret
from cloudkit.registry import document
from cloudkit.registry.text import harmless

__all__ = ["TIMEOUT", "ask"]

TIMEOUT = 20.0
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
_NOTHING = ("credentials not found", "no credentials")


def ask(name: str, server: str, *, timeout: float = TIMEOUT) -> tuple[str, Secret] | None:
    """Ask ``docker-credential-NAME`` for the name and secret of a server; None when it knows none.

    Args:
        name: The helper's name, such as ``pass`` or ``ecr-login``.
        server: The registry, as docker asks for it.
        timeout: Seconds after which the helper and all that it started are ended.

    Raises:
        ConfigError: There is no such program, it fails, or it does not answer in time.

    Source: the protocol of the docker-credential-helpers project.
    """
    program = _program(name)
    code, output = _run(program, server.encode(), timeout)
    if code != 0:
        said = output.decode(errors="replace").strip()
        if any(words in said.lower() for words in _NOTHING):
            return None
        evidence = [harmless(line) for line in said.splitlines()[:3]]
        raise ConfigError(f"{program} failed with exit code {code} for {server}", evidence=evidence)
    return _answer(program, server, output)


def _program(name: str) -> str:
    if not _NAME.match(name):
        raise ConfigError(f"credential helper {name[:80]!r} in docker's configuration is no program's name")
    program = f"docker-credential-{name}"
    if shutil.which(program) is None:
        hint = f"install {program}, or take it out of docker's config.json and run docker login"
        raise ConfigError(f"{program} is not on PATH, but docker's configuration names it", hint=hint)
    return program


def _run(program: str, question: bytes, timeout: float) -> tuple[int, bytes]:
    """Run the helper in a process group of its own, so that an end in time takes its children too."""
    process = subprocess.Popen(
        [program, "get"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process:
        try:
            output, _ = process.communicate(question, timeout)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                hint = f"echo {question.decode()} | {program} get"
                raise ConfigError(f"{program} did not answer within {timeout:g} s", hint=hint) from None
            raise
    return process.returncode, output


def _answer(program: str, server: str, output: bytes) -> tuple[str, Secret] | None:
    try:
        found = document.read_object(output, "its answer")
    except RegistryError:  # its text could hold the secret
        raise ConfigError(f"{program} did not answer with JSON for {server}") from None
    username, secret = document.read_text(found, "Username"), document.read_text(found, "Secret")
    return (username, Secret(secret)) if username and secret else None
