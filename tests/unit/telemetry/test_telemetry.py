"""What an operation leaves behind."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest

from cloudkit.errors import NotFoundError
from cloudkit.telemetry import Telemetry, outcome_of


class Kept:
    """Keeps the events it is given."""

    def __init__(self) -> None:
        self.events: list[tuple[int, str, dict[str, object]]] = []

    def log(self, level: int, event: str, **values: object) -> None:
        """Keep one event."""
        self.events.append((level, event, values))


@pytest.fixture
def unconfigured() -> Iterator[None]:
    """A program that has not configured structlog, as far as it is left afterwards."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def test_an_operation_tells_its_start_and_its_end_with_what_it_was_about() -> None:
    """Started and finished carry verb, app, backend and namespace; the end also outcome and duration."""
    kept = Kept()

    with Telemetry(logger=kept).operation("scale", "docker", app="web", namespace="team"):
        pass

    (_, first, start), (_, last, end) = kept.events
    assert (first, last) == ("verb.started", "verb.finished")
    assert start == {"verb": "scale", "backend": "docker", "app": "web", "namespace": "team"}
    assert end.items() >= start.items()
    assert end["outcome"] == "ok"
    assert isinstance(end["duration"], float)


def test_a_failure_is_told_with_its_code_and_raised_again() -> None:
    """An error of cloudkit gives its code and its text."""
    kept = Kept()

    with pytest.raises(NotFoundError), Telemetry(logger=kept).operation("scale", "docker", app="web"):
        raise NotFoundError("app 'web' is not there")

    level, event, values = kept.events[-1]
    assert (level, event, values["outcome"]) == (logging.WARNING, "verb.failed", "not_found")
    assert values["error"] == "app 'web' is not there"


def test_the_text_of_a_foreign_error_is_not_told() -> None:
    """Only cloudkit's own texts are known to hold no secret."""
    kept = Kept()

    with pytest.raises(ValueError, match="hunter2"), Telemetry(logger=kept).operation("scale", "docker"):
        raise ValueError("password hunter2 refused")

    assert "hunter2" not in repr(kept.events)
    assert kept.events[-1][2]["error_type"] == "ValueError"


def test_metrics_count_each_outcome_and_each_duration() -> None:
    """Two successes and one failure stand in the registry that was handed over."""
    registry = CollectorRegistry()
    telemetry = Telemetry(registry)

    for failure in (None, None, NotFoundError("no")):
        with pytest.raises(NotFoundError) if failure else nullcontext(), telemetry.operation("scale", "docker"):
            if failure:
                raise failure

    labels = {"verb": "scale", "backend": "docker"}
    assert registry.get_sample_value("cloudkit_operations_total", labels | {"outcome": "ok"}) == 2
    assert registry.get_sample_value("cloudkit_operations_total", labels | {"outcome": "not_found"}) == 1
    assert registry.get_sample_value("cloudkit_operation_duration_seconds_count", labels) == 3


def test_two_telemetries_share_one_registry() -> None:
    """A program with two clouds counts into the same series."""
    registry = CollectorRegistry()

    for backend in ("docker", "memory"):
        with Telemetry(registry).operation("scale", backend):
            pass

    exposed = generate_latest(registry).decode()
    assert [line.split('"')[1] for line in exposed.splitlines() if line.startswith("cloudkit_operations_total")] == [
        "docker",
        "memory",
    ]


def test_an_interrupted_operation_is_no_error() -> None:
    """Ctrl-C has a word of its own."""
    kept = Kept()

    with pytest.raises(KeyboardInterrupt), Telemetry(logger=kept).operation("logs", "docker"):
        raise KeyboardInterrupt

    assert kept.events[-1][2]["outcome"] == outcome_of(KeyboardInterrupt()) == "interrupted"


@pytest.mark.usefixtures("unconfigured")
def test_a_program_without_structlog_gets_standard_log_records(caplog: pytest.LogCaptureFixture) -> None:
    """The values are attributes of the record, the event is its message."""
    caplog.set_level(logging.DEBUG, logger="cloudkit")

    with Telemetry().operation("scale", "docker", app="web"):
        pass

    assert [record.getMessage() for record in caplog.records] == ["verb.started", "verb.finished"]
    assert caplog.records[-1].__dict__["app"] == "web"


@pytest.mark.usefixtures("unconfigured")
def test_a_configured_structlog_receives_the_events() -> None:
    """The program's own processors see them."""
    seen: list[dict[str, object]] = []

    def keep(_logger: object, _name: str, event: dict[str, object]) -> dict[str, object]:
        seen.append(dict(event))
        raise structlog.DropEvent

    structlog.configure(processors=[keep])

    with Telemetry().operation("scale", "docker"):
        pass

    assert [event["event"] for event in seen] == ["verb.started", "verb.finished"]


def test_while_nobody_listens_nothing_is_printed_and_nothing_is_loaded() -> None:
    """A fresh interpreter runs an operation without structlog, prometheus_client and output."""
    program = (
        "import sys; from cloudkit.telemetry import Telemetry\n"
        "try:\n"
        "    with Telemetry().operation('scale', 'docker'): raise LookupError\n"
        "except LookupError: pass\n"
        "assert not {'structlog', 'prometheus_client'} & set(sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
