"""A current container engine and an image registry, compiled from their Go modules and kept."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.packages import install
from testbed.place import cache

__all__ = ["BUILD_PACKAGES", "build", "go_is_there", "install_module", "locked"]

MODULE = Path(__file__).parent / "engine"
VERSION = "29.0.0"  # the release that the module's beta leads to
BUILD_PACKAGES = ("gcc", "libc6-dev", "libseccomp-dev", "pkg-config")
OF_ENGINE = {  # programs of the module beside this file, which pins all that they are made of
    "dockerd": ("github.com/moby/moby/v2/cmd/dockerd", "github.com/moby/moby/v2/cmd/docker-proxy"),
    "buildkitd": ("github.com/moby/buildkit/cmd/buildkitd",),
    "buildctl": ("github.com/moby/buildkit/cmd/buildctl",),
}
ENGINE_FLAGS = (
    "-tags=netgo osusergo static_build exclude_graphdriver_btrfs",
    f"-ldflags=-s -w -X github.com/moby/moby/v2/dockerversion.Version={VERSION}",
)
PROGRAMS = {
    "containerd": "github.com/containerd/containerd/v2/cmd/containerd@v2.4.2",
    "containerd-shim-runc-v2": "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2@v2.4.2",
    "runc": "github.com/opencontainers/runc@v1.5.2",  # Debian's lacks the time namespace
    "buildx": "github.com/docker/buildx/cmd/buildx@v0.38.2",
    "registry": "github.com/distribution/distribution/v3/cmd/registry@v3.1.2",
}
PEERS = {"stern": "github.com/stern/stern@v1.35.0"}  # for the bench alone: made when asked for by name


def go_is_there() -> bool:
    """Tell whether a Go is there that fetches the toolchain which a module asks for."""
    if shutil.which("go") is None:
        return False
    version = subprocess.run(["go", "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go1\.(\d+)", version)
    return found is not None and int(found[1]) >= 21


def build(*names: str) -> None:
    """Compile what the cache lacks of ``names``; all that the test bed is made of when there are none."""
    with locked("build.lock"):
        wanted = names or (*OF_ENGINE, *PROGRAMS)
        missing = [name for name in wanted if not cache("bin", name).exists()]
        if missing:
            install(*BUILD_PACKAGES)
        for name in missing:
            print("compiling", name, flush=True)
            compile_with_engine(name) if name in OF_ENGINE else compile_program(name)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Build alone: another checkout that wants the same waits, and finds it made."""
    with cache(name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def compile_with_engine(program: str) -> None:
    """Compile one of OF_ENGINE; they share most packages."""
    for name in ("go.mod", "go.sum"):
        shutil.copy(MODULE / name, cache("engine", name))
    env = os.environ | {"CGO_ENABLED": "0"}
    command = ["go", "build", "-trimpath", *ENGINE_FLAGS, "-o", f"{cache('bin')}/", *OF_ENGINE[program]]
    cache("bin", program)
    subprocess.run(command, cwd=cache("engine"), env=env, check=True)


def compile_program(name: str) -> None:
    """Compile one of PROGRAMS or PEERS; runc alone needs C, for seccomp."""
    with_c = name == "runc"
    install_module((PROGRAMS | PEERS)[name], cache("bin", name), "-tags=seccomp" if with_c else "", with_c=with_c)


def install_module(module: str, target: Path, *flags: str, with_c: bool = False) -> None:
    """Compile a program from its module, which pins what it is made of."""
    env = os.environ | {"GOBIN": str(target.parent), "CGO_ENABLED": "1" if with_c else "0", "GOTOOLCHAIN": "auto"}
    command = ["go", "install", "-trimpath", "-ldflags=-s -w", *filter(None, flags), module]
    subprocess.run(command, env=env, check=True)
