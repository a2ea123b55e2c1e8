"""A Dockerfile is read as the builder reads it: lines, flags, heredocs, stages."""

from __future__ import annotations

import pytest

from cloudkit.engine.dockerfile import parse_dockerfile


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ('FROM a AS b\nRUN echo a \\\n  # comment\n\n  && echo b\nCMD ["x"]\n', [(1, "FROM"), (2, "RUN"), (6, "CMD")]),
        ("# escape=`\nFROM a\nRUN c:\\x `\n y\nUSER z", [(2, "FROM"), (3, "RUN"), (5, "USER")]),
        ("FROM a\nRUN <<EOF\nFROM inner\nEOF\nRUN x\n", [(1, "FROM"), (2, "RUN"), (5, "RUN")]),
        ('from a\ncopy <<-EOF <<"E2" /x\n\tabc\n\tEOF\nb\nE2\nENV A=b', [(1, "FROM"), (2, "COPY"), (7, "ENV")]),
        ('FROM a\nRUN echo "a << b" && cat <<EOF\nhi\nEOF\nUSER x\n', [(1, "FROM"), (2, "RUN"), (5, "USER")]),
        ("FROM\ta\nRUN   x\\\\\nRUN y\n", [(1, "FROM"), (2, "RUN"), (3, "RUN")]),
        ("\ufeffFROM a\r\nRUN x \\\r\n y\r\nRUN z", [(1, "FROM"), (2, "RUN"), (4, "RUN")]),
        ("FROM a\nRUN a && \\\n# c1\n# c2\n b\n", [(1, "FROM"), (2, "RUN")]),
        ("FROM a\nRUN foo \\ \n bar\n", [(1, "FROM"), (2, "RUN")]),
        ("FROM a\nRUN a\u2028RUN b", [(1, "FROM"), (2, "RUN")]),
        ('FROM a\nRUN ["/bin/sh", "-c", "cat <<X"]\nUSER x', [(1, "FROM"), (2, "RUN"), (3, "USER")]),
        ("FROM a\nRUN echo 'a <<b' <<c\nd\nc\nUSER x", [(1, "FROM"), (2, "RUN"), (5, "USER")]),
        ("", []),
        ("# only a comment", []),
        ("FROM a\nRUN x \\", [(1, "FROM"), (2, "RUN")]),
    ],
)
def test_instructions_keep_their_lines(text: str, steps: list[tuple[int, str]]) -> None:
    """Continued lines, comments in them, here-documents and another escape do not shift them."""
    assert [(step.line, step.keyword) for step in parse_dockerfile(text).instructions] == steps


def test_flags_are_apart_from_arguments() -> None:
    """However many there are."""
    step = parse_dockerfile("COPY --from=build --chown=1:2 a b /").instructions[0]

    assert step.flags == ("--from=build", "--chown=1:2")
    assert step.words == ("a", "b", "/")
    assert (step.flag("from"), step.flag("link")) == ("build", None)


def test_both_forms_of_a_command_are_read() -> None:
    """The JSON form is told from what only looks like it."""
    listed, shell, almost = parse_dockerfile('CMD ["npm", "start"]\nCMD npm start\nCMD [\'npm\']').instructions

    assert listed.listed == ("npm", "start") == shell.words
    assert shell.listed is None
    assert almost.listed is None


def test_the_body_of_a_heredoc_is_kept() -> None:
    """Without the tabs that ``<<-`` drops."""
    step = parse_dockerfile("RUN <<-EOF\n\tone\n\ttwo\n\tEOF\n").instructions[0]

    assert step.heredocs == ("one\ntwo",)


def test_stages_are_known_by_number_and_name() -> None:
    """Names do not mind capitals."""
    dockerfile = parse_dockerfile("ARG V\nFROM a AS Build\nRUN x\nFROM build\nRUN y\nFROM c\n")

    assert dockerfile.stages == (("0", "build"), ("1",), ("2",))
    assert [step.stage for step in dockerfile.instructions] == [-1, 0, 0, 1, 1, 2]
    assert dockerfile.stage_of("BUILD") == 0
    assert dockerfile.stage_of("nope") == -1
    assert dockerfile.lineage(1) == (1, 0)


def test_a_stage_that_builds_on_itself_ends() -> None:
    """``FROM a AS a`` means the image a."""
    assert parse_dockerfile("FROM a AS a\nFROM a AS a").lineage(1) == (1, 0)


def test_unbalanced_quotes_are_still_words() -> None:
    """The builder says what is wrong with them; reading them never fails."""
    assert parse_dockerfile("RUN echo 'it").instructions[0].words == ("echo", "'it")
