"""Rules about how a Dockerfile is written: instructions, stages, the forms of a command."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator

from cloudkit.engine.dockerfile import Instruction
from cloudkit.engine.lint.look import Look, error, warning
from cloudkit.model.finding import Finding

__all__ = ["RULES"]

KEYWORDS = (
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
)
_SHELL_SIGNS = re.compile(r"[|&;<>()$`*?~]")
_SINGLE_QUOTED = re.compile(r"\[\s*'")
_ARCHIVES = re.compile(r"\.(?:tar|tar\.\w+|tgz|tbz2?|txz)\Z", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?://|git@|git://|ssh://)")


def unknown_instruction(look: Look) -> Iterator[Finding]:
    """An instruction that no Dockerfile has; a custom syntax may have others."""
    if "syntax" in look.dockerfile.directives:
        return
    for step in look.dockerfile.instructions:
        if step.keyword not in KEYWORDS:
            yield error("unknown-instruction", step.line, f"{step.keyword[:40]} is no instruction", _meant(step))


def _meant(step: Instruction) -> str:
    """Return what was probably meant."""
    close = difflib.get_close_matches(step.keyword, KEYWORDS, n=1)
    if close:
        return f"{close[0]} {step.arguments}"
    return f"'\\' at the end of line {step.line - 1}, when it should go on" if step.line > 1 else "FROM image:tag"


def starts_with_from(look: Look) -> Iterator[Finding]:
    """A Dockerfile begins with FROM; only ARG may stand before it."""
    first = next((step for step in look.dockerfile.instructions if step.keyword != "ARG"), None)
    if first is None:
        yield error("no-from", None, f"{look.context.name} has no FROM", "FROM image:tag")
    elif first.keyword != "FROM" and first.keyword in KEYWORDS:
        yield error("no-from", first.line, f"{first.keyword} stands before the first FROM", "FROM image:tag")
    for step in look.dockerfile.of("FROM"):
        if not step.words:
            yield error("no-from", step.line, "FROM names no image", "FROM image:tag")


def unknown_target(look: Look) -> Iterator[Finding]:
    """The stage that is asked for has to be there."""
    if look.spec.target is not None and look.final < 0 and look.dockerfile.stages:
        known = ", ".join(names[-1] for names in look.dockerfile.stages)
        text = f"there is no stage {look.spec.target!r}; there are {known}"
        yield error("unknown-target", None, text, f"target={look.dockerfile.stages[-1][-1]!r}")


def several_commands(look: Look) -> Iterator[Finding]:
    """Of several CMD or ENTRYPOINT in a stage only the last counts."""
    for keyword in ("CMD", "ENTRYPOINT"):
        for stage in range(len(look.dockerfile.stages)):
            steps = list(look.dockerfile.of(keyword, stage=stage))
            for step in steps[:-1]:
                text = f"only the last {keyword}, line {steps[-1].line}, counts"
                yield warning("several-commands", step.line, text)


def shell_form(look: Look) -> Iterator[Finding]:
    """A command in shell form runs below a shell, which keeps the stop signal to itself."""
    for step in look.steps("CMD", "ENTRYPOINT"):
        if step.listed is not None or not step.arguments:
            continue
        if _SINGLE_QUOTED.match(step.arguments):
            yield warning(
                "single-quotes",
                step.line,
                f"{step.keyword} is read as a shell's line: a list takes double quotes",
                f"{step.keyword} {step.arguments.replace(chr(39), chr(34))}",
            )
        else:
            text = f"{step.keyword} in shell form: a shell stands between the program and the stop signal"
            yield warning("shell-form", step.line, text, f"{step.keyword} {_exec_form(step)}")


def _exec_form(step: Instruction) -> str:
    """Return a command as a list; with a shell that hands over where only a shell can read it."""
    if _SHELL_SIGNS.search(step.arguments):
        return json.dumps(["sh", "-c", f"exec {step.arguments}"])
    return json.dumps(step.words)


def add_of_local_file(look: Look) -> Iterator[Finding]:
    """ADD unpacks and downloads; for a file, COPY says what is meant."""
    for step in look.dockerfile.of("ADD"):
        sources = step.words[:-1]
        if sources and not step.heredocs and not any(_special(source) for source in sources):
            fix = step.text.replace("ADD", "COPY", 1)
            yield warning("add-local", step.line, "ADD is for archives and addresses; COPY copies files", fix)


def _special(source: str) -> bool:
    return "$" in source or _REMOTE.match(source) is not None or _ARCHIVES.search(source) is not None


RULES = (
    unknown_instruction,
    starts_with_from,
    unknown_target,
    several_commands,
    shell_form,
    add_of_local_file,
)
