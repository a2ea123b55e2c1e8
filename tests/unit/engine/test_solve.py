"""BuildKit's stream becomes steps, bytes, lines and notices; the lines here are what buildx 0.38 wrote."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cloudkit.engine.solve import LINE_LIMIT, LOG_TAIL, Solve
from cloudkit.model.progress import Phase, Progress

STEP = "sha256:54e95a141b2fa1c9f541bc9dfadc9f0514421b884dfc42ea3cc38ce08cec9980"
NAME = "[base 2/3] RUN echo hi &&   exit 3"
NOW = "2026-11-24T21:22:19.862788393Z"


def told(solve: Solve, **status: Any) -> list[Progress]:
    """Feed one object of the stream."""
    return list(solve.feed(json.dumps(status).encode() + b"\n"))


def printed(text: str) -> dict[str, Any]:
    """Return an object in which the step prints."""
    return {"logs": [{"vertex": STEP, "stream": 1, "data": base64.b64encode(text.encode()).decode()}]}


@pytest.fixture
def solve() -> Solve:
    """A stream in which the step is known and running."""
    solve = Solve()
    told(solve, vertexes=[{"digest": STEP, "name": NAME}])
    told(solve, vertexes=[{"digest": STEP, "name": NAME, "started": NOW}])
    return solve


def test_a_step_is_known_by_its_number() -> None:
    """Its command is the message, on one line; it is told when it starts and when it ends, once."""
    solve = Solve()

    announced = told(solve, vertexes=[{"digest": STEP, "name": NAME}])
    started = told(solve, vertexes=[{"digest": STEP, "name": NAME, "started": NOW}])
    ended = told(solve, vertexes=[{"digest": STEP, "name": NAME, "started": NOW, "completed": NOW}])
    again = told(solve, vertexes=[{"digest": STEP, "name": NAME, "started": NOW}])

    assert announced == []
    assert started == [Progress(phase=Phase.BUILD, item="base 2/3", message="RUN echo hi && exit 3")]
    assert [event.done for event in ended] == [True]
    assert again == []


def test_a_cached_step_says_so(solve: Solve) -> None:
    """A user sees why it took no time."""
    events = told(solve, vertexes=[{"digest": STEP, "started": NOW, "completed": NOW, "cached": True}])

    assert events[0].message == "RUN echo hi && exit 3 (cached)"


def test_bytes_have_current_and_total(solve: Solve) -> None:
    """As an item of their own, below the step's."""
    status = {"id": "transferring context:", "vertex": STEP, "name": "transferring", "current": 23, "total": 100}

    (event,) = told(solve, statuses=[status])

    assert (event.item, event.current, event.total, event.unit) == ("base 2/3 transferring context", 23, 100, "bytes")


def test_lines_are_whole(solve: Solve) -> None:
    """What comes in pieces is put together; the last line counts without an end too."""
    first = told(solve, **printed("one\ntw"))
    second = told(solve, **printed("o\nthree"))
    last = told(solve, vertexes=[{"digest": STEP, "started": NOW, "completed": NOW}])

    assert [event.log for event in first + second] == ["one", "two"]
    assert last[0].log == "three"


def test_a_line_without_end_is_held_in_bounded_memory(solve: Solve) -> None:
    """100 MB without a line's end are cut, not kept."""
    for _ in range(100):
        told(solve, **printed("x" * 1_000_000))

    step = solve.steps[STEP]
    assert len(step.partial) <= LINE_LIMIT
    assert sum(map(len, step.tail)) <= LINE_LIMIT * LOG_TAIL


def test_the_last_lines_are_kept_for_an_error(solve: Solve) -> None:
    """Twenty of them."""
    told(solve, **printed("".join(f"line {number}\n" for number in range(100))))

    assert list(solve.steps[STEP].tail) == [f"line {number}" for number in range(80, 100)]


@pytest.mark.parametrize(
    ("printed_text", "shown"),
    [("\x1b[91mred\x1b[0m", "red"), ("10%\r50%\r100%", "100%"), ("\x1b]0;title\x07x", "x"), ("a\x08b\x00", "ab")],
)
def test_a_line_does_not_steer_the_terminal(solve: Solve, printed_text: str, shown: str) -> None:
    """Colours, titles, cursor moves and overwritten text are taken out."""
    (event,) = told(solve, **printed(f"{printed_text}\n"))

    assert event.log == shown


def test_secrets_are_masked_wherever_they_appear() -> None:
    """In a step's name, a line and an error."""
    solve = Solve(lambda text: text.replace("hunter2", "***"))

    events = told(solve, vertexes=[{"digest": STEP, "name": "[1/1] RUN x hunter2", "started": NOW}])
    events += told(solve, **printed("token=hunter2\n"))
    told(solve, vertexes=[{"digest": STEP, "error": "hunter2 failed"}])
    list(solve.feed(b"ERROR: hunter2\n"))

    assert "hunter2" not in repr(events)
    assert "hunter2" not in repr(solve.failed)
    assert solve.error == "***"


def test_the_first_failed_step_is_the_one(solve: Solve) -> None:
    """Others that were called off because of it are not to blame."""
    told(solve, vertexes=[{"digest": "sha256:0", "name": "[other 1/1] RUN y", "error": "context canceled"}])
    told(solve, vertexes=[{"digest": STEP, "error": "exit code: 3"}])

    assert solve.failed is solve.steps[STEP]


def test_what_buildx_prints_at_the_end_has_line_and_text(solve: Solve) -> None:
    """Its excerpt of the Dockerfile marks the instruction."""
    for line in ["D2:3", "-----", "   2 |     RUN a", "   3 | >>> RUN echo && \\", "   4 | >>>   exit 3", "ERROR: it"]:
        assert list(solve.feed(f"{line}\n".encode())) == []

    assert solve.excerpt == (3, "RUN echo && exit 3")
    assert solve.error == "it"


def test_warnings_are_notices_unless_the_lint_has_told_them(solve: Solve) -> None:
    """Nobody reads the same twice."""
    short = base64.b64encode(b"something (line 2)").decode()
    link = "https://docs.docker.com/go/dockerfile/rule/"

    events = told(
        solve,
        warnings=[
            {"vertex": STEP, "short": short, "url": f"{link}legacy-key-value-format/"},
            {"vertex": STEP, "short": short, "url": f"{link}json-args-recommended/"},
        ],
    )

    assert [(event.phase, event.item, event.message) for event in events] == [
        (Phase.NOTICE, "legacy-key-value-format", "something (line 2)")
    ]


@pytest.mark.parametrize("line", [b"", b"\n", b"{broken", b"\xff\xfe", b"[1]", b"{}"])
def test_what_is_no_status_is_kept_and_does_no_harm(line: bytes) -> None:
    """A stream that breaks off in the middle is no fault of the reader."""
    assert list(Solve().feed(line)) == []
