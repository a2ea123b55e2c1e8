"""What a handle says to a call that cannot be meant so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError, UsageError


@pytest.fixture
def cloud() -> Cloud:
    """A cloud in this process."""
    return Cloud("memory")


@pytest.fixture
def web(cloud: Cloud) -> App:
    """An app that runs."""
    return cloud.image("web:1").pull().deploy("web", port=8080)


@pytest.mark.parametrize("verb", ["exec", "attach"])
def test_a_list_of_words_is_no_command(web: App, verb: str) -> None:
    """The hint is the call that is meant."""
    call: Any = getattr(web, verb)

    with pytest.raises(UsageError, match="one by one") as caught:
        call(["ls", "-l"])

    assert caught.value.hint == f"{verb}('ls', '-l')"


@pytest.mark.parametrize("words", [(), ("",), ("ls", 1), (None,)])
def test_what_no_program_can_be_handed_is_refused(web: App, words: tuple[Any, ...]) -> None:
    """Before anything is asked of the engine."""
    with pytest.raises(UsageError, match="command"):
        web.exec(*words)


def test_a_stopped_app_has_to_be_started_first(web: App) -> None:
    """None of its replicas runs, and the hint is what changes that."""
    web.stop()

    with pytest.raises(NotFoundError, match="it is stopped") as caught:
        web.exec("ls")

    assert caught.value.hint == "cloudkit start web"


@pytest.mark.parametrize("name", ["deploy", "push", "save", "tag", "digest"])
def test_an_image_that_is_not_there_yet_says_what_makes_it(cloud: Cloud, tmp_path: Path, name: str) -> None:
    """A reference is pulled, a folder is built."""
    for image, made in ((cloud.image("web:1"), "pull"), (cloud.image(tmp_path), "build")):
        with pytest.raises(UsageError, match="not there yet") as caught:
            getattr(image, name)

        assert caught.value.hint == f".{made}().{name}"


def test_an_attribute_that_nobody_has_is_an_ordinary_mistake(cloud: Cloud) -> None:
    """As ``hasattr`` and a prompt's completion need it."""
    assert not hasattr(cloud.image("web:1"), "deploi")
