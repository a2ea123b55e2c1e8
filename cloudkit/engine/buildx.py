"""Build by BuildKit, through ``docker buildx build`` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from cloudkit.engine.build_failure import engine_stopped, failed_step, failure
from cloudkit.engine.build_secrets import mask_for, secret_options
from cloudkit.engine.context import APART, Context, with_dockerfile
from cloudkit.engine.docker_command import DockerCommand
from cloudkit.engine.solve import Solve
from cloudkit.errors import CloudkitError
from cloudkit.model.build import BuildSpec
from cloudkit.model.progress import Listener

__all__ = ["build_with_buildx", "explained", "options", "run_buildx"]

GRACE = 5
"""Seconds in which a build that is called off may end by itself."""


def build_with_buildx(
    command: DockerCommand, spec: BuildSpec, context: Context, *, listener: Listener, alive: Callable[[], bool]
) -> tuple[str, ...]:
    """Build an image.

    Args:
        command: The docker command, with its environment.
        spec: What to build.
        context: What it reads.
        listener: Hears of each step.
        alive: Says whether the engine still answers, asked when a build ends badly.

    Returns:
        The digests that name the image, the one to try first in front.
    """
    with tempfile.TemporaryDirectory(prefix="cloudkit-build-") as folder:
        scratch = Path(folder)
        outputs = ["--load", f"--metadata-file={scratch / 'metadata.json'}", f"--iidfile={scratch / 'image'}"]
        program = [command.path, "buildx", "build", *outputs]
        solve = run_buildx(program, command.environment, spec, context, scratch=scratch, listener=listener)
        if solve is not None:
            raise explained(solve, context) if failed_step(solve.error) or alive() else engine_stopped(solve.error)
        return _digests(scratch)


def run_buildx(
    program: Sequence[str],
    environment: Mapping[str, str],
    spec: BuildSpec,
    context: Context,
    *,
    scratch: Path,
    listener: Listener,
) -> Solve | None:
    """Run a build to its end; return what was seen of it where it failed, None where it did not.

    Args:
        program: The command up to ``build``, with the options that say where the image goes.
        environment: Its environment, without the secrets.
        spec: What to build.
        context: What it reads.
        scratch: A folder that goes after the build.
        listener: Hears of each step.
    """
    secrets, hidden = secret_options(spec.secrets)
    source, where = _source(context, scratch)
    solve = Solve(mask_for(spec.secrets))
    with ExitStack() as stack:
        stream = stack.enter_context(source) if source else None
        arguments = [*program, *options(spec), *secrets, *where]
        with _running(arguments, dict(environment) | hidden, stream) as process:
            for line in process.stderr or ():
                for event in solve.feed(line):
                    listener(event)
    return solve if process.returncode else None


def options(spec: BuildSpec) -> list[str]:
    """Return the options of ``docker buildx build`` for a spec, without its secrets' values.

    >>> options(BuildSpec(context=Path("."), target="test", no_cache=True))[2:]
    ['--target=test', '--no-cache']
    """
    listed = {
        "tag": [str(tag) for tag in spec.tags],
        "build-arg": [f"{name}={value}" for name, value in spec.args.items()],
        "label": [f"{name}={value}" for name, value in spec.labels.items()],
        "platform": [",".join(spec.platforms)] if spec.platforms else [],
        "target": [spec.target] if spec.target else [],
        "ssh": list(spec.ssh),
        "cache-from": list(spec.cache_from),
        "cache-to": list(spec.cache_to),
    }
    flags = ["--progress=rawjson", "--provenance=false"]
    flags += [f"--{name}={value}" for name, values in listed.items() for value in values]
    flags += ["--no-cache"] if spec.no_cache else []
    return flags + (["--pull"] if spec.pull else [])


def _source(context: Context, scratch: Path) -> tuple[IO[bytes] | None, list[str]]:
    """Return what the process reads on its input, and how its arguments name Dockerfile and context."""
    if context.archive:
        if context.inner and _known_as_archive(context.path):
            return context.path.open("rb"), [f"--file={context.inner}", "-"]
        return with_dockerfile(context), [f"--file={APART}", "-"]
    dockerfile = context.dockerfile
    if dockerfile is None:
        dockerfile = scratch / "Dockerfile"
        dockerfile.write_text(context.text)
    return None, [f"--file={dockerfile}", "--", str(context.path)]


def _known_as_archive(path: Path) -> bool:
    """True when buildx sees by the first block that its input is an archive; it would take others for a Dockerfile.

    It does not look beyond the extended header that many archives begin with.
    """
    with path.open("rb") as file:
        block = file.read(512)
    return not (block[257:262] == b"ustar" and block[156:157] in b"xgLKS")


@contextmanager
def _running(
    arguments: list[str], environment: dict[str, str], source: IO[bytes] | None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in a group of its own, and end the group when the block is left early, as by Ctrl-C."""
    process = subprocess.Popen(
        arguments,
        env=environment,
        stdin=source or subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            _end(process)
        if process.stderr:
            process.stderr.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, wanted)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            return


def explained(solve: Solve, context: Context) -> CloudkitError:
    """Return the error for a build that ended badly."""
    error = solve.error
    line, excerpt = solve.excerpt
    step = solve.failed
    if step is None:
        return failure(error, text=context.text, step=excerpt, line=line)
    numbered = step.item != step.command
    command = step.command if numbered or not excerpt else excerpt
    said = error if step.error in error else f"{step.error}\n{error}"
    item = step.item if numbered else ""
    if "load metadata" in step.command:
        command = step.command
    return failure(said, text=context.text, step=command, item=item, line=line, log=tuple(step.tail))


def _digests(scratch: Path) -> tuple[str, ...]:
    """Return the digests that the builder wrote down: the manifest's where it says, the image id."""
    metadata: dict[str, object] = {}
    with suppress(OSError, ValueError):
        metadata = json.loads((scratch / "metadata.json").read_bytes())
    found = [metadata.get("containerimage.digest"), metadata.get("containerimage.config.digest")]
    with suppress(OSError):
        found.append((scratch / "image").read_text().strip())
    return tuple(dict.fromkeys(str(digest) for digest in found if digest))
