"""Completion for bash, zsh and fish: verbs, options, choices and the live names of what is there."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import singledispatch
from typing import Any

import click

from cloudkit.command import Help, invoke
from cloudkit.command.call import Call
from cloudkit.model.image import ImageState
from cloudkit.model.state import AppState
from cloudkit.shell.names import cached
from cloudkit.verbs import Catalogue

__all__ = ["VARIABLE", "completed", "completion_command", "live_names"]

VARIABLE = "_CLOUDKIT_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
PATIENCE = 0.3  # seconds for live names


@singledispatch
def names_in(state: object) -> Iterable[str]:
    """Return the names by which a state is called."""
    return [str(getattr(state, "name", ""))]


@names_in.register
def _app(state: AppState) -> Iterable[str]:
    return [state.name]


@names_in.register
def _image(state: ImageState) -> Iterable[str]:
    return [tag.familiar for tag in state.tags]


def live_names(catalogue: Catalogue, connect: Callable[[], Any], kind: type[Any]) -> Sequence[str]:
    """Return the names of what is there, within a fraction of a second, or none.

    Args:
        catalogue: Knows the verb that lists this kind.
        connect: Returns the root that the verb is called on.
        kind: The kind of state.
    """
    verb = catalogue.listing(kind)
    if verb is None:
        return ()
    call = Call(verb=verb)

    def ask() -> list[str]:
        root = connect()
        return cached(
            f"{root!r} {kind.__name__}", lambda: [name for one in invoke(call, root) for name in names_in(one)]
        )

    return bounded(ask)


def bounded(ask: Callable[[], list[str]], patience: float = PATIENCE) -> Sequence[str]:
    """Return an answer, or nothing when it fails or takes too long."""
    answer: list[str] = []

    def fill() -> None:
        try:
            answer.extend(ask())
        except Exception:  # noqa: BLE001 # whatever fails: a completion is silent
            answer.clear()

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    thread.join(patience)
    return () if thread.is_alive() else answer


def completed(group: click.Group, program: str, settings: object) -> str | None:
    """Return what the shell's completion script asks for; None when it asks for nothing."""
    from click.shell_completion import get_completion_class

    shell, _, instruction = os.environ.get(VARIABLE, "").partition("_")
    kind = get_completion_class(shell) if shell in SHELLS else None
    if kind is None or instruction != "complete":
        return None
    return kind(group, {"obj": settings}, program, VARIABLE).complete()


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
        params=[click.Argument(["shell"], type=click.Choice(SHELLS))],
        help='Print the completion of a shell: eval "$(cloudkit completion bash)" in its start-up file.',
        short_help="Print the completion script of bash, zsh or fish.",
    )
