"""Rules about what makes an image less safe, or different each time: secrets, root, moving tags, package lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cloudkit.engine.dockerfile import Instruction
from cloudkit.engine.lint.look import Look, warning
from cloudkit.model.finding import Finding

__all__ = ["RULES"]

_SECRET_NAME = re.compile(
    r"(?:\A|_)(?:api_?key|access_?key|secret_?key|private_?key|auth|credentials?|password|passwd|pword|secret|token)(?:_|\Z)",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(r"(?:\A|_)public(?:_|\Z)|_(?:file|path|url|id|name)\Z", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abps]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_SECRET_FILES = re.compile(
    r"(?:\A|/)(?:\.env(?:\.\w+)?|id_(?:rsa|ed25519|ecdsa)|\.npmrc|\.netrc|\.pypirc|credentials(?:\.json)?)\Z"
)
_PINS = {"node": "22-bookworm-slim", "python": "3.13-slim", "debian": "bookworm-slim", "ubuntu": "24.04"}
_USERS = {"node": "USER node"}
_INSTALLS = re.compile(r"\bapt(?:-get)?\b[^&|;]*\binstall\b")
_UPDATES = re.compile(r"\bapt(?:-get)?\b[^&|;]*\bupdate\b")
_CLEANS = re.compile(r"/var/lib/apt/lists|\bapt-get\s+dist-clean")


def moving_base(look: Look) -> Iterator[Finding]:
    """A base without a tag, or with ``latest``, is another image each time."""
    for step in look.dockerfile.of("FROM"):
        name = step.words[0] if step.words else "scratch"
        known = {stage for names in look.dockerfile.stages[: step.stage] for stage in names[1:]}
        if name == "scratch" or "$" in name or "@" in name or name.lower() in known:
            continue
        repository, colon, tag = name.rpartition(":") if ":" in name.rsplit("/", 1)[-1] else (name, "", "")
        if tag in {"", "latest"}:
            pin = _PINS.get(repository.rsplit("/", 1)[-1], "<version>")
            said = "is the newest at each time" if colon else "has no tag, so it is the newest at each time"
            yield warning("unpinned", step.line, f"{name} {said}", step.text.replace(name, f"{repository}:{pin}", 1))


def secret_in_layer(look: Look) -> Iterator[Finding]:
    """What ARG and ENV hold, anyone who has the image can read."""
    for step in look.dockerfile.of("ARG", "ENV"):
        for name, value in _pairs(step):
            named = _SECRET_NAME.search(name) and not _NOT_SECRET.search(name)
            if named or _SECRET_VALUE.search(value):
                text = f"{step.keyword} {name} stays in the image, where anyone can read it"
                fix = f"RUN --mount=type=secret,id={name.lower()} ..., and build(secrets={{{name.lower()!r}: ...}})"
                yield warning("secret-in-layer", step.line, text, fix)


def _pairs(step: Instruction) -> Iterator[tuple[str, str]]:
    """Yield the names and values of ARG and ENV; ``ENV NAME value`` is the old form."""
    words = step.words
    if step.keyword == "ENV" and words and "=" not in words[0]:
        yield words[0], " ".join(words[1:])
        return
    for word in words:
        name, _, value = word.partition("=")
        yield name, value


def secret_file(look: Look) -> Iterator[Finding]:
    """A file of secrets that is copied stays in the image, even when a later step removes it."""
    for step, source, _ in look.copied():
        if _SECRET_FILES.search(source):
            text = f"{step.keyword} {source} leaves its secrets in the image"
            fix = f"RUN --mount=type=secret,id={source.rsplit('/', 1)[-1].strip('.')} ..."
            yield warning("secret-in-layer", step.line, text, fix)


def root_user(look: Look) -> Iterator[Finding]:
    """Without USER a program runs as root, unless the base image says otherwise."""
    users = list(look.steps("USER"))
    last = users[-1].arguments.split(":")[0] if users else ""
    if not look.dockerfile.stages or (last and last not in {"root", "0"}):
        return
    base = next(iter(look.dockerfile.of("FROM", stage=look.lineage[-1])), None)
    name = base.words[0].rsplit("/", 1)[-1].partition(":")[0] if base and base.words else ""
    fix = _USERS.get(name, "RUN useradd --system app, and USER app")
    text = f"USER {last} runs the program as root" if last else "no USER: the program runs as root"
    yield warning("root-user", users[-1].line if users else None, text, fix)


def package_lists(look: Look) -> Iterator[Finding]:
    """``apt-get install`` belongs with ``update`` before it and the lists' removal after it, in one step."""
    for step in look.dockerfile.of("RUN"):
        script = "\n".join((step.arguments, *step.heredocs))
        if not _INSTALLS.search(script):
            continue
        cached = any(flag.startswith("--mount=type=cache") for flag in step.flags)
        if not _UPDATES.search(script) and not cached:
            text = "apt-get install without update in the same step finds old lists, or none"
            yield warning("apt-no-update", step.line, text, f"RUN apt-get update && {step.arguments}")
        if not _CLEANS.search(script) and not cached:
            text = "the package lists stay in the image"
            yield warning("apt-not-cleaned", step.line, text, f"{step.text} && rm -rf /var/lib/apt/lists/*")
        if not re.search(r"\s(?:-\w*y\w*|--yes|--assume-yes)\b", script):
            fix = re.sub(r"\binstall\b", "install -y", step.text, count=1)
            yield warning("apt-no-yes", step.line, "apt-get install asks, and nobody answers", fix)


RULES = (moving_base, secret_in_layer, secret_file, root_user, package_lists)
