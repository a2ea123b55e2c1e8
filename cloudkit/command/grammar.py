"""The words of a catalogue: which there are, and what a line of them means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from cloudkit.command.call import Asked, Call, Help
from cloudkit.command.parameters import TARGET, NamesOf, click_parameters, readable
from cloudkit.command.refused import refused
from cloudkit.command.values import gathered
from cloudkit.command.verbatim import protected
from cloudkit.errors import UsageError
from cloudkit.verbs import Catalogue, Kind, Parameter, Verb

__all__ = ["Grammar", "help_option", "parse"]


def parse(catalogue: Catalogue, words: Sequence[str], *, program: str = "cloudkit") -> Call | Help:
    """Read a line of words.

    Args:
        catalogue: The verbs there are.
        words: The line, split.
        program: What stands before the words, for help and errors.

    Returns:
        A call that ``invoke`` carries out, or the help that the words ask for.

    Raises:
        UsageError: The words mean nothing; the error says what was likely meant.
    """
    return Grammar(catalogue, program=program).parse(words)


class Grammar:
    """The words of a catalogue.

    Args:
        catalogue: The verbs there are.
        program: What stands before the words, for help and errors.
        summary: What its help begins with.
        options: Options that stand before or after any verb; their callbacks keep the values.
        commands: Commands of the front end itself, which return a ``Help``.
        names_of: The names of what is there, by the kind of its state and the handle's name, for completion.
        files: True where who types is on this machine: files are read that words name. Else there are no such options.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        program: str = "cloudkit",
        summary: str = "",
        options: Sequence[click.Option] = (),
        commands: Sequence[click.Command] = (),
        names_of: NamesOf = lambda _kind, _target: (),
        files: bool = False,
    ) -> None:
        self.program = program
        self.group = VerbGroup(catalogue, summary, options, names_of, files=files)
        for command in commands:
            self.group.add_command(command)

    @property
    def help(self) -> str:
        """The help of all its commands."""
        with self.group.make_context(self.program, [], resilient_parsing=True) as context:
            return context.get_help()

    def parse(self, words: Sequence[str], settings: object = None) -> Call | Help:
        """Read a line of words; ``settings`` is handed to the callbacks of the grammar's own options."""
        given = list(words)
        try:
            with self.group.make_context(self.program, given.copy(), obj=settings) as context:
                meant = self.group.invoke(context)
        except Asked as asked:
            return asked.help
        except click.UsageError as error:
            raise refused(error, self.program, given) from error
        if not isinstance(meant, Call | Help):
            raise UsageError(f"{self.program}: no command is given", hint=f"{self.program} --help")
        return meant


