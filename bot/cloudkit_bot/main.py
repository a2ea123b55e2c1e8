"""The command ``cloudkit-bot``."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import click

from cloudkit.cloud import Cloud
from cloudkit.errors import CloudkitError
from cloudkit.telemetry import Telemetry
from cloudkit_bot.policy.program import commands
from cloudkit_bot.settings import Settings

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file with the settings.")
@click.pass_context
def program(context: click.Context, config: Path | None) -> None:
    """Run, describe and examine the Slack bot of cloudkit."""
    context.obj = config


program.add_command(commands)


@program.command()
@click.pass_obj
def run(config: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = Settings.read(os.environ, config)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    serve(settings, stopping)


def serve(settings: Settings, stopping: threading.Event) -> None:
    """Serve until it is time to stop; work that goes on has its grace then."""
    from prometheus_client import CollectorRegistry

    from cloudkit_bot.bot import Bot
    from cloudkit_bot.policy.file import PolicyFile
    from cloudkit_bot.sending import Unsent
    from cloudkit_bot.serving import Service
    from cloudkit_bot.words.grammar import chat_catalogue
    from cloudkit_bot.workspaces.workspaces import Workspaces

    registry = CollectorRegistry()
    policy = PolicyFile(Path(settings.policy), chat_catalogue()) if settings.policy else None
    try:
        kind = Workspaces if settings.client_id else Bot
        bot = kind(settings, cloud_of(settings), policy=policy, telemetry=Telemetry(registry))
        with Service(bot, registry) as service:
            way = "Socket Mode" if settings.sockets else service.url
            click.echo(f"listening by {way}; healthy at http://{settings.host}:{service.port}/healthz")
            stopping.wait()
            click.echo("stopping: what goes on comes to its end")
    except Unsent as unsent:
        raise CloudkitError(f"Slack refuses: {unsent.word}", hint="cloudkit-bot doctor") from unsent


@program.command()
@click.option("--command", default="/cloud", show_default=True, help="The slash command.")
@click.option("--name", default="Cloud", show_default=True, help="What the bot is called.")
@click.option("--url", default="", help="Where Slack's requests are taken, for HTTP; Socket Mode where not given.")
@click.option("--install", default="", help="Where browsers reach the bot, for an app that many workspaces install.")
@click.option("--groups", is_flag=True, help="Ask for the members of user groups, for a policy that names some.")
def manifest(command: str, name: str, url: str, install: str, *, groups: bool) -> None:
    """Print the app manifest, with the least scopes."""
    from cloudkit_bot.manifest import manifest_text

    click.echo(manifest_text(command=command, name=name, url=url, groups=groups, install=install))


@program.command()
@click.pass_obj
def doctor(config: Path | None) -> None:
    """Say what is there and what is missing, each with what mends it."""
    from cloudkit_bot.doctor import examine

    settings = Settings.read(os.environ, config)
    checks = examine(settings, lambda: cloud_of(settings))
    for check in checks:
        click.echo(f"{'ok     ' if check.ok else 'missing'}  {check}")
    if not all(check.ok for check in checks):
        raise SystemExit(1)


@program.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("line", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def console(config: Path | None, line: tuple[str, ...]) -> None:
    """Talk to the bot in this terminal, with no Slack: one LINE, or all that is typed."""
    from cloudkit_bot.console import converse

    settings = Settings.read(os.environ, config)
    converse(settings, cloud_of(settings), line)


def cloud_of(settings: Settings) -> Cloud:
    """Return the cloud that the settings mean."""
    return Cloud(
        settings.backend or None,
        context=settings.context or None,
        namespace=settings.namespace or None,
        registry=settings.registry or None,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the words ask for and return the exit code."""
    try:
        program.main(arguments, prog_name="cloudkit-bot", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except CloudkitError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except click.Abort:
        return 130
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
