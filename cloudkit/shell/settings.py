"""What the command line is told beside the verb: where, how to show it, and what to ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from cloudkit.command.call import Asked

__all__ = ["Settings", "global_options"]


@dataclass(slots=True)
class Settings:
    """The options of every command; words fill it while they are read."""

    backend: str | None = None
    context: str | None = None
    namespace: str | None = None
    registry: str | None = None
    builder: str | None = None
    plan_out: str | None = None
    json: bool = False
    plan: bool = False
    yes: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False

    @property
    def planning(self) -> bool:
        """True when the verb is to be planned, not done."""
        return self.plan or self.plan_out is not None


PREFIX = "setting_"  # keeps them apart from a verb's own parameters
SWITCHES = {
    "json": "Print the result as JSON; a stream as one object a line.",
    "plan": "Show what would change, and change nothing.",
    "yes": "Do not ask before something is lost.",
    "quiet": "No progress and no notices.",
    "verbose": "Log what is done, and show where an error comes from.",
    "no_color": "No colours; so does the variable NO_COLOR.",
}
VALUES = (
    ("backend", "What runs the apps: docker, kubernetes or memory."),
    ("context", "The docker context that names the engine, or the kubeconfig's that names the cluster."),
    ("namespace", "What keeps apps apart from others on the same engine or cluster."),
    ("registry", "Where images go that a cluster's nodes are to pull, such as localhost:5000."),
    ("builder", "The BuildKit that builds images for a cluster: kubernetes, or tcp://builder:1234."),
)


def global_options() -> Iterator[click.Option]:
    """Return the options of every command."""
    for name, help in VALUES:
        yield click.Option([PREFIX + name, f"--{name}"], expose_value=False, callback=keep, help=help, metavar="NAME")
    yield click.Option(
        [f"{PREFIX}plan_out", "--plan-out"],
        expose_value=False,
        callback=keep,
        help="Write what would change to a file, and change nothing.",
        metavar="FILE",
        type=click.Path(),
    )
    for name, help in SWITCHES.items():
        dashed = f"--{name.replace('_', '-')}"
        yield click.Option(
            [PREFIX + name, dashed], is_flag=True, default=None, expose_value=False, callback=keep, help=help
        )
    yield version_option()


def keep(context: click.Context, option: click.Parameter, value: Any) -> None:  # noqa: ANN401 # click's own signature
    """Remember a value that was given; one that was not leaves what stands before the verb."""
    settings = context.find_root().obj
    if value is not None and isinstance(settings, Settings):
        setattr(settings, str(option.name).removeprefix(PREFIX), value)


def version_option() -> click.Option:
    def show(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 # click's own
        if value and not context.resilient_parsing:
            from importlib.metadata import version

            raise Asked(f"cloudkit {version('cloudkit-sdk')}")

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version."
    )
