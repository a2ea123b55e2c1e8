"""Completion for bash, zsh and fish: verbs, options, choices and the live names of what is there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import click

from cloudkit.command import Help, invoke
from cloudkit.command.call import Call
from cloudkit.command.grammar import help_option
from cloudkit.model.offer import Offer
from cloudkit.shell.names import STALE, kept, known
from cloudkit.verbs import Catalogue, Source, source_of
from cloudkit.view.offers import offers_in

__all__ = ["VARIABLE", "completed", "completion_command", "live_names", "seen"]

VARIABLE = "_CLOUDKIT_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
PATIENCE = 0.3  # seconds that a key waits for live names
LONGEST = 20  # seconds that an engine may take to tell them


def live_names(
    catalogue: Catalogue, connect: Callable[[], Any], kind: type[Any], target: str | None = None
) -> Sequence[Offer]:
    """Return the names of what is there, within a fraction of a second, or none.

    Args:
        catalogue: Knows the verb that lists this kind.
        connect: Returns the root that the verb is called on.
        kind: The kind of state.
        target: The name of the handle that is asked, where the kind is of a handle.
    """
    source = source_of(catalogue, kind, target=target is not None)
    if source is None:
        return ()
    root = connect()
    key = " ".join((repr(root), kind.__name__, *([target] if target and source.verb.opener else [])))
    fresh = known(key)
    if fresh is not None:
        return fresh
    apart(lambda: kept(key, told(source, root, target)))
    last = known(key, age=STALE)
    return awaited(key, PATIENCE if last is None else PATIENCE / 2) or last or ()


def told(source: Source, root: object, target: str | None) -> list[Offer]:
    """Ask for the names of what is there."""
    return [offer for state in seen(source, root, target) for offer in offers_in(state)]


def seen(source: Source, root: object, target: str | None) -> Iterable[Any]:
    """Ask for the states of what is there."""
    return source.states(invoke(Call(verb=source.verb, target=target if source.verb.opener else None), root))


def awaited(key: str, patience: float) -> Sequence[Offer] | None:
    """Return the names once they are there, None when that takes too long."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        names = known(key)
        if names is not None:
            return names
        time.sleep(0.01)
    return None


def apart(ask: Callable[[], object]) -> None:
    """Ask in a process of its own, which ends by itself: what comes too late is there for the next key."""
    if os.fork():
        return
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        signal.alarm(LONGEST)
        ask()
    finally:
        os._exit(0)


def completed(group: click.Group, program: str, settings: object) -> str:
    """Return what the shell's completion script asks for; nothing where something fails, as nobody would see why."""
    from click.shell_completion import get_completion_class

    shell, _, instruction = os.environ.get(VARIABLE, "").partition("_")
    kind = get_completion_class(shell) if shell in SHELLS else None
    if kind is not None and instruction == "complete":
        with suppress(Exception):
            return kind(group, {"obj": settings}, program, VARIABLE).complete()
    return ""


def completion_command(program: str) -> click.Command:
    """Return the command that prints the script which a shell reads at its start."""

    def script(shell: str) -> Help:
        from click.shell_completion import get_completion_class

        kind = get_completion_class(shell)
        if kind is None:
            raise click.UsageError(f"no completion for {shell}")
        source = kind(click.Group(), {}, program, VARIABLE)
        return Help(source.source_template % source.source_vars())

    return click.Command(
        "completion",
        callback=script,
        params=[click.Argument(["shell"], type=click.Choice(SHELLS)), help_option()],
        add_help_option=False,
        help='Print the completion of a shell: eval "$(cloudkit completion bash)" in its start-up file.',
        short_help="Print the completion script of bash, zsh or fish.",
    )
