"""Build an image: by BuildKit where docker's buildx is at hand, else by the engine's own builder."""

from __future__ import annotations

from typing import Any

from cloudkit.engine.buildx import build_with_buildx
from cloudkit.engine.classic import build_classic
from cloudkit.engine.connect import Engine
from cloudkit.engine.context import Context, open_context
from cloudkit.engine.disk import told_what_to_free
from cloudkit.engine.docker_command import docker_command
from cloudkit.engine.dockerfile import parse_dockerfile
from cloudkit.engine.errors import translate
from cloudkit.engine.inspect import image_state
from cloudkit.engine.lint import lint_context
from cloudkit.errors import BackendError, BuildError, NotFoundError, UnsupportedError
from cloudkit.model.build import BuildSpec
from cloudkit.model.finding import Finding
from cloudkit.model.image import ImageState
from cloudkit.model.progress import Listener, Phase, Progress

__all__ = ["build", "heed"]


def build(engine: Engine, spec: BuildSpec, *, listener: Listener) -> ImageState:
    """Build an image and say what it is, with its digest.

    The Dockerfile is looked over first: what is certain to fail is raised at once, the rest is told as notices.

    Args:
        engine: Where to build.
        spec: What to build.
        listener: Hears of notices, steps, bytes and lines.

    Raises:
        BuildError: A step failed: which, on which line, with the end of its log.
        NotFoundError: The context, the Dockerfile, a secret's file or a base image is not there.
        RegistryError: A base image is not here, and its registry does not answer (``status`` is None) or refuses.
        AccessError: The registry of a base image refuses the credentials.
        UnsupportedError: The engine or its builder lacks what is asked for; it names the way out.
        BackendError: The engine stopped, or its disk is full.
    """
    context = open_context(spec)
    heed(lint_context(spec, context), context, listener)
    if len(spec.platforms) > 1 and not engine.features.containerd_store:
        summary = "this engine's image store keeps one platform an image; several were asked for"
        hint = "an engine with the containerd image store, or one build a platform"
        raise UnsupportedError(summary, capability="build_platforms", hint=hint)
    try:
        return _state(engine, spec, _built(engine, spec, context, listener))
    except BackendError as error:
        told = told_what_to_free(engine, error)
        if told is error:
            raise
        raise told from error


def _built(engine: Engine, spec: BuildSpec, context: Context, listener: Listener) -> tuple[str, ...]:
    """Build by the better builder that is at hand; return the digests that name the image."""
    command = docker_command(engine.config) if engine.features.buildkit else None
    if command and command.builds:
        return build_with_buildx(command, spec, context, listener=listener, alive=engine.answers)
    return build_classic(engine, spec, context, listener=listener, alive=engine.answers)


def heed(findings: tuple[Finding, ...], context: Context, listener: Listener) -> None:
    """Raise the first finding that is certain to fail; tell of all others."""
    for finding in findings:
        if finding.certain:
            raise BuildError(
                f"the build cannot succeed: {finding.text} (line {finding.line})" if finding.line else finding.text,
                step=parse_dockerfile(context.text).at(finding.line),
                line=finding.line,
                hint=finding.fix,
            )
    for finding in findings:
        listener(Progress(phase=Phase.NOTICE, item=finding.code, message=str(finding), done=True))


def _state(engine: Engine, spec: BuildSpec, digests: tuple[str, ...]) -> ImageState:
    """Return what the engine has under one of the digests; an engine may know only the last of them."""
    for digest in digests:
        try:
            with translate("look at what was built"):
                attrs: dict[str, Any] = engine.client.images.get(digest).attrs
                return image_state(attrs, spec.tags[0] if spec.tags else None)
        except NotFoundError:
            continue
    raise BackendError("the build ended, but the engine has no such image", evidence=digests, hint="docker images")
