"""What a session's operations are noted by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import local
from typing import TYPE_CHECKING

from cloudkit.backends.protocol import Backend
from cloudkit.errors import UsageError
from cloudkit.journal.note import Note, Told
from cloudkit.model.caller import Caller
from cloudkit.model.calling import given_call
from cloudkit.model.progress import Listener, silent

if TYPE_CHECKING:
    from cloudkit.journal.journal import Journal
    from cloudkit.journal.store import Store
    from cloudkit.journal.writing import Writing

__all__ = ["Recorder"]


LONGEST = 200  # characters of an app's name


class _Here(local):
    """What a thread notes now."""

    note: Note | None = None


def nowhere(_backend: Backend) -> Store | None:
    """Keep no journal."""
    return None


def microseconds() -> int:
    """Return the time of day, in microseconds since the epoch."""
    return time.time_ns() // 1000


def _writable(name: object) -> str:
    """Return a name as a database takes it, also one that is refused as soon as it is looked at."""
    return str(name)[:LONGEST].encode("ascii", "backslashreplace").decode().replace("\0", "\\0")


@dataclass(eq=False)
class Recorder:
    """Notes the operations of a session; several threads may use it at once.

    Args:
        store_of: Opens the journal of a backend; gives None where none is kept.
        caller: Who asks, unless a thread says otherwise.
        listener: Hears of what could not be noted.
        clock: Gives microseconds since the epoch.
    """

    store_of: Callable[[Backend], Store | None] = nowhere
    caller: Caller = field(default_factory=Caller)
    listener: Listener = silent
    clock: Callable[[], int] = microseconds
    _here: _Here = field(default_factory=_Here, init=False, repr=False)

    @property
    def note(self) -> Note:
        """The note of the operation that this thread is in; one that nobody reads where it is in none."""
        return self._here.note or Note()

    def keeps(self, backend: Backend) -> bool:
        """True when there is a journal of a backend."""
        return self.store_of(backend) is not None

    def journal(self, backend: Backend) -> Journal:
        """Return what is noted of a backend.

        Raises:
            UsageError: No journal is kept.
        """
        from cloudkit.journal.journal import Journal

        store = self.store_of(backend)
        if store is None:
            raise UsageError(
                "no journal is kept: it is off", hint="unset CLOUDKIT_JOURNAL, or CLOUDKIT_JOURNAL=/a/file"
            )
        return Journal(store, backend)

    @contextmanager
    def operation(self, backend: Backend, verb: str, app: str, *, planned: bool) -> Iterator[Note]:
        """Note one operation from its start to its end, however it ends.

        Args:
            backend: Where.
            verb: What is done.
            app: To which app.
            planned: True for one that changes nothing before its plan is noted.

        Raises:
            JournalError: It cannot be noted, so it is not begun.
        """
        store = self.store_of(backend)
        if store is None:
            yield Note()
            return
        note = self._writing(store, backend, verb, app)
        if not planned:
            note.begin()
        with self._within(note, backend, app):
            yield note

    def tell(self, backend: Backend, verb: str, app: str, said: Told) -> None:
        """Note what was asked for and changed nothing, such as a refusal.

        Raises:
            JournalError: It cannot be noted.
        """
        store = self.store_of(backend)
        if store is not None:
            self._writing(store, backend, verb, app).told(said)

    @contextmanager
    def _within(self, note: Writing, backend: Backend, app: str) -> Iterator[None]:
        outer, self._here.note = self._here.note, note
        try:
            yield
        except (Exception, KeyboardInterrupt, GeneratorExit, SystemExit) as error:
            note.end(error, lambda: backend.get(app))
            raise
        except BaseException:  # a twin's caller that is killed notes no end, as after kill -9
            note.leave()
            raise
        else:
            note.end(None, lambda: backend.get(app))
        finally:
            self._here.note = outer

    def _writing(self, store: Store, backend: Backend, verb: str, app: str) -> Writing:
        """Return a note of what is known before anything is done; what it takes is loaded now."""
        import json

        from cloudkit.journal.asking import who
        from cloudkit.journal.opening import place_of
        from cloudkit.journal.process import this_process
        from cloudkit.journal.redact import redacted
        from cloudkit.journal.row import Row
        from cloudkit.journal.writing import Writing

        place, process, (identity, origin, source) = place_of(backend), this_process(), who(self.caller)
        given = given_call(verb)
        row = Row(
            begun=self.clock(),
            backend=place.backend,
            endpoint=place.endpoint,
            namespace=place.namespace,
            verb=verb,
            app=_writable(app),
            identity=identity,
            origin=origin.value,
            host=process.host,
            pid=process.pid,
            process=process.mark,
            arguments=json.dumps(redacted(given) if given else {}),
            source=json.dumps(dict(source)),
        )
        return Writing(store=store, row=row, clock=self.clock, listener=self.listener)
