"""The commands ``cloudkit-bot policy ...``: read, try and explain the rules without Slack."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from cloudkit.command import Call, Grammar
from cloudkit.errors import UsageError
from cloudkit_bot.policy.verdict import Asker, MembersLook, Policy, Wanted
from cloudkit_bot.settings import Settings

__all__ = ["commands"]

FILE = click.option(
    "--policy", "file", type=click.Path(path_type=Path), help="The policy file; else the settings' own."
)
AS_TYPED = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group("policy")
def commands() -> None:
    """Check, try and explain the rules of who may do what."""


@commands.command()
@FILE
@click.pass_obj
def check(config: Path | None, file: Path | None) -> None:
    """Say whether the policy file can be read, and whether it speaks of what there is."""
    from cloudkit_bot.policy.cedar import CedarPolicy

    found = policy_of(config, file)
    if isinstance(found, CedarPolicy):
        count = len(found.rules)
        groups = f"; user groups: {', '.join(found.groups)}" if found.groups else ""
        click.echo(f"ok: {count} rule{'' if count == 1 else 's'}{groups}")
        for rule in found.rules:
            if rule.name.startswith("rule "):
                click.echo(f'{rule.name} has no name; @id("...") before it is what a refusal calls it')
    else:
        click.echo("there is no policy file: members may look, and nobody may change anything")


@commands.command()
@click.argument("cases", type=click.Path(path_type=Path))
@FILE
@click.pass_obj
def test(config: Path | None, cases: Path, file: Path | None) -> None:
    """Try the CASES of a file: who, where, which line, and what must become of it."""
    from cloudkit_bot.policy.cases import cases_in, outcome

    found = policy_of(config, file)
    outcomes = [outcome(found, one) for one in cases_in(cases, grammar())]
    for one in outcomes:
        click.echo("\n".join(one.lines()))
    failed = sum(not one.ok for one in outcomes)
    click.echo(f"{len(outcomes)} cases, {failed} failed")
    if failed:
        raise SystemExit(1)


@commands.command(context_settings=AS_TYPED)
@click.option("--user", default="U0SOMEBODY", show_default=True, help="Who asks.")
@click.option("--team", default="T0HOME", show_default=True, help="Their workspace.")
@click.option("--group", "groups", multiple=True, help="A user group that they are in; may be given several times.")
@click.option("--guest", is_flag=True, help="They are a guest.")
@click.option("--stranger", is_flag=True, help="They are of another workspace.")
@click.option("--bot", is_flag=True, help="It is a program.")
@click.option("--channel", default="", help="Where it is asked.")
@click.option("--direct", is_flag=True, help="It is asked in direct messages.")
@click.option("--backend", default="", help="What runs the apps; else the settings' own.")
@click.option("--namespace", default="", help="Where on it; else the settings' own.")
@click.argument("line", nargs=-1, required=True, type=click.UNPROCESSED)
@FILE
@click.pass_obj
def explain(config: Path | None, /, file: Path | None, line: tuple[str, ...], **asked: Any) -> None:  # noqa: ANN401 # options
    """Say which rule decides for a LINE, and what would have to be so for another answer."""
    from cloudkit_bot.policy.explaining import explained

    settings = Settings.read(os.environ, config)
    meant = grammar().parse(line)
    if not isinstance(meant, Call):
        raise UsageError("this asks for a text, not for a verb")
    who = Asker(
        id=asked["user"], team=asked["team"], groups=frozenset(asked["groups"]),
        guest=asked["guest"], stranger=asked["stranger"], bot=asked["bot"],
    )  # fmt: skip
    wanted = Wanted.of(
        meant, backend=asked["backend"] or settings.backend, namespace=asked["namespace"] or settings.namespace,
        channel=asked["channel"], direct=asked["direct"],
    )  # fmt: skip
    found = explained(policy_of(config, file), who, wanted)
    click.echo("allowed" if found.verdict.allowed else f"refused: {found.verdict.reason}")
    click.echo("\n".join(found.lines()))


@commands.command()
def schema() -> None:
    """Print Cedar's schema, made of the verbs, so that editors check the rules: policy.cedarschema.json."""
    from cloudkit_bot.policy.vocabulary import schema_text
    from cloudkit_bot.words.grammar import chat_catalogue

    click.echo(schema_text(chat_catalogue()))


def grammar() -> Grammar:
    from cloudkit_bot.words.grammar import chat_catalogue, chat_grammar

    return chat_grammar(chat_catalogue(), "/cloud")


def policy_of(config: Path | None, file: Path | None) -> Policy:
    """Return the policy that is meant: the file that is named, else the one of the settings."""
    from cloudkit_bot.policy.file import policy_in
    from cloudkit_bot.words.grammar import chat_catalogue

    named = file or Path(Settings.read(os.environ, config).policy)
    return policy_in(named, chat_catalogue()) if named.name else MembersLook()
