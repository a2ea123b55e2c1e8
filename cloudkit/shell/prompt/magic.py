"""``%cloud`` and ``%%cloud``: the words of the command line at an IPython prompt."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cloudkit.cloud import Cloud
from cloudkit.command import Call, Grammar, Help, invoke
from cloudkit.command.refused import written
from cloudkit.errors import CloudkitError, Detached, UsageError
from cloudkit.model.caller import Origin
from cloudkit.model.progress import ambient
from cloudkit.shell.failure import interrupted
from cloudkit.shell.grammar import SUMMARY, catalogue, cloud_of
from cloudkit.shell.prompt.cells import CellProgress, in_notebook
from cloudkit.shell.prompt.streams import shown
from cloudkit.shell.run import plans_of, question, stated
from cloudkit.shell.settings import Settings, global_options

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cloudkit.command.parameters import NamesOf

__all__ = ["NAME", "CloudMagic"]

NAME = "cloud"
PROGRAM = f"%{NAME}"
SHELL_ONLY = {"setting_verbose", "setting_no_color"}  # a prompt has a log and colours of its own
Where = tuple[str | None, ...]


class CloudMagic:
    """Carries out lines of words at a prompt.

    Args:
        shell: The prompt.
        progress: What draws the progress of a cell.
    """

    def __init__(self, shell: InteractiveShell, progress: CellProgress) -> None:
        self.shell = shell
        self.progress = progress
        self._clouds: dict[Where, Cloud] = {}

    def grammar(self, names_of: NamesOf = lambda _kind, _target: ()) -> Grammar:
        """Return the words; for completion with the live names."""
        return Grammar(
            catalogue(),
            program=PROGRAM,
            summary=SUMMARY,
            options=[option for option in global_options() if option.name not in SHELL_ONLY],
            files=True,
            names_of=names_of,
        )

    def line(self, text: str) -> object:
        """Do what one line asks for, and return the verb's value."""
        return self.spoken(split(text))

    def cell(self, text: str, body: str) -> object:
        """Do what each line of a cell asks for; the words beside ``%%cloud`` stand before those of each line."""
        before, result = split(text), None
        for number, line in lines_of(body):
            words = split(self.shell.var_expand(line))
            if words:
                self.show(result)
                try:
                    result = self.spoken([*before, *words])
                except CloudkitError as error:
                    error.add_note(f"in line {number} of the cell; the lines after it were not looked at")
                    raise
        return result

    def show(self, result: object) -> None:
        """Show what a line before the last one gave."""
        from IPython.display import display

        if result is not None:
            self.progress.settle()
            display(result)

    def spoken(self, words: Sequence[str]) -> object:
        """Do what some words ask for."""
        settings = Settings()
        meant = self.grammar().parse(words, settings)
        if isinstance(meant, Help):
            sys.stdout.write(f"{meant.text}\n")
            return None
        try:
            return self.carried_out(meant, settings, words)
        except Detached:
            raise
        except KeyboardInterrupt:
            interrupted(words, changes=meant.verb.mark.changes, last=self.progress.last, program=PROGRAM)
            return None

    def carried_out(self, call: Call, settings: Settings, words: Sequence[str]) -> Any:  # noqa: ANN401  # each verb's own
        """Carry a call out, or plan it, and return its value; a stream is drawn as it comes."""
        cloud = self.cloud(settings)
        if settings.planning and call.verb.mark.changes:
            return plans_of(call, cloud, settings)
        if call.verb.mark.confirm and not settings.yes and not confirmed(call, words):
            sys.stdout.write("nothing was changed\n")
            return None
        if settings.quiet:
            self.progress.hush()
        result = invoke(call, cloud)
        if isinstance(result, Iterator):
            self.progress.settle()
            return shown(result, call.verb.lists, notebook=in_notebook(self.shell))
        if settings.json:
            from cloudkit.shell.jsonable import to_json

            return to_json(stated(result))
        return result

    def cloud(self, settings: Settings) -> Cloud:
        """Return the cloud that the words name, else the prompt's own ``cloud``, else the default."""
        where = (settings.backend, settings.context, settings.namespace, settings.registry, settings.builder)
        own = self.shell.user_ns.get(NAME)
        if isinstance(own, Cloud) and not any(where):
            return own
        if where not in self._clouds:
            self._clouds[where] = cloud_of(settings, ambient, Origin.PROMPT)
        return self._clouds[where]

    def close(self) -> None:
        """Let go of the clouds that the words have opened."""
        while self._clouds:
            self._clouds.popitem()[1].close()


def split(text: str) -> list[str]:
    """Return the words of a line, as a shell splits them.

    >>> split("exec web sh -c 'echo 1'  # look")
    ['exec', 'web', 'sh', '-c', 'echo 1']
    """
    try:
        return shlex.split(text, comments=True)
    except ValueError as error:
        raise UsageError(f"{PROGRAM}: the line ends inside quotes", hint=f"{PROGRAM} --help") from error


def lines_of(body: str) -> Iterator[tuple[int, str]]:
    r"""Yield the lines of a cell with their numbers; a line that ends with a backslash goes on with the next.

    >>> list(lines_of("apps\nscale web \\\n 3\n"))
    [(1, 'apps'), (2, 'scale web  3')]
    """
    held, begun = "", 0
    for number, line in enumerate(body.splitlines(), start=1):
        begun = begun or number
        if line.endswith("\\"):
            held += line[:-1]
            continue
        yield begun, held + line
        held, begun = "", 0
    if held:
        yield begun, held


def confirmed(call: Call, words: Sequence[str]) -> bool:
    """Ask whether to go on.

    Raises:
        UsageError: There is nobody to ask, as where a notebook is run without its front end.
    """
    try:
        answer = input(question(call))
    except (EOFError, NotImplementedError) as error:
        hint = " ".join([PROGRAM, *map(written, words), "--yes"])
        raise UsageError(f"{call.verb.name!r} loses something, and nobody is here to be asked", hint=hint) from error
    return answer.strip().lower() in {"y", "yes"}
