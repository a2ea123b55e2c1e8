"""Progress is drawn on a terminal, told in a few lines elsewhere, and ends in one line."""

from __future__ import annotations

import io
import threading

import pytest
from unit.shell.conftest import Terminal

from cloudkit.model.progress import Phase, Progress
from cloudkit.shell.progress import Display


def pulled(item: str, current: int, *, done: bool = False) -> Progress:
    """A layer on its way."""
    return Progress(
        phase=Phase.PULL, item=item, message="Downloading", current=current, total=1 << 20, unit="bytes", done=done
    )


def rolled(ready: int) -> Progress:
    """A roll on its way."""
    return Progress(
        phase=Phase.ROLL,
        item="web",
        message=f"{ready}/3 ready",
        current=ready,
        total=3,
        unit="replicas",
        done=ready == 3,
    )


def test_a_pipe_gets_a_line_for_each_step_of_a_roll_and_one_at_the_end() -> None:
    """The same step twice is one line."""
    stream, times = io.StringIO(), iter(range(0, 1000, 6))

    with Display(stream, clock=lambda: float(next(times))) as display:
        for ready in (1, 1, 2, 3):
            display(rolled(ready))

    assert stream.getvalue().splitlines()[:3] == ["roll web 1/3 ready", "roll web 2/3 ready", "roll web 3/3 ready"]
    assert stream.getvalue().splitlines()[3].startswith("roll web: 3/3 ready in ")


def test_bytes_on_their_way_are_told_as_one_and_seldom() -> None:
    """A thousand events of ten layers within a second are one line, and one at the end."""
    stream = io.StringIO()

    with Display(stream, clock=lambda: 0.0) as display:
        for step in range(1000):
            display(pulled(f"layer-{step % 10}", step, done=step >= 990))

    assert stream.getvalue().splitlines() == ["pull: 0 of 1 done", "pull: 10 items, 10 MiB in 0.0 s"]


def test_a_terminal_gets_a_live_display_that_leaves_one_line(terminal: Terminal) -> None:
    """Bars while it goes on; the cursor is shown again."""
    with Display(terminal) as display:
        display(pulled("abc", 1 << 19))
        display(pulled("abc", 1 << 20, done=True))

    text = terminal.getvalue()
    assert "pull abc Downloading" in text
    assert text.index("\x1b[?25l") < text.index("\x1b[?25h")
    assert text.splitlines()[-1].endswith("s")
    assert "pull: 1 item, 1 MiB in" in text.splitlines()[-1]


def test_a_terminal_without_colours_gets_lines(terminal: Terminal) -> None:
    """Nothing moves there."""
    with Display(terminal, colour=False) as display:
        display(rolled(1))

    assert "\x1b" not in terminal.getvalue()


def test_quiet_draws_nothing_and_still_knows_the_last_event() -> None:
    """What stood at an interruption can be told."""
    stream = io.StringIO()

    with Display(stream, quiet=True) as display:
        display(rolled(2))

    assert (stream.getvalue(), display.last) == ("", rolled(2))


def broken_off(display: Display) -> None:
    """Fail in the middle of a roll."""
    display(rolled(1))
    raise RuntimeError


def test_a_failure_leaves_no_summary() -> None:
    """The error speaks for itself."""
    stream = io.StringIO()

    with pytest.raises(RuntimeError), Display(stream) as display:
        broken_off(display)

    assert stream.getvalue() == "roll web 1/3 ready\n"


def test_notices_are_always_told() -> None:
    """Twice is twice."""
    stream = io.StringIO()

    with Display(stream) as display:
        for _ in range(2):
            display(Progress(phase=Phase.NOTICE, item="web", message="base image made here"))

    assert stream.getvalue().count("base image made here") == 2


def test_text_of_a_build_does_not_drive_the_terminal(terminal: Terminal) -> None:
    """Neither its message nor its log."""
    with Display(terminal) as display:
        display(Progress(phase=Phase.BUILD, item="1", message="RUN \x1b]0;owned\x07", log="\x1b]0;owned\x07"))

    assert "\x1b]0;" not in terminal.getvalue()


def test_events_may_come_from_many_threads(terminal: Terminal) -> None:
    """Nothing is lost and nothing breaks."""
    with Display(terminal) as display:
        threads = [
            threading.Thread(target=lambda n=n: [display(pulled(f"{n}", step, done=step == 99)) for step in range(100)])
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert "pull: 8 items, 8 MiB" in terminal.getvalue()


def test_the_parts_of_a_builds_step_are_not_told_apart() -> None:
    """Where there is no terminal a step is one line, however many parts it has."""
    stream = io.StringIO()
    parts = ("exporting layers", "naming to web:1")

    with Display(stream, clock=lambda: 0.0) as display:
        display(Progress(phase=Phase.BUILD, item="exporting to image", message="exporting to image"))
        for part in parts:
            display(Progress(phase=Phase.BUILD, item=f"exporting to image {part}", message=part, done=True))

    assert stream.getvalue().splitlines() == ["build exporting to image", "build: 1 step in 0.0 s"]
