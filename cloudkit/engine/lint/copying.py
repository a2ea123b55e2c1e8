"""Rules about what COPY and ADD bring into an image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from cloudkit.engine.dockerfile import Instruction
from cloudkit.engine.lint.look import Look, error, warning
from cloudkit.model.finding import Finding

__all__ = ["RULES"]

_JOINED = re.compile(r"(?P<source>.*?(?:\*|\.[A-Za-z0-9]{1,8}|[A-Za-z0-9_-]))(?P<target>\.{1,2}/\S*|\.|/\S*)\Z")
_UNKNOWN = re.compile(r"[$*?\[\\]|\A(?:https?://|git@|git://|ssh://)")
_HEAVY = ("node_modules", ".git", ".venv", "venv", ".env")


def one_argument(look: Look) -> Iterator[Finding]:
    """COPY takes a source and a target; ``package*.json./`` is one word."""
    for step in look.dockerfile.of("COPY", "ADD"):
        if len(step.words) < 2 and not step.heredocs:
            yield error("copy-one-argument", step.line, *_parted(step))


def _parted(step: Instruction) -> tuple[str, str]:
    """Say which blank is missing, and write the instruction with it."""
    head = " ".join((step.keyword, *step.flags))
    word = step.words[0] if step.words else ""
    match = _JOINED.match(word)
    if match is None:
        return f"{step.keyword} takes a source and a target, and has only {word or 'nothing'!r}", f"{head} {word} ./"
    text = f"{step.keyword} {word} has one argument: the blank before {match['target']} is missing"
    return text, f"{head} {match['source']} {match['target']}"


def missing_source(look: Look) -> Iterator[Finding]:
    """What COPY names has to be in the context, and not be ignored."""
    if look.folder is None:
        return
    for step in look.dockerfile.of("COPY", "ADD"):
        if step.stage not in look.needed or step.flag("from") is not None or step.heredocs or len(step.words) < 2:
            continue
        for source in step.words[:-1]:
            yield from _missing(look, step, source)


def _missing(look: Look, step: Instruction, source: str) -> Iterator[Finding]:
    if _UNKNOWN.search(source):
        return
    path = posixpath.normpath(posixpath.join("/", source)).lstrip("/")
    outside = ".." in source.split("/") and posixpath.normpath(source).startswith("..")
    if outside and not look.exists(path):
        text = f"{step.keyword} {source} leaves the build context, which it cannot"
        yield error("copy-outside", step.line, text, f"build the folder above, and {step.keyword} from there")
    elif path and not look.exists(path):
        fix = _similar(look, path)
        yield error(
            "copy-missing", step.line, f"{path} is not in the build context", fix and f"{step.keyword} {fix} ..."
        )
    elif path and look.ignored(path) and look.context.ignore.hides(path):
        yield error(
            "copy-ignored", step.line, f".dockerignore keeps {path} out of the build", f"!{path} in .dockerignore"
        )


def _similar(look: Look, path: str) -> str:
    """Return a name in the same folder that differs little; empty when there is none."""
    import difflib

    folder = look.context.path / posixpath.dirname(path)
    names = sorted(entry.name for entry in folder.glob("*")) if folder.is_dir() else []
    lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(posixpath.basename(path).lower(), lower, n=1, cutoff=0.75)
    return posixpath.join(posixpath.dirname(path), lower[close[0]]) if close else ""


def heavy_context(look: Look) -> Iterator[Finding]:
    """``COPY . .`` brings all that .dockerignore does not keep out."""
    whole = next((step for step, source, _ in look.copied() if source == "."), None)
    if whole is None or look.folder is None:
        return
    found = [name for name in _HEAVY if look.exists(name) and not look.ignored(name)]
    if found:
        text = f"{whole.keyword} of the whole folder brings {', '.join(found)} into the image"
        yield warning("not-ignored", whole.line, text, f"{', '.join(found)} in .dockerignore, one a line")


RULES = (one_argument, missing_source, heavy_context)
