"""Commands in containers of their own, run to their end at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cloudkit.backends.givenfiles import given_files, own_folders
from cloudkit.backends.memory.commands import Execution
from cloudkit.backends.memory.program import Program
from cloudkit.backends.memory.world import World, revealed
from cloudkit.errors import NotFoundError
from cloudkit.model.task import TaskResult, TaskSpec

__all__ = ["TimedOut", "run_task", "within"]

KILLED = 137


class TimedOut(Exception):  # noqa: N818  # no error that a caller sees: it becomes an exit code
    """The command ran longer than it may."""


Sleep = Callable[[float], None]


def run_task(world: World, namespace: str, task: TaskSpec) -> TaskResult:
    """Run a task; killed at its timeout, its exit code is 137."""
    if not world.images.holds(task.image):
        raise NotFoundError(f"image {task.image} is not here", hint=f"cloudkit pull {task.image.familiar}")
    program = world.images.behaviour(task.image, revealed(task.env))
    command = (*(task.entrypoint or ()), *task.command)
    files = world.files(namespace, task.mounts, own_folders(task))
    for one in given_files(task):
        files.write(one.path, one.content)

    def work(sleep: Sleep) -> tuple[int, str]:
        if not command:
            return _main(program, sleep)
        return program.execute(
            Execution(
                command=command, stdin=task.stdin or b"", env=revealed(task.env), user=task.user or "root",
                workdir=task.workdir or "/", files=files,
                fetch=partial(world.fetch, namespace), sleep=sleep,
            )
        )  # fmt: skip

    return within(world, task.timeout, command, work)


def within(
    world: World, timeout: float | None, command: tuple[str, ...], work: Callable[[Sleep], tuple[int, str]]
) -> TaskResult:
    """Do work that may sleep on the world's clock, for at most ``timeout`` seconds."""
    began = world.clock.seconds

    def sleep(seconds: float) -> None:
        left = seconds if timeout is None else began + timeout - world.clock.seconds
        world.clock.advance(min(seconds, max(0.0, left)))
        if left < seconds:
            raise TimedOut

    try:
        code, output = work(sleep)
    except TimedOut:
        code, output = KILLED, ""
    return TaskResult(command=command, exit_code=code, output=output, duration=world.clock.seconds - began)


def _main(program: Program, sleep: Sleep) -> tuple[int, str]:
    """Run the image's own program to its end; one that runs on for ever is over at once."""
    sleep(program.exits or 0.0)
    return program.exit_code, "".join(f"{line}\n" for line in (*program.prints, *program.last_words))
