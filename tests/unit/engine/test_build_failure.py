"""A build that fails is told by its step, line and log; what is not the build's fault is told as what it is."""

from __future__ import annotations

import pytest

from cloudkit.engine.build_failure import failure
from cloudkit.errors import AccessError, BackendError, BuildError, NotFoundError, RegistryError, UnsupportedError

DOCKERFILE = "FROM debian:12\nRUN echo one\nRUN npm ci \\\n  --quiet\n"
EXITED = 'process "/bin/sh -c npm ci" did not complete successfully: exit code: {}'


def test_a_failed_step_has_number_line_and_log() -> None:
    """The text says which; the evidence is what it printed."""
    error = failure(EXITED.format(1), text=DOCKERFILE, step="RUN npm ci --quiet", item="3/3", log=("a", "b"))

    assert isinstance(error, BuildError)
    assert error.summary == "the build failed at step 3/3: RUN npm ci --quiet (line 3)"
    assert (error.step, error.line, error.log) == ("RUN npm ci --quiet", 3, ("a", "b"))


@pytest.mark.parametrize(("code", "word"), [(127, "not in the image"), (126, "chmod +x"), (137, "memory")])
def test_an_exit_code_that_means_something_is_read(code: int, word: str) -> None:
    """As the hint."""
    assert word in failure(EXITED.format(code), text=DOCKERFILE, step="RUN x", log=("x",)).hint


def test_a_full_disk_in_a_steps_own_log_is_a_hint() -> None:
    """The step failed; why is likely."""
    error = failure(EXITED.format(1), text=DOCKERFILE, step="RUN x", log=("write error: No space left on device",))

    assert isinstance(error, BuildError)
    assert "docker builder prune" in error.hint


def test_a_full_disk_of_the_engine_is_the_engines() -> None:
    """No step is to blame."""
    error = failure("failed to solve: write /snapshots/3: no space left on device", text=DOCKERFILE)

    assert type(error) is BackendError


@pytest.mark.parametrize(
    "said", ["dockerfile parse error on line 2: unknown", "dockerfile parse error line 2: unknown"]
)
def test_a_dockerfile_that_cannot_be_read_has_its_line(said: str) -> None:
    """In the words of the current engine and of 20.10."""
    error = failure(said, text=DOCKERFILE)

    assert isinstance(error, BuildError)
    assert (error.line, error.step) == (2, "RUN echo one")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("node:0: failed to resolve source metadata for docker.io/library/node:0: node:0: not found", NotFoundError),
        (
            'failed to resolve source metadata for x.example/a:1: Head "https://x.example/v2/": no such host',
            RegistryError,
        ),
        ("failed to resolve source metadata for x.example/a:1: 401 Unauthorized", AccessError),
    ],
)
def test_a_base_image_that_cannot_be_had_says_why(said: str, kind: type[Exception]) -> None:
    """Absent, refused, or a registry that does not answer."""
    error = failure(said, text=DOCKERFILE, step="[internal] load metadata for docker.io/library/node:0")

    assert type(error) is kind
    assert "fetch the base image" in str(error)


def test_what_the_builder_lacks_is_named_with_the_way_out() -> None:
    """In its own words."""
    error = failure("Cache export is not supported for the docker driver.", text=DOCKERFILE)

    assert isinstance(error, UnsupportedError)
    assert error.capability == "cache export"
    assert "buildx create" in error.hint


def test_a_file_that_is_not_in_the_context_is_named_in_the_hint() -> None:
    """With the two places to look."""
    error = failure('failed to calculate checksum of ref a::b: "/nope": not found', text=DOCKERFILE, step="COPY nope /")

    assert error.hint == "nope is not in the build context: check its name, and .dockerignore"
