"""A call carried out for a person or a script: asked about, planned or done, shown, and turned into an exit code."""

from __future__ import annotations

import logging
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cloudkit.cloud import Cloud
from cloudkit.command import Call, invoke
from cloudkit.command.refused import written
from cloudkit.errors import UsageError
from cloudkit.model.check import Check
from cloudkit.model.task import TaskResult
from cloudkit.plans import Plans
from cloudkit.shell.completion import forget
from cloudkit.shell.failure import interrupted
from cloudkit.shell.grammar import PROGRAM, catalogue, cloud_of
from cloudkit.shell.output import Output
from cloudkit.shell.progress import Display
from cloudkit.shell.settings import Settings

__all__ = ["plans_of", "question", "run", "stated"]

DECLINED = 1


def run(call: Call, settings: Settings, words: Sequence[str]) -> int:
    """Carry a call out and return the exit code.

    Args:
        call: What to do.
        settings: How to do and show it.
        words: The line as it was given, for a text that proposes it again.
    """
    if settings.verbose:
        log_to_stderr()
    planned = settings.planning and call.verb.mark.changes
    if call.verb.mark.confirm and not planned and not settings.yes and not confirmed(call, words):
        sys.stderr.write("nothing was changed\n")
        return DECLINED
    display = Display(quiet=settings.quiet, colour=not settings.no_color)
    try:
        with cloud_of(settings, display) as cloud:
            if planned:
                return plan(call, cloud, settings)
            with forgetting(call, cloud):
                return carry_out(call, cloud, settings, display)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second Ctrl-C ends at once
        return interrupted(words, changes=call.verb.mark.changes, last=display.last)


@contextmanager
def forgetting(call: Call, cloud: Cloud) -> Iterator[None]:
    """Have completion ask again once a call has ended that may have changed what names there are."""
    try:
        yield
    finally:
        if call.verb.mark.changes:
            forget(cloud)


def carry_out(call: Call, cloud: Cloud, settings: Settings, display: Display) -> int:
    with display:
        result = invoke(call, cloud)
    if settings.json:
        result = stated(result)
    if not (settings.quiet and call.verb.mark.changes):
        output(settings).show(result, call.verb.lists)
    elif isinstance(result, Iterator):
        deque(result, maxlen=0)  # it acts while it is read
    return exit_code_of(result)


def stated(result: object) -> object:
    """Return the state of a handle, which is what a program wants to know; any other result as it is."""
    reader = catalogue().reader(type(result))
    return getattr(result, reader.method.__name__)() if reader else result


def plan(call: Call, cloud: Cloud, settings: Settings) -> int:
    """Show what the call would do; whatever would act at once is refused."""
    output(settings).show(plans_of(call, cloud, settings))
    return 0


def plans_of(call: Call, cloud: Cloud, settings: Settings) -> Plans:
    """Return what the call would do, kept in a file where that is asked for, and do none of it."""
    with cloud.planning() as plans:
        invoke(call, cloud)
    if settings.plan_out is not None:
        plans.save(settings.plan_out)
    return plans


def output(settings: Settings) -> Output:
    return Output(json=settings.json, colour=not settings.no_color)


def exit_code_of(result: object) -> int:
    """A command's own exit code where the verb ran one; 1 where a look found what is needed missing; else 0."""
    if isinstance(result, TaskResult):
        return result.exit_code
    if isinstance(result, tuple):
        return int(any(isinstance(one, Check) and one.needed and not one.ok for one in result))
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def confirmed(call: Call, words: Sequence[str]) -> bool:
    """Ask whether to go on.

    Raises:
        UsageError: There is nobody to ask.
    """
    what = subject(call)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        hint = " ".join([PROGRAM, *map(written, words), "--yes"])
        raise UsageError(f"{what!r} loses something, and nobody is here to be asked", hint=hint)
    sys.stderr.write(question(call))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def subject(call: Call) -> str:
    """Return a call in words."""
    return " ".join(filter(None, (call.verb.name, call.target, *map(str, call.arguments.values()))))


def question(call: Call) -> str:
    """Return what to ask before a call that loses something."""
    return f"{call.verb.summary}\n{subject(call)}: go on? [y/N] "


def log_to_stderr() -> None:
    """Write what cloudkit tells its log to standard error: this program's own choice."""
    told = logging.StreamHandler(sys.stderr)
    told.setFormatter(Told("%(asctime)s %(message)s"))
    logger = logging.getLogger("cloudkit")
    logger.addHandler(told)
    logger.setLevel(logging.DEBUG)


class Told(logging.Formatter):
    """An event with the values that belong to it."""

    KEYS = ("verb", "app", "backend", "namespace", "duration", "outcome", "error")

    def format(self, record: logging.LogRecord) -> str:
        """Return the event and its values in one line."""
        values = (f"{key}={record.__dict__[key]}" for key in self.KEYS if key in record.__dict__)
        return " ".join((super().format(record), *values))
