"""The words of the command line: those of the handles, and its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.command import Grammar
from cloudkit.model.caller import Caller, Origin
from cloudkit.model.progress import Listener, silent
from cloudkit.shell.completion import completion_command, live_names
from cloudkit.shell.completion.places import OPTIONS, noted
from cloudkit.shell.settings import Settings, global_options
from cloudkit.verbs import Catalogue

__all__ = ["PROGRAM", "SUMMARY", "catalogue", "cloud_of", "grammar_of"]

PROGRAM = "cloudkit"
SUMMARY = "Build, run, scale, roll and explain apps on a container engine."


def catalogue() -> Catalogue:
    """Return all verbs that the command line offers."""
    return Catalogue(Cloud, App)


def grammar_of(settings: Settings) -> Grammar:
    """Return the words; completion asks the cloud that the settings mean."""
    verbs = catalogue()

    def names_of(kind: type[Any], target: str | None) -> Sequence[str]:
        cloud = cloud_of(settings)
        noted(cloud, [getattr(settings, name) for name in OPTIONS])
        return live_names(verbs, lambda: cloud, kind, target)

    grammar = Grammar(
        verbs,
        program=PROGRAM,
        summary=SUMMARY,
        options=list(global_options()),
        commands=[completion_command(PROGRAM, lambda: grammar.group)],
        names_of=names_of,
        files=True,
    )
    return grammar


def cloud_of(settings: Settings, listener: Listener = silent, origin: Origin = Origin.SHELL) -> Cloud:
    """Return the cloud that the settings mean; its journal says that it was asked from there."""
    return Cloud(
        settings.backend,
        context=settings.context,
        namespace=settings.namespace,
        registry=settings.registry,
        builder=settings.builder,
        listener=listener,
        caller=Caller(origin=origin),
    )
