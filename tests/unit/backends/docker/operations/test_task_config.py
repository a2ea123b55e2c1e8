"""A task in the engine's words."""

from __future__ import annotations

from cloudkit.backends.docker.labels import COMPONENT
from cloudkit.backends.docker.operations.tasks import task_config
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret
from cloudkit.model.task import TaskSpec

IMAGE = Reference.parse("web@sha256:" + "0" * 64)


def test_a_task_removes_itself_and_is_labelled() -> None:
    """Nothing of it stays, whatever becomes of its caller."""
    config = task_config("blue", TaskSpec(image=IMAGE), None)

    assert config["HostConfig"]["AutoRemove"] is True
    assert config["Labels"][COMPONENT] == "task"


def test_a_secret_is_in_the_environment_alone() -> None:
    """No label and no argument holds it."""
    config = task_config("blue", TaskSpec(image=IMAGE, env={"TOKEN": Secret("hunter2")}), None)

    assert config.pop("Env") == ["TOKEN=hunter2"]
    assert "hunter2" not in str(config)


def test_what_is_not_asked_for_is_the_images_own() -> None:
    """Command, entry point, user and folder stay as the image has them."""
    config = task_config("blue", TaskSpec(image=IMAGE), None)

    assert not {"Cmd", "Entrypoint", "User", "WorkingDir"} & set(config)


def test_an_entrypoint_of_nothing_takes_the_images_away() -> None:
    """Empty is not the same as not given."""
    config = task_config("blue", TaskSpec(image=IMAGE, entrypoint=(), command=("ls",)), "blue")

    assert (config["Entrypoint"], config["Cmd"], config["HostConfig"]["NetworkMode"]) == ([], ["ls"], "blue")
