"""Build without an engine: by a BuildKit that listens somewhere, into a file that is an OCI layout."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from cloudkit.config.builder import Builder
from cloudkit.config.engine import docker_folder
from cloudkit.engine.build_failure import failed_step
from cloudkit.engine.builder import heed
from cloudkit.engine.buildx import explained, run_buildx
from cloudkit.engine.context import open_context
from cloudkit.engine.docker_command import buildx_program
from cloudkit.engine.lint import lint_context
from cloudkit.errors import BackendError, UnsupportedError
from cloudkit.model.build import BuildSpec
from cloudkit.model.progress import Listener

__all__ = ["build_remotely", "reach"]

NAME = "cloudkit"
PATIENCE = 5.0
"""Seconds in which a BuildKit may take a connection."""


def build_remotely(builder: Builder, spec: BuildSpec, path: Path, *, listener: Listener) -> None:
    """Build an image and write it to a file as an OCI layout in a tar.

    Args:
        builder: Where BuildKit is.
        spec: What to build; its tags are the caller's to give.
        path: The file.
        listener: Hears of notices, steps, bytes and lines.

    Raises:
        BuildError: A step failed: which, on which line, with the end of its log.
        NotFoundError: The context, the Dockerfile, a secret's file or a base image is not there.
        UnsupportedError: There is no buildx, which is the client that it takes.
        BackendError: No BuildKit answers there, or it stopped in the middle.
    """
    context = open_context(spec)
    heed(lint_context(spec, context), context, listener)
    program = buildx_program(docker_folder(os.environ))
    if program is None:
        summary = f"cannot build at {builder}: docker's buildx, which is the client of a BuildKit, is not here"
        hint = "install docker-buildx, as a plugin of docker or on the PATH"
        raise UnsupportedError(summary, capability="build", hint=hint)
    reach(builder)
    with tempfile.TemporaryDirectory(prefix="cloudkit-build-") as folder:
        scratch = Path(folder)
        environment = os.environ | {"BUILDX_CONFIG": str(scratch / "buildx"), "BUILDX_METADATA_PROVENANCE": "disabled"}
        environment.pop("BUILDX_BUILDER", None)
        _introduce(program, builder, environment)
        command = [program, "build", f"--builder={NAME}", f"--output=type=oci,dest={path}"]
        solve = run_buildx(command, environment, spec, context, scratch=scratch, listener=listener)
    if solve is not None:
        if not failed_step(solve.error):
            reach(builder)  # says so where it is gone
        raise explained(solve, context)


def _introduce(program: str, builder: Builder, environment: dict[str, str]) -> None:
    """Tell buildx, in a configuration of its own that goes with the build, of a BuildKit."""
    files = {"cacert": builder.tls.ca, "cert": builder.tls.cert, "key": builder.tls.key} if builder.tls else {}
    options = [f"--driver-opt={name}={file}" for name, file in files.items() if file]
    command = [program, "create", f"--name={NAME}", "--driver=remote", *options, builder.address]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        evidence = done.stderr.strip().splitlines()[-3:]
        raise BackendError(f"buildx does not take {builder} as a builder", evidence=evidence, hint=f"{program} version")


def reach(builder: Builder) -> None:
    """Raise ``BackendError`` where nothing takes a connection; a container's is reached by buildx alone."""
    where = urlsplit(builder.address)
    try:
        if where.scheme == "tcp":
            socket.create_connection((where.hostname or "", where.port or 0), timeout=PATIENCE).close()
        elif where.scheme == "unix":
            with closing(socket.socket(socket.AF_UNIX)) as probe:
                probe.settimeout(PATIENCE)
                probe.connect(where.path)
    except OSError as error:
        hint = "start buildkitd there, or set CLOUDKIT_BUILDER to where it is"
        happened = error.strerror or str(error) or type(error).__name__
        raise BackendError(f"no BuildKit answers at {builder}", evidence=[happened], hint=hint) from error
