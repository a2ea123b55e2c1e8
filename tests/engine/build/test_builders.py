"""Both builders make the same image of the same spec, and fail in the same words."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from engine.build.conftest import BASE, Built

from cloudkit.errors import BuildError, RegistryError
from cloudkit.model.progress import Phase
from cloudkit.model.reference import Reference

pytestmark = [pytest.mark.engine, pytest.mark.old_engine, pytest.mark.usefixtures("builder")]

Folder = Callable[..., Path]


def test_a_folder_becomes_an_image_whose_digest_is_known(built: Built, folder: Folder) -> None:
    """Labels, user, command and ports are seen; the digest names what the engine has."""
    text = f'FROM {BASE}\nLABEL a=b\nUSER 1000\nEXPOSE 3000\nENTRYPOINT ["cat"]\nCMD ["/f"]\nCOPY f /f\n'
    tag = Reference.parse("ckb-folder:1")

    image = built(folder(Dockerfile=text, f="hello"), tags=(tag,), labels={"c": "d"})

    assert built.run(image) == "hello"
    assert image.reference == tag.pinned(image.digest)
    assert image.tags == (tag,)
    assert dict(image.labels) == {"a": "b", "c": "d"}
    assert (image.user, image.ports, image.entrypoint, image.command) == ("1000", (3000,), ("cat",), ("/f",))
    assert image.platform == built.engine.platform


def test_all_tags_name_the_same_image(built: Built, folder: Folder) -> None:
    """However many."""
    tags = tuple(map(Reference.parse, ("ckb-tags:1", "ckb-tags:2", "localhost:5000/ckb/tags:3")))

    image = built(folder(Dockerfile=f"FROM {BASE}\nLABEL ckb=tags\n"), tags=tags)

    assert set(image.tags) == set(tags)


def test_the_same_files_make_the_same_digest(built: Built, folder: Folder) -> None:
    """Building again changes nothing, so that deploying again does nothing."""
    context = folder(Dockerfile=f"FROM {BASE}\nCOPY f /f\nRUN echo x > /x\n", f="same")

    assert built(context).digest == built(context).digest


def test_a_dockerfile_apart_and_one_as_text_mean_the_same(built: Built, folder: Folder, tmp_path: Path) -> None:
    """The context's own Dockerfile is not read then, and its ``.dockerignore`` counts."""
    context = folder(Dockerfile="FROM nowhere:1", f="it", hidden="x", _dot_dockerignore="hidden\n")
    text = f"FROM {BASE}\nCOPY . /c\nCMD ls -A /c\n"
    (tmp_path / "Apart").write_text(text)

    outputs = [
        built.run(built(context, **given)).split()
        for given in ({"dockerfile": tmp_path / "Apart"}, {"dockerfile_text": text})
    ]

    assert [set(output) - {".cloudkit.Dockerfile"} for output in outputs] == [{".dockerignore", "Dockerfile", "f"}] * 2


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive_is_a_context_too(built: Built, folder: Folder, tmp_path: Path, mode: str) -> None:
    """Plain or compressed, with its own Dockerfile, another one in it, or one from outside."""
    context = folder(Dockerfile=f"FROM {BASE}\nCOPY f /f\n", Other=f"FROM {BASE}\nCOPY f /g\n", f="packed")
    with tarfile.open(tmp_path / "context.tar", mode) as tar:
        tar.add(context, ".")

    own = built(tmp_path / "context.tar")
    other = built(tmp_path / "context.tar", dockerfile=Path("Other"))
    text = built(tmp_path / "context.tar", dockerfile_text=f"FROM {BASE}\nCOPY f /h\n")

    paths = ((own, "/f"), (other, "/g"), (text, "/h"))
    assert [built.run(image, "cat", path) for image, path in paths] == ["packed"] * 3


def test_arguments_and_target_choose(built: Built, folder: Folder) -> None:
    """The stage that is asked for, with the value that is given."""
    text = f"FROM {BASE} AS one\nARG WHO=nobody\nRUN echo $WHO > /who\nFROM one AS two\nRUN echo two > /who\n"
    context = folder(Dockerfile=text)

    image = built(context, target="one", args={"WHO": "me, 'and' \"you\" = $HOME"})

    assert built.run(image, "cat", "/who") == "me, 'and' \"you\" = $HOME\n"


def test_no_cache_runs_every_step_again(built: Built, folder: Folder) -> None:
    """Otherwise the second build runs none."""
    context = folder(Dockerfile=f"FROM {BASE}\nRUN echo ran\n")
    built(context)

    built(context)
    cached = list(built.log)
    built(context, no_cache=True)

    assert "ran" not in cached
    assert "ran" in built.log


