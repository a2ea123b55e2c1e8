"""Tab at an IPython prompt and in a notebook, by matchers that need no other one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cloudkit.model.offer import Offer
from cloudkit.shell.prompt.magic import NAME, CloudMagic
from cloudkit.shell.prompt.offering import Offering, clouds
from cloudkit.shell.prompt.warm import Warm
from cloudkit.shell.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    Matcher = Callable[[CompletionContext], SimpleMatcherResult]

__all__ = ["Completing"]

MOST = 500  # offers that are shown at once; more letters make fewer
JEDI = "IPCompleter.jedi_matcher"  # knows no more of our calls than their signatures say, and takes a second
PRIORITY = 1000.0  # before IPython's own, which would read files and ask jedi first


class Completing:
    """Completes words and calls at one prompt.

    Args:
        shell: The prompt.
        magic: What its lines of words mean.
    """

    def __init__(self, shell: InteractiveShell, magic: CloudMagic) -> None:
        from cloudkit.shell.grammar import catalogue

        self.shell = shell
        self.magic = magic
        self.warm = Warm()
        self.offering = Offering(catalogue(), self.warm)
        self.matchers: list[Matcher] = []

    def load(self) -> None:
        """Sit down before IPython's own matchers."""
        from IPython.core.completer import context_matcher

        for name, complete in (("words", self.words), ("calls", self.calls)):
            mark: Any = context_matcher(identifier=f"cloudkit.{name}", priority=PRIORITY)
            self.matchers.append(mark(plain_function(complete)))
        self.shell.Completer.custom_matchers.extend(self.matchers)

    def unload(self) -> None:
        """Leave IPython's own matchers alone."""
        for matcher in self.matchers:
            self.shell.Completer.custom_matchers.remove(matcher)
        self.warm.forget()

    def renew(self, *_cell: object) -> None:
        """Look again, in the background, at what is there: a cell may have changed it."""
        self.warm.renew()
        for cloud in clouds(self.shell.user_ns):
            if cloud.connected:
                for kind in self.offering.listed():
                    self.offering.names(cloud, kind, None)

    def calls(self, context: CompletionContext) -> SimpleMatcherResult:
        """Complete the arguments of a call in Python."""
        lines = context.full_text.split("\n")[: context.cursor_line]
        source = "\n".join((*lines, context.text_until_cursor))
        found = None if source.lstrip().startswith("%") else self.offering.values(source, self.shell.user_ns)
        return matched(found.fragment, found.offers, alone=found.exact) if found else matched("", ())

    def words(self, context: CompletionContext) -> SimpleMatcherResult:
        """Complete a line of words."""
        line = context.text_until_cursor.lstrip()
        if line.startswith(f"%{NAME} "):
            typed = line[len(NAME) + 2 :]
        elif context.full_text.lstrip().startswith(f"%%{NAME}"):
            typed = line.removeprefix(f"%%{NAME}")
        else:
            return matched("", ())
        before, fragment = parted(typed)
        return matched(fragment, self.worded(before, fragment), alone=True)

    def worded(self, before: Sequence[str], fragment: str) -> Sequence[Offer]:
        """Return what a word can become."""
        from click.shell_completion import ShellComplete

        settings = Settings()

        def names_of(kind: type[Any], target: str | None) -> Sequence[Offer]:
            return self.offering.names(self.magic.cloud(settings), kind, target)

        grammar = self.magic.grammar(names_of)
        items = ShellComplete(grammar.group, {"obj": settings}, grammar.program, "").get_completions(
            list(before), fragment
        )
        return [Offer(str(item.value), item.help or "") for item in items if item.type == "plain"]


def plain_function(complete: Matcher) -> Matcher:
    """Return a function of its own, which IPython can mark, for a method."""

    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        return complete(context)

    return matcher


def parted(text: str) -> tuple[list[str], str]:
    """Return the words that are complete, and the one that is being typed.

    >>> parted("scale we")
    (['scale'], 'we')
    >>> parted("scale web ")
    (['scale', 'web'], '')
    """
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return (words, "") if not words or text[-1:].isspace() else (words[:-1], words[-1])


def matched(fragment: str, offers: Sequence[Offer], *, alone: bool = False) -> SimpleMatcherResult:
    from IPython.core.completer import SimpleCompletion, SimpleMatcherResult

    completions = [SimpleCompletion(text=str(offer), type=offer.note) for offer in offers[:MOST]]
    suppress = {JEDI} if completions and not alone else bool(completions)
    return SimpleMatcherResult(completions=completions, matched_fragment=fragment, suppress=suppress, ordered=True)
