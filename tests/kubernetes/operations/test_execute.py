"""Commands inside pods of a real cluster."""

from __future__ import annotations

import hashlib
import signal
import threading
from time import monotonic

import pytest
from pods.workshop import Workshop, until

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.execute import execute
from cloudkit.errors import BackendError, ConflictError, NotFoundError, UnsupportedError

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


@pytest.mark.parametrize("code", [0, 1, 7, 126, 255])
def test_a_command_gives_its_exit_code_and_both_its_streams(client: Client, replica: str, code: int) -> None:
    """Whatever it is, it is no error of ours."""
    result = execute(client, replica, ["sh", "-c", f"echo out; echo err >&2; exit {code}"])

    assert (result.exit_code, sorted(result.output.split())) == (code, ["err", "out"])


def test_much_input_and_much_output_go_through(client: Client, replica: str) -> None:
    """Bytes are kept, and neither side waits for the other."""
    content = bytes(range(256)) * 40_000

    result = execute(client, replica, ["sh", "-c", "tee /tmp/got | wc -c; sha256sum < /tmp/got"], stdin=content)
    printed = execute(client, replica, ["sh", "-c", "seq 1 500000"])

    assert result.output.split() == [str(len(content)), hashlib.sha256(content).hexdigest(), "-"]
    assert printed.output == "".join(f"{number}\n" for number in range(1, 500_001))


def test_a_command_need_not_read_its_input(client: Client, replica: str, bare: str) -> None:
    """However much there is."""
    much = b"first\n" + b"x" * 5_000_000

    assert execute(client, replica, ["sh", "-c", "exit 4"], stdin=much).exit_code == 4
    assert execute(client, replica, ["sh", "-c", "read line; echo $line"], stdin=much).output == "first\n"
    assert execute(client, replica, ["nothing-there"], stdin=much).exit_code == 127
    assert execute(client, bare, ["cat"], stdin=much).output == much.decode()


def test_a_command_runs_where_and_as_told(client: Client, replica: str) -> None:
    """No shell reads what is given: quotes, dollars and newlines are kept."""
    odd = "a b'\"$HOME`id`\n=;"

    assert execute(client, replica, ["printenv", "ODD"], env={"ODD": odd}).output == f"{odd}\n"
    assert execute(client, replica, ["pwd"], workdir="/usr/share").output == "/usr/share\n"
    assert execute(client, replica, ["printf", "%s", odd], workdir="/tmp", env={"A": "1"}).output == odd
    assert execute(client, replica, ["cat"], stdin=b"").output == ""


def test_a_command_that_is_none_ends_as_in_a_shell(client: Client, replica: str, bare: str) -> None:
    """With an image of any kind."""
    assert execute(client, replica, ["nothing-there"]).exit_code == 127
    assert execute(client, replica, ["/etc/passwd"]).exit_code == 126
    assert execute(client, bare, ["nothing-there"]).exit_code == 127


def test_a_command_that_takes_too_long_is_killed_with_all_that_it_started(client: Client, replica: str) -> None:
    """Nothing of it runs on."""
    begun = monotonic()

    result = execute(client, replica, ["sh", "-c", "echo on; sleep 77 & sleep 77; echo never"], timeout=1)

    assert (result.exit_code, result.output) == (137, "on\n")
    assert monotonic() - begun < 15
    assert "sleep\n77" not in execute(client, replica, ["sh", "-c", "cat /proc/*/cmdline | tr '\\0' '\\n'"]).output


def test_an_interrupted_command_is_killed(client: Client, replica: str) -> None:
    """Ctrl-C reaches what runs there."""
    timer = threading.Timer(1, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    timer.start()

    with pytest.raises(KeyboardInterrupt):
        execute(client, replica, ["sleep", "66"])

    timer.join()
    assert "sleep\n66" not in execute(client, replica, ["sh", "-c", "cat /proc/*/cmdline | tr '\\0' '\\n'"]).output


def test_an_image_without_a_shell_runs_what_it_has(client: Client, bare: str) -> None:
    """And says what it cannot do, with a way out."""
    assert execute(client, bare, ["cat"], stdin=b"typed").output == "typed"
    with pytest.raises(UnsupportedError, match=r"variables.*no `env`"):
        execute(client, bare, ["cat"], env={"A": "1"})
    with pytest.raises(UnsupportedError, match=r"a folder.*no `sh`"):
        execute(client, bare, ["cat"], workdir="/tmp")
    with pytest.raises(BackendError, match="could not be killed"):
        execute(client, bare, ["sleep", "20"], timeout=1)


def test_what_cannot_be_done_is_said(client: Client, workshop: Workshop, replica: str) -> None:
    """Another user, a pod that is not there, and one that has ended."""
    ended = workshop.start("exit 0", app="ended", restart="Never", wait=False)

    with pytest.raises(UnsupportedError, match="as user 'nobody'"):
        execute(client, replica, ["id"], user="nobody")
    with pytest.raises(NotFoundError, match="not there"):
        execute(client, "web-nobody", ["id"])
    until(lambda: client.get(workshop.path(ended), Pod).status.phase == "Succeeded")
    with pytest.raises(ConflictError, match="does not run"):
        execute(client, ended, ["id"])