def test_a_failed_step_has_number_line_and_the_end_of_its_log(built: Built, folder: Folder) -> None:
    """Twenty lines of it at most."""
    text = f"FROM {BASE}\n\nRUN echo fine\nRUN seq 1 50 && \\\n  exit 3\n"

    with pytest.raises(BuildError) as error:
        built(folder(Dockerfile=text))

    assert error.value.step == "RUN seq 1 50 && exit 3"
    assert error.value.line == 4
    assert error.value.log == tuple(str(number) for number in range(31, 51))
    assert error.value.summary == "the build failed at step 3/3: RUN seq 1 50 && exit 3 (line 4)"


def test_a_command_that_is_not_there_is_read_from_its_exit_code(built: Built, folder: Folder) -> None:
    """127."""
    with pytest.raises(BuildError) as error:
        built(folder(Dockerfile=f"FROM {BASE}\nRUN nosuchcommand\n"))

    assert "not found" in error.value.log[-1]
    assert "not in the image" in error.value.hint


def test_a_dockerfile_that_cannot_be_read_has_its_line(built: Built, folder: Folder) -> None:
    """What the lint does not know, the builder says."""
    with pytest.raises(BuildError) as error:
        built(folder(Dockerfile=f"FROM {BASE}\nHEALTHCHECK SOMETIMES\n"))

    assert (error.value.line, error.value.step) == (2, "HEALTHCHECK SOMETIMES")


def test_what_is_certain_to_fail_is_raised_before_the_build(built: Built, folder: Folder) -> None:
    """Nothing is sent, nothing is told."""
    with pytest.raises(BuildError) as error:
        built(folder(Dockerfile=f"FROM {BASE}\nCOPY package*.json./\n"))

    assert error.value.hint == "COPY package*.json ./"
    assert error.value.step == "COPY package*.json./"
    assert error.value.line == 2
    assert built.events == []


def test_what_is_likely_wrong_is_a_notice(built: Built, folder: Folder) -> None:
    """And the build goes on."""
    built(folder(Dockerfile=f"FROM {BASE}\nCMD echo hi\n"))

    notices = {event.item: event.message for event in built.events if event.phase is Phase.NOTICE}
    assert notices["shell-form"].endswith('write: CMD ["echo", "hi"]')


def test_a_base_image_whose_registry_does_not_answer_is_recognised(built: Built, folder: Folder) -> None:
    """As a registry error without a status."""
    with pytest.raises(RegistryError) as error:
        built(folder(Dockerfile="FROM localhost:1/nowhere:1\n"))

    assert error.value.status is None
    assert "fetch the base image localhost:1/nowhere:1" in error.value.summary


def test_steps_are_told_with_number_command_and_end(built: Built, folder: Folder) -> None:
    """Each numbered step starts and ends once; what it prints is told line by line."""
    built(folder(Dockerfile=f"FROM {BASE}\nRUN echo one; echo two\nRUN true\n"), no_cache=True)

    steps = [event for event in built.events if event.phase is Phase.BUILD and event.item in {"1/3", "2/3", "3/3"}]
    assert [event.item for event in steps if event.done] == ["1/3", "2/3", "3/3"]
    assert [event.log for event in steps if event.log and event.item == "2/3"] == ["one", "two"]
    assert {event.message for event in steps if event.item == "2/3"} == {"RUN echo one; echo two"}


def test_a_huge_log_is_told_in_bounded_memory(built: Built, folder: Folder) -> None:
    """A million characters without a line's end, colours, and bytes that are no text."""
    script = "head -c 1000000 /dev/zero | tr '\\\\0' x; printf '\\\\033[31mred\\\\033[0m \\\\377\\\\n'; seq 1 20000"

    built(folder(Dockerfile=f"FROM {BASE}\nRUN {script}\n"), no_cache=True)

    assert max(map(len, built.log)) <= 4096
    assert not any("\x1b" in line for line in built.log)


def test_links_pipes_sockets_and_odd_names_do_no_harm(built: Built, folder: Folder) -> None:
    """A link that leaves the context stays a link; a name is a name."""
    context = folder(Dockerfile=f"FROM {BASE}\nCOPY . /c\n", plain="x")
    (context / "out").symlink_to("/etc/hostname")
    (context / "new\nline").write_text("odd")
    (context / "-rf $x 'q'").write_text("odd")
    os.mkfifo(context / "pipe")

    image = built(context)

    names = built.run(image, "find", "/c", "-printf", "%P|%y\\0").split("\0")
    assert {"out|l", "new\nline|f", "-rf $x 'q'|f", "plain|f"} <= set(names)
    assert not any(name.startswith("out/") for name in names)
