"""A described image is what its steps say, on a real engine, whatever text the steps were given."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine.build.conftest import BASE, Built

from cloudkit.model.reference import Reference
from cloudkit.model.steps import Recipe

pytestmark = [pytest.mark.engine, pytest.mark.old_engine, pytest.mark.usefixtures("builder")]

HOSTILE = 'a\'b "c" $HOME ${X} `id` ; #x'


def test_hostile_text_arrives_as_it_was_given(built: Built, tmp_path: Path) -> None:
    """In names of files, variables, labels, folders and arguments."""
    context = tmp_path / "context"
    context.mkdir()
    (context / HOSTILE).write_text("it")
    recipe = (
        Recipe(base=Reference.parse(BASE))
        .workdir(f"/w {HOSTILE}")
        .copy(HOSTILE, f"/to/{HOSTILE}")
        .env(VALUE=HOSTILE)
        .label({"text": HOSTILE})
        .user("1000:1000")
        .cmd("printf", "%s|", HOSTILE)
    )

    image = built(context, dockerfile_text=recipe.dockerfile)

    assert built.run(image) == f"{HOSTILE}|"
    assert image.labels["text"] == HOSTILE
    assert built.run(image, "printenv", "VALUE") == f"{HOSTILE}\n"
    assert built.run(image, "pwd") == f"/w {HOSTILE}\n"
    assert built.run(image, "cat", f"/to/{HOSTILE}") == "it"


def test_commands_of_one_step_stop_at_the_first_that_fails(built: Built, tmp_path: Path) -> None:
    """In either way they are written."""
    commands = ("echo one > /f", "echo two >> /f # note", "echo '<<X' >> /f")
    recipe = Recipe(base=Reference.parse(BASE)).run(*commands)

    image = built(tmp_path, dockerfile_text=recipe.dockerfile)

    assert built.run(image, "cat", "/f").splitlines() == ["one", "two", "<<X"]
