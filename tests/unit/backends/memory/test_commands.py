"""The commands that every image of the twin has."""

from __future__ import annotations

import pytest

from cloudkit.backends.memory.commands import Execution, execute
from cloudkit.backends.memory.files import Files


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("true",), (0, "")),
        (("/bin/false",), (1, "")),
        (("pwd",), (0, "/srv\n")),
        (("hostname",), (0, "web-1-abcde\n")),
        (("whoami",), (0, "node\n")),
        (("printenv", "COLOUR"), (0, "blue\n")),
        (("printenv", "NOTHING"), (1, "")),
        (("cat",), (0, "typed")),
        (("cat", "/none"), (1, "cat: /none: No such file or directory\n")),
        (("sh", "-c", "echo a && echo b; exit 4"), (4, "a\nb\n")),
        (("sh", "-c", "false && echo never"), (1, "")),
        (("sh", "-c", "echo kept > note; cat note"), (0, "kept\n")),
        (("curl", "-s", "http://other/x"), (0, "from http://other/x")),
        (("gcc",), (127, 'exec: "gcc": executable file not found in $PATH\n')),
    ],
)
def test_a_command_answers_with_its_exit_code_and_output(command: tuple[str, ...], expected: tuple[int, str]) -> None:
    """What runs inside a replica behaves as its namesake."""
    execution = Execution(
        command=command,
        stdin=b"typed",
        env={"COLOUR": "blue"},
        user="node",
        workdir="/srv",
        hostname="web-1-abcde",
        files=Files(),
        fetch=lambda url: (200, f"from {url}"),
    )

    assert execute(execution) == expected


def test_sleep_lets_the_time_of_its_world_pass() -> None:
    """It never sleeps for real."""
    slept: list[float] = []

    execute(Execution(command=("sleep", "3600"), sleep=slept.append))

    assert slept == [3600.0]