def help_option() -> click.Option:
    """The option that asks for help, which is returned, never printed."""

    def asked(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 # click's own
        if value and not context.resilient_parsing:
            raise Asked(context.get_help())

    return click.Option(
        ["-h", "--help"], is_flag=True, is_eager=True, expose_value=False, callback=asked, help="Show this text."
    )


class VerbGroup(click.Group):
    """The verbs of a catalogue as click's commands, each made when it is needed."""

    def __init__(
        self,
        catalogue: Catalogue,
        summary: str,
        options: Sequence[click.Option],
        names_of: NamesOf,
        *,
        files: bool = False,
    ) -> None:
        super().__init__(
            help=summary, params=[*options, help_option()], add_help_option=False, invoke_without_command=True
        )
        self.catalogue = catalogue
        self.names_of = names_of
        self.files = files

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # click's own signature
        """Name the verbs in the catalogue's order, then the front end's own commands."""
        return [*self.catalogue, *(name for name in self.commands if name not in self.catalogue)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb's command."""
        verb = self.catalogue.get(cmd_name)
        if verb is None:
            return super().get_command(ctx, cmd_name)
        own = click_parameters(verb, self.names_of, lambda _target: self.targets(verb), files=self.files)
        return VerbCommand(verb, list(own), [option for option in self.params if shared(option)])

    def targets(self, verb: Verb) -> Iterable[str]:
        """Return the names that a verb can be called on."""
        kind = self.target_kind(verb)
        return self.names_of(kind, None) if kind else ()

    def target_kind(self, verb: Verb) -> type[Any] | None:
        """Return the kind of state whose names a verb's target has."""
        return (verb.target and verb.target.names) or self.catalogue.kind_of(verb.handle)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is refused with what was likely meant."""
        command = self.get_command(ctx, args[0])
        if command is None and not ctx.resilient_parsing:
            self.unknown(ctx, args[0])
        return args[0], command, args[1:]

    def unknown(self, ctx: click.Context, word: str) -> NoReturn:
        """Refuse a word that is no command."""
        known = self.list_commands(ctx)
        raise click.NoSuchCommand(word, possibilities=known, ctx=ctx)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 # click's own signature
        """Return the call that the words mean, or the help where there are none."""
        return super().invoke(ctx) or Help(ctx.get_help())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 # click's own
        """List the verbs by the handle that has them."""
        for handle in self.catalogue.handles:
            verbs = [verb for verb in self.catalogue.values() if verb.handle is handle]
            rows = [(row_of(verb), brief(verb.summary)) for verb in verbs]
            with formatter.section(handle.__name__):
                formatter.write_dl(rows)
        if self.commands:
            own = [(name, command.get_short_help_str(80)) for name, command in self.commands.items()]
            with formatter.section("More"):
                formatter.write_dl(own)


def row_of(verb: Verb) -> str:
    target = [verb.target] if verb.target else []
    needed = [parameter for parameter in (*target, *verb.of(Kind.POSITIONAL)) if parameter.required]
    return " ".join((verb.name, *(parameter.option.upper() for parameter in needed)))


def brief(summary: str) -> str:
    """The part of a summary that says what a verb does, without how.

    >>> brief("Stop all replicas and keep them, so that ``start`` brings them back.")
    'Stop all replicas and keep them'
    """
    return readable(re.split(r"[;:,.](?:\s|\Z)", summary, maxsplit=1)[0])


def shared(option: click.Parameter) -> bool:
    """True for an option that may also stand after a verb."""
    return isinstance(option, click.Option) and not option.is_eager


class VerbCommand(click.Command):
    """One verb as click's command: reading its words gives a call."""

    def __init__(self, verb: Verb, own: Sequence[click.Parameter], options: Sequence[click.Parameter]) -> None:
        taken = {name for parameter in own for name in (*parameter.opts, *parameter.secondary_opts)}
        self.common = [option for option in options if not taken.intersection(option.opts)]
        super().__init__(
            verb.name,
            help=readable("\n\n".join(filter(None, (verb.summary, verb.documented.description)))),
            short_help=brief(verb.summary),
            params=[*own, help_option(), *self.common],
            add_help_option=False,
        )
        self.verb = verb

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; a command that the verb runs keeps its own options."""
        try:
            return super().parse_args(ctx, protected(self, args))
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Call:
        """Return the call, with what was given and nothing else."""
        given = {
            name: value
            for name, value in ctx.params.items()
            if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and value != ()
        }
        target = given.pop(TARGET, None)
        known = {parameter.name: parameter for parameter in self.verb.parameters}
        arguments = {name: settled(known[name], value) for name, value in given.items() if name in known}
        return Call(verb=self.verb, target=target, arguments=arguments)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verb's own options, then those that every verb has."""
        own = [parameter for parameter in self.params if parameter not in self.common]
        for title, parameters in (("Options", own), ("Options of every command", self.common)):
            options = [parameter for parameter in parameters if isinstance(parameter, click.Option)]
            rows = [row for row in (option.get_help_record(ctx) for option in options) if row]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def settled(parameter: Parameter, value: Any) -> Any:  # noqa: ANN401 # what the parameter's type says
    several = isinstance(value, tuple) and parameter.kind is not Kind.VARIADIC
    return gathered(parameter, value) if several else value
