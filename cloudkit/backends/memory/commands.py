"""The few commands that every image of the twin has, and a shell that joins them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cloudkit.backends.memory.files import Files

__all__ = ["Execution", "execute"]

NOT_FOUND = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A command about to run inside a replica or a task.

    Args:
        command: The command and its arguments.
        stdin: What it reads.
        env: Its environment, secrets revealed.
        user: The user it runs as.
        workdir: The folder it runs in.
        hostname: The replica's name.
        files: The replica's file system.
        fetch: Get a url as another app on the network would: status and body.
        sleep: Let time pass.
    """

    command: tuple[str, ...]
    stdin: bytes = b""
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    user: str = "root"
    workdir: str = "/"
    hostname: str = ""
    files: Files = field(default_factory=Files)
    fetch: Callable[[str], tuple[int, str]] = field(default=lambda url: (503, f"nobody answers {url}"))
    sleep: Callable[[float], None] = field(default=lambda _: None)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command without its name."""
        return self.command[1:]


def execute(execution: Execution) -> tuple[int, str]:
    """Run a command that the twin knows; another one is not found, as an engine says it.

    >>> execute(Execution(command=("echo", "hello", "world")))
    (0, 'hello world\\n')
    >>> execute(Execution(command=("sh", "-c", "echo half; exit 3")))
    (3, 'half\\n')
    """
    name = execution.command[0].rsplit("/", 1)[-1] if execution.command else ""
    known = _COMMANDS.get(name)
    if known is None:
        return NOT_FOUND, f'exec: "{name}": executable file not found in $PATH\n'
    return known(execution)


def _echo(execution: Execution) -> tuple[int, str]:
    return 0, " ".join(execution.arguments) + "\n"


def _cat(execution: Execution) -> tuple[int, str]:
    if not execution.arguments:
        return 0, execution.stdin.decode(errors="replace")
    output = ""
    for path in execution.arguments:
        content = execution.files.read(path, execution.workdir)
        if content is None:
            return 1, f"{output}cat: {path}: No such file or directory\n"
        output += content.decode(errors="replace")
    return 0, output


def _printenv(execution: Execution) -> tuple[int, str]:
    if not execution.arguments:
        return 0, "".join(f"{key}={value}\n" for key, value in sorted(execution.env.items()))
    found = [execution.env[key] for key in execution.arguments if key in execution.env]
    return int(len(found) < len(execution.arguments)), "".join(f"{value}\n" for value in found)


def _sleep(execution: Execution) -> tuple[int, str]:
    execution.sleep(float(execution.arguments[0]))
    return 0, ""


def _curl(execution: Execution) -> tuple[int, str]:
    status, body = execution.fetch(execution.arguments[-1])
    if status < 100:  # curl's own code, as nobody answered
        return status, body
    return (0 if status < 400 else 22), body


def _shell(execution: Execution) -> tuple[int, str]:
    """Run ``sh -c``: commands joined by ``;`` and ``&&``, with ``> file`` and ``exit``; no more than that."""
    code, output = 0, ""
    for sentence in execution.arguments[1].split(";"):
        for part in sentence.split("&&"):
            words = tuple(word for word in shlex.split(part) if word != ">&2")
            if words[:1] == ("exit",):
                return int(words[1]) if len(words) > 1 else code, output
            code, printed = _redirected(execution, words) if words else (code, "")
            output += printed
            if code:
                break
    return code, output


def _redirected(execution: Execution, words: tuple[str, ...]) -> tuple[int, str]:
    if len(words) < 3 or words[-2] != ">":
        return execute(replace(execution, command=words))
    code, printed = execute(replace(execution, command=words[:-2]))
    execution.files.write(words[-1], printed.encode(), execution.workdir)
    return code, ""


_COMMANDS: dict[str, Callable[[Execution], tuple[int, str]]] = {
    "cat": _cat,
    "curl": _curl,
    "echo": _echo,
    "false": lambda _: (1, ""),
    "hostname": lambda execution: (0, f"{execution.hostname}\n"),
    "printenv": _printenv,
    "pwd": lambda execution: (0, f"{execution.workdir}\n"),
    "sh": _shell,
    "sleep": _sleep,
    "true": lambda _: (0, ""),
    "whoami": lambda execution: (0, f"{execution.user}\n"),
}
