"""Commands inside replicas on a real engine: their output, input, time and end."""

from __future__ import annotations

import os
import signal
import threading
import time

import docker
import pytest
from engine.operations.workshop import STOPS, Relay, Workshop

from cloudkit.backends.commands.output import KEPT
from cloudkit.backends.docker.operations import killing
from cloudkit.backends.docker.operations.execute import execute
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.errors import BackendError, ConflictError, NotFoundError

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]


@pytest.fixture
def replica(workshop: Workshop) -> Target:
    """A replica that does nothing."""
    return workshop.start("sleep 600")


def processes(workshop: Workshop, replica: Target) -> list[str]:
    """Return what runs inside."""
    return [row[-1] for row in workshop.api.top(replica.id)["Processes"]]


def test_both_streams_and_the_exit_code_come_back(workshop: Workshop, replica: Target) -> None:
    """What a command prints is one text, and its exit code is told."""
    result = execute(workshop.api, replica, ["sh", "-c", "echo out; sleep 0.5; echo err >&2; exit 3"])

    assert (result.output, result.exit_code, result.ok) == ("out\nerr\n", 3, False)


def test_variables_user_and_folder_are_the_commands(workshop: Workshop, replica: Target) -> None:
    """What is asked for holds for this command."""
    script = "echo $GREETING $(id -un) $(pwd)"

    result = execute(
        workshop.api, replica, ["sh", "-c", script], env={"GREETING": "a b"}, user="nobody", workdir="/tmp"
    )

    assert result.output == "a b nobody /tmp\n"


def test_input_of_any_size_goes_through(workshop: Workshop, replica: Target) -> None:
    """A command that answers while it reads does not block on either side."""
    data = b"0123456789abcde\n" * 500_000

    result = execute(workshop.api, replica, ["cat"], stdin=data)

    assert result.output.encode() == data


def test_without_input_a_reader_sees_its_end(workshop: Workshop, replica: Target) -> None:
    """A command that waits for input does not wait for ever."""
    assert execute(workshop.api, replica, ["cat"], timeout=10).exit_code == 0


def test_output_is_bounded_to_its_end(workshop: Workshop, replica: Target) -> None:
    """Of an output without end, the last 16 MiB are kept, and that is said."""
    result = execute(workshop.api, replica, ["sh", "-c", "head -c 40000000 /dev/zero | tr '\\0' x; printf end"])

    assert (len(result.output), result.truncated, result.output[-4:]) == (KEPT, True, "xend")


def test_a_command_that_is_not_there_is_127(workshop: Workshop, replica: Target) -> None:
    """As in a shell, with the engine's words as output."""
    result = execute(workshop.api, replica, ["no-such-command"])

    assert result.exit_code in {126, 127}
    assert "not found" in result.output


@pytest.mark.parametrize("way", ["from here", "from inside"])
def test_a_command_that_takes_too_long_is_killed_with_its_children(
    workshop: Workshop, replica: Target, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine cannot kill it; this machine can, and so can a shell inside where the engine is elsewhere."""
    if way == "from inside":
        monkeypatch.setattr(killing, "_from_here", lambda _marking: False)

    result = execute(workshop.api, replica, ["sh", "-c", "echo begun; sleep 300 & sleep 400"], timeout=1)

    assert (result.exit_code, result.output) == (137, "begun\n")
    assert 1 <= result.duration < 5
    assert not {"sleep 300", "sleep 400"} & set(processes(workshop, replica))


def test_one_that_cannot_be_killed_is_said_to_run_on(
    workshop: Workshop, replica: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a way to its process the call ends all the same, and says what stands."""
    monkeypatch.setattr(killing, "_from_here", lambda _marking: False)

    with pytest.raises(BackendError, match="still runs in web-0"):
        execute(workshop.api, replica, ["env", "-i", "sleep", "30"], timeout=0.5)


def test_an_interrupt_ends_the_command(workshop: Workshop, replica: Target) -> None:
    """Ctrl-C leaves nothing running inside."""
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        execute(workshop.api, replica, ["sleep", "500"])

    time.sleep(0.5)
    assert "sleep 500" not in processes(workshop, replica)


def test_a_stopped_or_paused_replica_is_a_conflict(workshop: Workshop, replica: Target) -> None:
    """The engine says why it refuses."""
    workshop.api.pause(replica.id)
    with pytest.raises(ConflictError, match="true"):
        execute(workshop.api, replica, ["true"])
    workshop.api.unpause(replica.id)
    workshop.api.stop(replica.id, timeout=0)

    with pytest.raises(ConflictError, match="not running"):
        execute(workshop.api, replica, ["true"])


def test_a_replica_that_is_gone_is_not_found(workshop: Workshop, replica: Target) -> None:
    """It is named as people know it."""
    workshop.remove(replica)

    with pytest.raises(NotFoundError, match="web-0"):
        execute(workshop.api, replica, ["true"])


def test_no_argument_reaches_an_error(workshop: Workshop, replica: Target) -> None:
    """Arguments and variables may hold secrets; an error names the command alone."""
    workshop.remove(replica)

    with pytest.raises(NotFoundError) as caught:
        execute(workshop.api, replica, ["login", "--password=hunter2"], env={"TOKEN": "hunter2"})

    assert "login" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@STOPS
def test_an_engine_that_stops_is_an_error_within_seconds(
    workshop: Workshop, replica: Target, relay: Relay, far_api: docker.APIClient
) -> None:
    """A command whose engine goes away does not hang."""
    assert workshop.namespace
    threading.Timer(0.5, relay.stop).start()
    begun = time.monotonic()

    with pytest.raises(BackendError):
        execute(far_api, replica, ["sleep", "60"])

    assert time.monotonic() - begun < 5


def test_early_output_is_never_lost(workshop: Workshop, replica: Target) -> None:
    """What a quick command prints arrives each time, however the packets fall."""
    outputs = [execute(workshop.api, replica, ["echo", str(number)]).output for number in range(50)]

    assert outputs == [f"{number}\n" for number in range(50)]
