"""Build by the engine's own builder, the one from before BuildKit, where no buildx is at hand."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import IO, Any

from cloudkit.engine.build_failure import engine_stopped, failed_step, failure
from cloudkit.engine.connect import Engine
from cloudkit.engine.context import APART, Context, archive_of, with_dockerfile
from cloudkit.engine.dockerfile import Instruction, parse_dockerfile
from cloudkit.engine.errors import translate
from cloudkit.engine.solve import LINE_LIMIT, LOG_TAIL, plain
from cloudkit.errors import BackendError, BuildError, CloudkitError, UnsupportedError
from cloudkit.model.build import BuildSpec
from cloudkit.model.progress import Listener, Phase, Progress

__all__ = ["build_classic", "refuse_unsupported"]

_STEP = re.compile(r"Step (?P<item>\d+/\d+) : (?P<command>.*)", re.DOTALL)
_NOISE = re.compile(r" ---> |Removing intermediate container |Successfully (?:built|tagged) ")
_CACHED = " ---> Using cache"
_NEW_FLAGS = {
    "RUN": ("mount", "network", "security"),
    "COPY": ("link", "chmod", "parents", "exclude"),
    "ADD": ("link", "chmod", "checksum", "keep-git-dir", "exclude"),
}
WAY_OUT = "install docker's buildx plugin, which some distributions call docker-buildx; cloudkit doctor finds it"


def refuse_unsupported(spec: BuildSpec, context: Context) -> None:
    """Raise ``UnsupportedError`` for the first thing asked for that only BuildKit has."""
    asked = {
        "secrets": spec.secrets,
        "ssh": spec.ssh,
        "cache export (cache_to)": spec.cache_to,
        "several platforms": spec.platforms[1:],
    }
    for feature, value in asked.items():
        if value:
            raise _unsupported(feature, "")
    for instruction in parse_dockerfile(context.text).instructions:
        if feature := _new(instruction):
            raise _unsupported(feature, f" (line {instruction.line} of {context.name})")


def _new(instruction: Instruction) -> str:
    """Return what an instruction has that only BuildKit knows; empty when nothing."""
    for flag in _NEW_FLAGS.get(instruction.keyword, ()):
        if instruction.flag(flag) is not None:
            return f"{instruction.keyword} --{flag}"
    return f"{instruction.keyword} <<HEREDOC" if instruction.heredocs else ""


def _unsupported(feature: str, where: str) -> UnsupportedError:
    summary = (
        f"the engine's own builder cannot do this: {feature}{where}; that takes BuildKit, by docker's buildx plugin"
    )
    return UnsupportedError(summary, capability=feature, hint=WAY_OUT)


def build_classic(
    engine: Engine, spec: BuildSpec, context: Context, *, listener: Listener, alive: Callable[[], bool]
) -> tuple[str, ...]:
    """Build an image; see `cloudkit.engine.buildx.build_with_buildx` for the arguments and the result."""
    refuse_unsupported(spec, context)
    reader = _Reader(listener)
    with closing(_archive(context)) as archive:
        try:
            with translate("build"):
                for item in _stream(engine, spec, context, archive):
                    reader.feed(item)
        except BackendError as error:
            if not alive():
                raise engine_stopped(reader.error) from error
            if any("parse error" in line for line in error.evidence):
                raise failure(error.evidence[0], text=context.text) from error
            raise
    reader.finish()
    if reader.error or not reader.image:
        raise _failed(reader, context, alive)
    with translate("name the image"):
        for tag in spec.tags[1:]:
            engine.api.tag(reader.image, tag.repository, tag.tag)
    return (reader.image,)


def _archive(context: Context) -> IO[bytes]:
    if not context.archive:
        return archive_of(context)
    return context.path.open("rb") if context.inner else with_dockerfile(context)


def _stream(engine: Engine, spec: BuildSpec, context: Context, archive: IO[bytes]) -> Iterator[dict[str, Any]]:
    named = (f"{tag.repository}:{tag.tag}" for tag in spec.tags)
    stream: Iterator[dict[str, Any]] = engine.api.build(
        fileobj=archive,
        custom_context=True,
        dockerfile=context.inner or APART,
        tag=next(named, None),
        buildargs=dict(spec.args),
        labels=dict(spec.labels) or None,
        target=spec.target or "",
        platform=spec.platforms[0] if spec.platforms else None,
        cache_from=[source.rpartition("ref=")[2].split(",")[0] for source in spec.cache_from] or None,
        nocache=spec.no_cache,
        pull=spec.pull,
        rm=True,
        forcerm=True,
        decode=True,
    )
    return stream


class _Reader:
    """Turns the engine's stream into progress, and keeps what a failure is explained by."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.item, self.command, self.image, self.error, self.partial = "", "", "", "", ""
        self.tail: deque[str] = deque(maxlen=LOG_TAIL)

    def feed(self, item: dict[str, Any]) -> None:
        """Take one object of the stream."""
        if "error" in item:
            self.error = str(item["error"])
        elif "aux" in item:
            self.image = str(item["aux"].get("ID") or self.image)
        elif "stream" in item:
            self._text(str(item["stream"]))
        elif "status" in item:
            self._pull(item)

    def finish(self) -> None:
        """Say that the last step is over."""
        self._lines("\n")
        if self.item:
            self._listener(Progress(phase=Phase.BUILD, item=self.item, message=self.command, done=True))

    def _text(self, text: str) -> None:
        match = _STEP.match(text)
        if match:
            self.finish()
            self.partial = ""
            self.item, self.command = match["item"], " ".join(match["command"].split())
            self.tail.clear()
            self._listener(Progress(phase=Phase.BUILD, item=self.item, message=self.command))
        elif text.startswith(_CACHED):
            self.command += " (cached)"
        elif not _NOISE.match(text):
            self._lines(text)

    def _lines(self, text: str) -> None:
        *lines, self.partial = (self.partial + text).split("\n")
        for line in map(plain, lines):
            if line.strip():
                self.tail.append(line[:LINE_LIMIT])
                event = Progress(phase=Phase.BUILD, item=self.item, message=self.command, log=line[:LINE_LIMIT])
                self._listener(event)

    def _pull(self, item: dict[str, Any]) -> None:
        detail = item.get("progressDetail") or {}
        self._listener(
            Progress(
                phase=Phase.PULL,
                item=str(item.get("id") or self.item),
                message=str(item["status"]),
                current=detail.get("current"),
                total=detail.get("total"),
                unit="bytes" if detail.get("current") is not None else "",
            )
        )


def _failed(reader: _Reader, context: Context, alive: Callable[[], bool]) -> CloudkitError:
    """Return the error for a build that ended badly."""
    if not failed_step(reader.error) and not alive():
        return engine_stopped(reader.error)
    if not reader.error:
        return BuildError("the build ended without an image", log=tuple(reader.tail))
    step = reader.command.removesuffix(" (cached)")
    return failure(reader.error, text=context.text, step=step, item=reader.item, log=tuple(reader.tail))
