"""An image described in Python means one Dockerfile; whatever is given stays data."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.engine.dockerfile import parse_dockerfile
from cloudkit.errors import UsageError
from cloudkit.model.reference import Reference
from cloudkit.model.steps import Recipe

BASE = Recipe(base=Reference.parse("python:3.13-slim"))
WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1).filter(str.strip)


def line(recipe: Recipe) -> str:
    """Return the last instruction."""
    return recipe.dockerfile.splitlines()[-1]


def test_every_step_is_a_new_value() -> None:
    """The one before stays as it was, and equal steps are equal values."""
    one = BASE.run("a")

    assert BASE.steps == ()
    assert one.run("b") != one
    assert BASE.run("a") == one
    assert hash(BASE.run("a")) == hash(one)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (lambda: BASE.run("a", "b"), "RUN a && b"),
        (lambda: BASE.run("--mount=type=cache,target=/x y"), 'RUN ["/bin/sh", "-c", "--mount=type=cache,target=/x y"]'),
        (lambda: BASE.run("cat <<EOF"), 'RUN ["/bin/sh", "-c", "cat <<EOF"]'),
        (lambda: BASE.run("a # b", "c"), 'RUN ["/bin/sh", "-ec", "a # b\\nc"]'),
        (lambda: BASE.run("[ -f x ]"), 'RUN ["/bin/sh", "-c", "[ -f x ]"]'),
        (lambda: BASE.run("a \\"), 'RUN ["/bin/sh", "-c", "a \\\\"]'),
        (lambda: BASE.copy("app.py", "/app/"), "COPY app.py /app/"),
        (lambda: BASE.copy("*.py", "/app/", chown="node:node"), 'COPY --chown=node:node ["*.py", "/app/"]'),
        (lambda: BASE.copy("my file", "/a b/"), 'COPY ["my file", "/a b/"]'),
        (lambda: BASE.copy("$HOME", "/x"), 'COPY ["\\\\$HOME", "/x"]'),
        (lambda: BASE.add("data.tar.gz", "/data/"), "ADD data.tar.gz /data/"),
        (lambda: BASE.env(A="1", B='q"$x\\'), 'ENV A="1" B="q\\"\\$x\\\\"'),
        (lambda: BASE.label({"org.example/a": "b c"}), 'LABEL org.example/a="b c"'),
        (lambda: BASE.arg("V").arg("W", "1 2"), 'ARG W="1 2"'),
        (lambda: BASE.workdir("/my app"), "WORKDIR /my app"),
        (lambda: BASE.user("1000:1000"), "USER 1000:1000"),
        (lambda: BASE.expose(80, 443), "EXPOSE 80 443"),
        (lambda: BASE.entrypoint("tini", "--"), 'ENTRYPOINT ["tini", "--"]'),
        (lambda: BASE.cmd("python", "-c", 'print("a\nb")'), 'CMD ["python", "-c", "print(\\"a\\nb\\")"]'),
        (
            lambda: BASE.healthcheck("curl", "-f", "localhost", interval=0.5),
            'HEALTHCHECK --interval=0.5s --timeout=30s --retries=3 CMD ["curl", "-f", "localhost"]',
        ),
    ],
)
def test_each_step_is_written_so_that_nothing_is_read_otherwise(step: Callable[[], Recipe], text: str) -> None:
    """Blanks, quotes, variables, comments, options and here-documents are data."""
    assert line(step()) == text


REFUSED: list[Callable[[], Recipe]] = [
    BASE.run,
    lambda: BASE.run("a\nUSER root"),
    lambda: BASE.run(" "),
    lambda: BASE.copy("../x", "/"),
    lambda: BASE.copy("/etc/passwd", "/"),
    lambda: BASE.copy("a/../../b", "/"),
    lambda: BASE.copy("a", "/b\nRUN evil"),
    lambda: BASE.copy("a", "/b", chown="x --from=y"),
    lambda: BASE.env(A="1\nUSER root"),
    lambda: BASE.env(**{"A B": "1"}),
    BASE.env,
    lambda: BASE.label({"a=b": "c"}),
    lambda: BASE.arg("1A"),
    lambda: BASE.workdir("/a\r\nUSER root"),
    lambda: BASE.user("root\n"),
    lambda: BASE.user("a b"),
    lambda: BASE.expose(0),
    lambda: BASE.expose(65536),
    BASE.expose,
    BASE.cmd,
    lambda: BASE.cmd("a\0b"),
    lambda: BASE.healthcheck("x", retries=0),
]


@pytest.mark.parametrize("step", REFUSED, ids=range(len(REFUSED)))
def test_what_could_be_another_instruction_is_refused(step: Callable[[], Recipe]) -> None:
    """A line's end begins a new one; outside the context there is nothing to copy."""
    with pytest.raises(UsageError):
        step()


def test_a_build_that_copies_nothing_needs_no_folder() -> None:
    """The recipe says which it is."""
    assert not BASE.run("a").copies
    assert BASE.copy("a", "/").run("b").copies


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_a_command_reads_back_as_it_was_given(words: list[str]) -> None:
    """Whatever the words."""
    step = parse_dockerfile(BASE.cmd(*words).dockerfile).instructions[-1]

    assert step.listed == tuple(words)


@given(st.lists(WORDS, min_size=1, max_size=3), WORDS, WORDS)
def test_no_text_makes_more_instructions_than_steps(commands: list[str], value: str, path: str) -> None:
    """Each method adds exactly one, and it is of its own kind."""
    recipe = BASE.run(*commands).env(A=value).workdir(path).label({"l": value})

    steps = parse_dockerfile(recipe.dockerfile).instructions

    assert [step.keyword for step in steps] == ["FROM", "RUN", "ENV", "WORKDIR", "LABEL"]
